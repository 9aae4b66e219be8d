package bench

import (
	"bytes"
	"fmt"
	"testing"
	"time"
)

// both runs a test with epoll, where there is one, and with goroutines.
func both(t *testing.T, test func(t *testing.T, goroutines bool)) {
	for _, goroutines := range []bool{false, true} {
		t.Run(fmt.Sprintf("goroutines=%t", goroutines), func(t *testing.T) { test(t, goroutines) })
	}
}

// quick is a small load on the servers at urls.
func quick(goroutines bool, urls ...string) Config {
	return Config{URLs: urls, Clients: 10, Concurrency: 4, Loops: 2, Timeout: 2 * time.Second, goroutines: goroutines}
}

func TestFanoutCounts(t *testing.T) {
	var held []byte
	tests := []struct {
		name                     string
		relay                    func(n int, message []byte) [][]byte
		lost, doubled, reordered int
	}{
		{name: "faultless"},
		{name: "lost", lost: 30, relay: func(n int, message []byte) [][]byte {
			if n == 0 || n == 5 || n == 19 {
				return nil
			}
			return [][]byte{message}
		}},
		{name: "doubled", doubled: 20, relay: func(n int, message []byte) [][]byte {
			if n == 3 || n == 19 {
				return [][]byte{message, message}
			}
			return [][]byte{message}
		}},
		{name: "reordered", reordered: 10, relay: func(n int, message []byte) [][]byte {
			switch n {
			case 7:
				held = bytes.Clone(message)
				return nil
			case 8:
				return [][]byte{message, held}
			}
			return [][]byte{message}
		}},
	}
	both(t, func(t *testing.T, goroutines bool) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				url := (&stub{relay: tt.relay}).start(t)
				r, err := Fanout(t.Context(), FanoutConfig{Config: quick(goroutines, url), Rate: 2000, Messages: 20})
				if err != nil {
					t.Fatal(err)
				}
				got := []int{r.Open, r.Refused, r.Dropped, r.Sent, r.Expected, r.Delivered, r.Lost, r.Doubled, r.Reordered, r.Foreign}
				want := []int{10, 0, 0, 20, 200, 200 - tt.lost, tt.lost, tt.doubled, tt.reordered, 0}
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("open, refused, dropped, sent, expected, delivered, lost, doubled, reordered, foreign:\n%v, want\n%v", got, want)
				}
				if r.Latency == nil || r.Latency.P50 <= 0 || r.Latency.Max < r.Latency.P99 {
					t.Errorf("latency %+v", r.Latency)
				}
			})
		}
	})
}

func TestFanoutInFlight(t *testing.T) {
	both(t, func(t *testing.T, goroutines bool) {
		// The loss of one of its messages must not end a sender's turn.
		lossy := &stub{relay: func(n int, message []byte) [][]byte {
			if n < 4 {
				return nil
			}
			return [][]byte{message}
		}}
		url := lossy.start(t)
		r, err := Fanout(t.Context(), FanoutConfig{Config: quick(goroutines, url), InFlight: 4, Senders: 3, Messages: 100})
		if err != nil {
			t.Fatal(err)
		}
		if r.Sent != 100 || r.Lost != 40 || r.Delivered != 960 {
			t.Errorf("sent %d, lost %d, delivered %d; want 100, 40, 960", r.Sent, r.Lost, r.Delivered)
		}
	})
}

func TestFanoutPaces(t *testing.T) {
	url := new(stub).start(t)
	began := time.Now()
	r, err := Fanout(t.Context(), FanoutConfig{
		Config: quick(false, url), Rate: 1000, Senders: 2, Size: 200,
		Warmup: 100 * time.Millisecond, Duration: 500 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	// 100 messages a second for 0.6 s, or longer on a busy machine.
	most := int(time.Since(began).Seconds()*100) + 1
	if r.Sent < 55 || r.Sent > most || r.Lost != 0 || r.Count < 450 || r.Count > float64(10*r.Sent) {
		t.Errorf("sent %d, lost %d, measured %.0f; want 60 to %d, 0, at least 450", r.Sent, r.Lost, r.Count, most)
	}
}

func TestEchoCounts(t *testing.T) {
	once := func(number []byte) string { return fmt.Sprintf("43%s[]", number) }
	var held string
	tests := []struct {
		name   string
		answer func(n int, number []byte) []string
		check  func(r *Result) bool
	}{
		{"faultless", func(_ int, number []byte) []string { return []string{once(number)} },
			func(r *Result) bool { return r.Lost+r.Doubled+r.Reordered+r.Foreign == 0 && r.Delivered > 100 }},
		{"lost", func(n int, number []byte) []string {
			if n == 50 {
				return nil
			}
			return []string{once(number)}
		}, func(r *Result) bool { return r.Lost == 1 && r.Doubled == 0 }},
		{"doubled", func(n int, number []byte) []string {
			if n == 50 {
				return []string{once(number), once(number)}
			}
			return []string{once(number)}
		}, func(r *Result) bool { return r.Doubled == 1 && r.Lost == 0 }},
		{"reordered", func(n int, number []byte) []string {
			switch n {
			case 50:
				held = once(number)
				return nil
			case 51:
				return []string{once(number), held}
			}
			return []string{once(number)}
		}, func(r *Result) bool { return r.Reordered == 1 && r.Lost == 0 }},
		{"foreign", func(n int, number []byte) []string {
			if n == 50 {
				return []string{`43999999[]`, `42["news"]`, once(number)}
			}
			return []string{once(number)}
		}, func(r *Result) bool { return r.Foreign == 2 && r.Lost == 0 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := quick(false, (&stub{answer: tt.answer}).start(t))
			cfg.Clients = 1 // whose events the stub numbers in order
			r, err := Echo(t.Context(), EchoConfig{
				Config: cfg, InFlight: 4, Warmup: 50 * time.Millisecond, Duration: 200 * time.Millisecond,
			})
			if err != nil {
				t.Fatal(err)
			}
			if !tt.check(r) {
				t.Errorf("answered %d, lost %d, doubled %d, reordered %d, foreign %d", r.Delivered, r.Lost, r.Doubled, r.Reordered, r.Foreign)
			}
		})
	}
}

func TestEchoPaces(t *testing.T) {
	cfg := quick(false, new(stub).start(t))
	began := time.Now()
	r, err := Echo(t.Context(), EchoConfig{Config: cfg, Rate: 200, Warmup: 100 * time.Millisecond, Duration: 400 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	most := int(time.Since(began).Seconds()*200) + 1
	if r.Sent < 90 || r.Sent > most || r.Lost != 0 {
		t.Errorf("sent %d, lost %d; want 100 to %d and 0", r.Sent, r.Lost, most)
	}
}
