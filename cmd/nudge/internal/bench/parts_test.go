package bench

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTally(t *testing.T) {
	tests := []struct {
		name     string
		seen     []int
		verdicts []verdict
		sent     int
		lost     int
	}{
		{"nothing", nil, nil, 3, 3},
		{"in order", []int{0, 1, 2}, []verdict{inOrder, inOrder, inOrder}, 3, 0},
		{"the last is missing", []int{0, 1}, []verdict{inOrder, inOrder}, 3, 1},
		{"the first is missing", []int{1, 2}, []verdict{inOrder, inOrder}, 3, 1},
		{"doubled", []int{0, 0, 1, 0}, []verdict{inOrder, doubled, inOrder, doubled}, 2, 0},
		{"late", []int{0, 3, 2, 1}, []verdict{inOrder, inOrder, reordered, reordered}, 4, 0},
		{"late twice", []int{0, 2, 1, 1}, []verdict{inOrder, inOrder, reordered, doubled}, 3, 0},
		{"from the middle of a gap", []int{9, 4, 4, 0, 8}, []verdict{inOrder, reordered, doubled, reordered, reordered}, 10, 6},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var tally tally
			var verdicts []verdict
			for _, seq := range tt.seen {
				verdicts = append(verdicts, tally.see(seq))
			}
			if !slices.Equal(verdicts, tt.verdicts) || tally.lost(tt.sent) != tt.lost {
				t.Errorf("%v, %d lost; want %v, %d", verdicts, tally.lost(tt.sent), tt.verdicts, tt.lost)
			}
		})
	}
}

func TestTallyOfAnyOrder(t *testing.T) {
	const sent = 300
	order := rand.Perm(sent)
	var tally tally
	for i, seq := range order {
		if tally.see(seq) == doubled || tally.see(seq) != doubled {
			t.Fatalf("%d: taken for what it is not, after %v", seq, order[:i])
		}
		if lost := tally.lost(sent); lost != sent-i-1 {
			t.Fatalf("%d lost after %v of %d", lost, order[:i+1], sent)
		}
	}
}

func TestHistogram(t *testing.T) {
	var h histogram
	for us := 1; us <= 100_000; us++ {
		h.add(time.Duration(us) * time.Microsecond)
	}
	for q, want := range map[float64]float64{0.5: 50_000, 0.9: 90_000, 0.99: 99_000, 1: 100_000} {
		if got := float64(h.quantile(q).Microseconds()); got < want || got > want*65/64 {
			t.Errorf("quantile %v is %v µs, want %v or up to a 64th more", q, got, want)
		}
	}
	var both histogram
	both.merge(&h)
	both.add(time.Hour)
	if both.quantile(1) != time.Hour || both.total != 100_001 {
		t.Errorf("the longest of %d is %s", both.total, both.quantile(1))
	}
	// Every bucket ends where the next begins.
	for us := range uint64(1 << 16) {
		if top := bucketTop(bucketOf(us)); uint64(top.Microseconds()) < us || bucketOf(uint64(top.Microseconds())+1) != bucketOf(us)+1 {
			t.Fatalf("%d µs are in a bucket up to %s", us, top)
		}
	}
}

func TestMessageRoundTrip(t *testing.T) {
	prefixes := eventPrefixes("message")
	for _, size := range []int{0, 1, 64, 5000} {
		want := stamp{12345, 678, 9 * time.Second}
		text := appendText(nil, want, size)
		if len(text) != max(size, len("12345:678:9000000:")) {
			t.Errorf("%d bytes for %d", len(text), size)
		}
		for _, packet := range []string{
			`2["message","{\"message\":\"` + string(text) + `\"}"]`,
			`2["message",{"message":"` + string(text) + `"}]`,
		} {
			if got, ok := parseDelivery([]byte(packet), prefixes); !ok || got != want {
				t.Errorf("%s is %v, %t", packet, got, ok)
			}
		}
	}
}

func FuzzParseDelivery(f *testing.F) {
	for _, seed := range []string{
		`2["message","{\"message\":\"1:2:3:xx\"}"]`, `2["message",{"message":"1:2:3:"}]`, `2["message",{"message":"::"}]`,
		`2["message",{"message":"99999999999999999999:1:1:"}]`, `2["message",{"message":"1:2"}]`, `2["other"]`, `0{"sid":""}`, ``,
	} {
		f.Add([]byte(seed))
	}
	prefixes := eventPrefixes("message")
	f.Fuzz(func(t *testing.T, packet []byte) {
		s, ok := parseDelivery(packet, prefixes)
		if ok && (s.sender < 0 || s.seq < 0 || s.sent < 0) {
			t.Errorf("%q is %+v", packet, s)
		}
		if ok && !bytes.Contains(packet, []byte(":")) {
			t.Errorf("%q is a delivery", packet)
		}
		if n, ok := ackNumber(packet); ok && n < 0 {
			t.Errorf("%q answers %d", packet, n)
		}
	})
}

func FuzzDecodeFrame(f *testing.F) {
	f.Add([]byte("\x81\x05hello"))
	f.Add([]byte("\x81\x7e\x00\x02hi"))
	f.Add([]byte("\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x02hi"))
	f.Add([]byte("\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xffhi"))
	f.Add([]byte("\x01\x01a\x80\x01b"))
	f.Add([]byte("\x88\x02\x03\xe8"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, body, length, err := decodeFrame(data)
		switch {
		case err != nil && length != 0:
			t.Errorf("an error and %d bytes", length)
		case length > len(data) || len(body) > length:
			t.Errorf("%d bytes with a body of %d, of %d", length, len(body), len(data))
		}
	})
}

// TestFramesInPieces gives a client its frames in pieces of every size.
func TestFramesInPieces(t *testing.T) {
	var stream []byte
	var want []string
	for _, n := range []int{1, 100, 125, 126, 70_000, 3} {
		packet := strings.Repeat("x", n)
		want = append(want, packet)
		frame := appendFrame(nil, opText, []byte("4"+packet))
		unmasked := slices.Clone(frame[:len(frame)-n-1-4])
		unmasked[1] &^= 0x80
		stream = append(append(stream, unmasked...), "4"+packet...)
	}
	for _, piece := range []int{1, 2, 3, 7, 1000, len(stream)} {
		h := &collector{}
		c := &client{w: &worker{handler: h}}
		for part := range slices.Chunk(stream, piece) {
			if err := c.take(part); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(h.packets, want) || len(c.part) != 0 {
			t.Errorf("pieces of %d: %d packets, %d bytes left", piece, len(h.packets), len(c.part))
		}
	}
}

type collector struct{ packets []string }

func (h *collector) packet(_ *client, packet []byte) { h.packets = append(h.packets, string(packet)) }

func TestTableAndBar(t *testing.T) {
	r := &Result{
		Work: "fanout", Unit: "delivery", Settings: "as asked", Count: 100, Seconds: 2, Clients: 10, Open: 9, Refused: 1,
		Reasons: map[string]int{"refused: status 503": 1}, Sent: 10, Expected: 90, Delivered: 89, Lost: 1,
		Latency: &Latency{1, 2, 3, 4}, Servers: []Process{{PID: 7, User: 0.001, System: 0.002, RSSBefore: 1 << 20}},
	}
	var out strings.Builder
	if err := r.WriteTable(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"as asked", "9 of 10 open, 1 refused", "1: refused: status 503", "89 of 90", "1 lost",
		"50 deliveries a second", "p99 3 ms", "30.00 µs a delivery: 10.00 user, 20.00 system", "process 7: 1.0 MiB before"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	b := &bar{}
	b.phase("holding", func() (float64, string) { return 0.5, "half" })
	if line := b.line(); !strings.Contains(line, "holding") || !strings.Contains(line, "#####     ") || !strings.Contains(line, " 50%  half") {
		t.Errorf("bar %q", line)
	}
}
