package engineio

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"
)

// packed is the compressed form of a message as a client makes it.
func packed(t testing.TB, message string) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write([]byte(message))
	_ = w.Flush()
	return bytes.TrimSuffix(out.Bytes(), []byte(deflateTail))
}

func TestInflate(t *testing.T) {
	const limit = 10_000
	long := strings.Repeat("ab", limit/2)
	for _, c := range []struct {
		name string
		in   []byte
		want string
		err  error
	}{
		// The examples of RFC 7692, section 7.2.3.
		{"one block", []byte("\xf2\x48\xcd\xc9\xc9\x07\x00"), "Hello", nil},
		{"a stored block", []byte("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"), "Hello", nil},
		{"a last block", []byte("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), "Hello", nil},
		{"two blocks", []byte("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), "Hello", nil},
		{"empty", []byte("\x00"), "", nil},
		{"up to the limit", packed(t, long), long, nil},

		{"over the limit", packed(t, long+"c"), "", errTooBig},
		{"a bomb", packed(t, strings.Repeat("\x00", 5<<20)), "", errTooBig},
		{"nothing", nil, "", errBadDeflate},
		{"no deflate", []byte("\xff\xff\xff"), "", errBadDeflate},
		{"cut short", packed(t, "a message that goes on")[:5], "", errBadDeflate},
		{"cut short in a stored block", []byte("\x00\x05\x00\xfa\xff\x48\x65"), "", errBadDeflate},
		{"more after the last block", []byte("\xf3\x48\xcd\xc9\xc9\x07\x00\x00\x00"), "", errBadDeflate},
		{"another byte than zero after it", []byte("\xf3\x48\xcd\xc9\xc9\x07\x00\x01"), "", errBadDeflate},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := inflate(c.in, limit)
			if !errors.Is(err, c.err) || string(got) != c.want {
				t.Errorf("got %q, %v; want %q, %v", got, err, c.want, c.err)
			}
			if err != nil && !errors.Is(err, ErrProtocol) {
				t.Errorf("%v is no ErrProtocol", err)
			}
		})
	}
}

// What a bomb is blown up to stays near the limit.
func TestInflateBoundsMemory(t *testing.T) {
	bomb := packed(t, strings.Repeat("\x00", 10<<20))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := inflate(bomb, 100_000); !errors.Is(err, errTooBig) {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20 {
		t.Errorf("%d bytes were allocated", grown)
	}
}

func TestDeflateRoundTrip(t *testing.T) {
	for _, n := range []int{0, 1, 100, 65535, 65536, 300_000} {
		frame := newFrame(ws.OpText, "4", []byte(strings.Repeat("chat ", n/5)))
		out := deflate(frame)
		if n < 100 {
			if out != nil {
				t.Errorf("%d bytes: compressed to %d", n, len(out))
			}
			continue
		}
		if out[0] != 0xc1 {
			t.Errorf("%d bytes: first byte %#x", n, out[0])
		}
		got, err := inflate(frameBody(out), n+1)
		if err != nil || !bytes.Equal(got, frameBody(frame)) {
			t.Errorf("%d bytes came back as %d, %v", n, len(got), err)
		}
	}
}

// A shared frame is compressed once, and forgotten with the frame.
func TestDeflateCache(t *testing.T) {
	var cache deflateCache
	size := func() int {
		cache.mu.Lock()
		defer cache.mu.Unlock()
		return len(cache.frames)
	}
	func() {
		one, two := newFrame(ws.OpText, "4", make([]byte, 2000)), newFrame(ws.OpText, "4", make([]byte, 2000))
		a, b, c := cache.get(one, 1024), cache.get(one, 1024), cache.get(two, 1024)
		if &a[0] != &b[0] || &a[0] == &c[0] {
			t.Error("a frame has a form of its own, and one")
		}
		if n := size(); n != 2 {
			t.Errorf("%d frames are known", n)
		}
		runtime.KeepAlive(one)
		runtime.KeepAlive(two)
	}()
	random := newFrame(ws.OpBinary, "", []byte("no shorter"))
	if got := cache.get(random, 1); &got[0] != &random[0] {
		t.Error("a frame that does not compress is another one")
	}
	for deadline := time.Now().Add(10 * time.Second); size() > 1; runtime.GC() {
		if time.Now().After(deadline) {
			t.Fatalf("%d frames are known long after their end", size())
		}
	}
	runtime.KeepAlive(random)
}

func TestNegotiation(t *testing.T) {
	const accepted = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
	for offer, want := range map[string]string{
		"permessage-deflate":                                                     accepted,
		"permessage-deflate; client_max_window_bits":                             accepted,
		"permessage-deflate; client_max_window_bits=10":                          accepted,
		"permessage-deflate; server_no_context_takeover; client_max_window_bits": accepted,
		"permessage-deflate; server_max_window_bits=10":                          "",
		"permessage-deflate; server_max_window_bits=10, permessage-deflate":      accepted,
		"permessage-deflate; unknown":                                            "",
		"permessage-deflate; server_no_context_takeover=1":                       "",
		"permessage-deflate; client_max_window_bits=16, permessage-deflate":      accepted,
		"x-webkit-deflate-frame, permessage-deflate; client_max_window_bits":     accepted,
		"permessage-deflate, permessage-deflate; client_max_window_bits":         accepted,
		"permessage-bzip2": "",
	} {
		t.Run(offer, func(t *testing.T) {
			options, ok := httphead.ParseOptions([]byte(offer), nil)
			if !ok {
				t.Fatal("the offer is malformed")
			}
			n := newNegotiation()
			var answers []httphead.Option
			for _, option := range options {
				answer, err := n.negotiate(option)
				if err != nil {
					t.Fatal(err)
				}
				if answer.Size() > 0 {
					answers = append(answers, answer)
				}
			}
			var header bytes.Buffer
			_, _ = httphead.WriteOptions(&header, answers)
			if got := strings.ReplaceAll(header.String(), ";", "; "); got != want || n.agreed() != (want != "") {
				t.Errorf("answered %q, want %q; agreed %v", got, want, n.agreed())
			}
		})
	}
}

// Compressed messages come in fragments and pieces, too, with control frames
// and plain messages among them.
func TestDecoderInflates(t *testing.T) {
	long := strings.Repeat("long ", 20_000)
	one, two := packed(t, "4first"), packed(t, long)
	flag := func(f ws.Frame) ws.Frame {
		f.Header.Rsv = rsvDeflated
		return f
	}
	stream := maskedStream(
		flag(ws.NewTextFrame(one)),
		ws.NewTextFrame([]byte("4plain")),
		flag(ws.NewFrame(ws.OpBinary, false, two[:10])),
		ws.NewPingFrame([]byte("ping")),
		ws.NewFrame(ws.OpContinuation, false, two[10:20]),
		ws.NewFrame(ws.OpContinuation, true, two[20:]),
		ws.NewFrame(ws.OpText, false, []byte("4in ")),
		ws.NewFrame(ws.OpContinuation, true, []byte("pieces")),
	)
	want := []string{"m14first", "m14plain", "c9ping", "m2" + long, "m14in pieces"}
	for _, size := range []int{1, 2, 7, 100, len(stream)} {
		d := frameDecoder{limit: 1 << 20, deflate: true}
		r := &recorder{}
		for piece := range slices.Chunk(bytes.Clone(stream), size) {
			if err := d.feed(piece, r); err != nil {
				t.Fatalf("pieces of %d: %v", size, err)
			}
		}
		if !slices.Equal(r.found, want) {
			t.Errorf("pieces of %d: got %d messages", size, len(r.found))
		}
	}
}

// The bit of a compressed message has its place, which is strictly kept.
func TestDecoderReservedBits(t *testing.T) {
	body := packed(t, "4a")
	frame := func(op ws.OpCode, fin bool, rsv byte, payload []byte) ws.Frame {
		f := ws.NewFrame(op, fin, payload)
		f.Header.Rsv = rsv
		return f
	}
	for _, c := range []struct {
		name    string
		deflate bool
		frames  []ws.Frame
		ok      bool
	}{
		{"agreed", true, []ws.Frame{frame(ws.OpText, true, 4, body)}, true},
		{"not agreed", false, []ws.Frame{frame(ws.OpText, true, 4, body)}, false},
		{"the second bit", true, []ws.Frame{frame(ws.OpText, true, 2, body)}, false},
		{"the third bit", true, []ws.Frame{frame(ws.OpText, true, 1, body)}, false},
		{"all bits", true, []ws.Frame{frame(ws.OpText, true, 7, body)}, false},
		{"a ping", true, []ws.Frame{frame(ws.OpPing, true, 4, body)}, false},
		{"a close frame", true, []ws.Frame{frame(ws.OpClose, true, 4, nil)}, false},
		{"a continuation", true, []ws.Frame{
			frame(ws.OpText, false, 4, body[:1]), frame(ws.OpContinuation, true, 4, body[1:]),
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := frameDecoder{limit: 1000, deflate: c.deflate}
			err := d.feed(maskedStream(c.frames...), &recorder{})
			if (err == nil) != c.ok || err != nil && !errors.Is(err, ErrProtocol) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func FuzzInflate(f *testing.F) {
	for _, seed := range []string{"\xf2\x48\xcd\xc9\xc9\x07\x00", "\xf3\x48\xcd\xc9\xc9\x07\x00\x00", "\x00", ""} {
		f.Add([]byte(seed))
	}
	f.Add(packed(f, strings.Repeat("\x00", 1<<20)))
	f.Fuzz(func(t *testing.T, message []byte) {
		const limit = 5000
		before := bytes.Clone(message)
		got, err := inflate(message, limit)
		if !bytes.Equal(message, before) {
			t.Fatal("the message was written to")
		}
		if err != nil {
			if !errors.Is(err, ErrProtocol) || errors.Is(err, errTooBig) == errors.Is(err, errBadDeflate) {
				t.Fatalf("an error of no known kind: %v", err)
			}
			return
		}
		if len(got) > limit {
			t.Fatalf("%d bytes passed a limit of %d", len(got), limit)
		}
		if again, err := inflate(packed(t, string(got)), limit); err != nil || !bytes.Equal(again, got) {
			t.Fatalf("%q became %q, %v", got, again, err)
		}
	})
}

func BenchmarkDeflate(b *testing.B) {
	for _, size := range []int{1024, 16 << 10} {
		var text strings.Builder
		for i := 0; text.Len() < size; i++ {
			fmt.Fprintf(&text, `{"user":"user %d","message":"hello, world","id":%d},`, i%7, i*7919)
		}
		frame := newFrame(ws.OpText, "4", []byte(text.String()))
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			for b.Loop() {
				deflate(frame)
			}
			b.ReportMetric(float64(len(deflate(frame)))/float64(len(frame)), "ratio")
		})
	}
}

func frameBody(frame []byte) []byte {
	_, payload, _ := cutFrame(frame)
	return payload
}

// Of several frames each message that is long enough is compressed, and nothing
// else is changed.
func TestDeflateFrames(t *testing.T) {
	long := []byte(strings.Repeat("nudge ", 500))
	short := newFrame(ws.OpText, "4", []byte("short"))
	ping := newFrame(ws.OpPing, "", []byte("ping"))
	frames := slices.Concat(short, newFrame(ws.OpText, "4", long), ping, newFrame(ws.OpBinary, "", long))
	out := deflateFrames(frames, 1024)
	if len(out) >= len(frames)/4 {
		t.Fatalf("%d bytes were compressed to %d", len(frames), len(out))
	}
	var got []string
	for rest := out; len(rest) > 0; {
		deflated := rest[0]&(rsvDeflated<<4) != 0
		op, payload, next := cutFrame(rest)
		if deflated {
			inflated, err := inflate(payload, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			payload = inflated
		}
		got = append(got, fmt.Sprint(op, deflated, string(payload)))
		rest = next
	}
	want := []string{
		fmt.Sprint(ws.OpText, false, "4short"), fmt.Sprint(ws.OpText, true, "4"+string(long)),
		fmt.Sprint(ws.OpPing, false, "ping"), fmt.Sprint(ws.OpBinary, true, string(long)),
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %.200q, want %.200q", got, want)
	}
	if out := deflateFrames(slices.Concat(short, short), 1024); out != nil {
		t.Errorf("short frames became %q", out)
	}
}
