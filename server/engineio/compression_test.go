package engineio_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/gobwas/httphead"
	"github.com/gobwas/ws"
	"github.com/gobwas/ws/wsflate"

	"nudge/server/engineio"
	"nudge/server/internal/wstest"
)

// dialCompressed is dial with an offer of permessage-deflate; it tells whether
// that was taken.
func (e *echo) dialCompressed(t *testing.T, query string) (*client, bool) {
	t.Helper()
	dialer := ws.Dialer{Extensions: []httphead.Option{wsflate.Parameters{ClientMaxWindowBits: 1}.Option()}}
	conn, br, hs, err := dialer.Dial(t.Context(), "ws"+strings.TrimPrefix(e.url, "http")+"&transport=websocket"+query)
	if err != nil {
		t.Fatal(err)
	}
	return &client{wstest.New(t, conn, br)}, len(hs.Extensions) == 1
}

// compressed is a frame as a client compresses it.
func compressed(t *testing.T, f ws.Frame) ws.Frame {
	t.Helper()
	f, err := wsflate.CompressFrame(f)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// inflated reads a frame, and tells whether it was compressed.
func (c *client) inflated() (ws.Frame, bool) {
	c.T.Helper()
	f := c.frame()
	packed, err := wsflate.IsCompressed(f.Header)
	if err != nil {
		c.T.Fatal(err)
	}
	if f, err = wsflate.DecompressFrame(f); err != nil {
		c.T.Fatal(err)
	}
	return f, packed
}

func TestCompression(t *testing.T) {
	e := newEcho(t, engineio.Config{Compression: true})
	c, agreed := e.dialCompressed(t, "")
	if !agreed {
		t.Fatal("the offer was not taken")
	}
	if f, packed := c.inflated(); f.Payload[0] != '0' || packed {
		t.Errorf("the first packet is %q, compressed: %v", f.Payload, packed)
	}
	for _, tt := range []struct {
		name   string
		frame  ws.Frame
		packed bool // the echo
	}{
		{"short", ws.NewTextFrame([]byte("4hello")), false},
		{"just too short", ws.NewTextFrame([]byte("4" + strings.Repeat("x", 1022))), false},
		{"just long enough", ws.NewTextFrame([]byte("4" + strings.Repeat("x", 1023))), true},
		{"long", ws.NewTextFrame([]byte("4" + strings.Repeat("h€llo ", 50_000))), true},
		{"binary", ws.NewBinaryFrame(bytes.Repeat([]byte{1, 2, 3}, 5000)), true},
	} {
		for sent, frame := range map[string]ws.Frame{"plain": tt.frame, "compressed": compressed(t, tt.frame)} {
			t.Run(tt.name+" "+sent, func(t *testing.T) {
				c.T = t
				c.write(frame)
				got, packed := c.inflated()
				if got.Header.OpCode != tt.frame.Header.OpCode || !bytes.Equal(got.Payload, tt.frame.Payload) {
					t.Errorf("%d bytes came back as %d", len(tt.frame.Payload), len(got.Payload))
				}
				if packed != tt.packed {
					t.Errorf("compressed: %v, want %v", packed, tt.packed)
				}
			})
		}
	}
}

// Nothing is compressed that was not agreed on: by a server that is not asked
// to, for a client that does not offer it, or on a session that goes by polling.
func TestNoCompression(t *testing.T) {
	long := strings.Repeat("x", 5000)
	exchange := func(t *testing.T, c *client) {
		t.Helper()
		c.send("4" + long)
		if f := c.frame(); f.Header.Rsv != 0 || string(f.Payload) != "4"+long {
			t.Errorf("got %d bytes with reserved bits %d", len(f.Payload), f.Header.Rsv)
		}
	}
	t.Run("off", func(t *testing.T) {
		c, agreed := newEcho(t, engineio.Config{}).dialCompressed(t, "")
		if agreed {
			t.Error("the offer was taken")
		}
		c.text()
		exchange(t, c)
		c.write(compressed(t, ws.NewTextFrame([]byte("4a"))))
		if code := c.closed(); code != 1002 {
			t.Errorf("close code %d", code)
		}
	})
	t.Run("not offered", func(t *testing.T) {
		exchange(t, newEcho(t, engineio.Config{Compression: true}).startWebsocket(t))
	})
	t.Run("polling", func(t *testing.T) {
		e := newEcho(t, engineio.Config{Compression: true})
		sid := e.startPolling(t)
		s := next(t, e.opened)
		s.WriteFrames(frameOf(long), false, true)
		if _, body := e.request(t, "GET", polling(sid), ""); body != "4"+long {
			t.Errorf("poll answered %d bytes", len(body))
		}
		c, _ := e.dialCompressed(t, "&sid="+sid)
		c.send("2probe")
		c.text()
		c.send("5")
		waitFor(t, "the upgrade", s.Upgraded)
		s.WriteFrames(frameOf(long), false, true)
		if f, packed := c.inflated(); !packed || string(f.Payload) != "4"+long {
			t.Errorf("after the upgrade came %d bytes, compressed: %v", len(f.Payload), packed)
		}
	})
}

// One frame reaches sessions that agreed on compression, and others.
func TestSharedFramesAreCompressed(t *testing.T) {
	e := newEcho(t, engineio.Config{Compression: true, CompressFrom: 100})
	message := strings.Repeat("to all ", 20)
	frame := frameOf(message)
	before := bytes.Clone(frame)
	const each = 5
	var clients []*client
	for range each {
		c, _ := e.dialCompressed(t, "")
		c.inflated()
		clients = append(clients, c, e.startWebsocket(t))
	}
	for range 2 * each {
		next(t, e.opened).WriteFrames(frame, false, true)
	}
	for i, c := range clients {
		f, packed := c.inflated()
		if string(f.Payload) != "4"+message || packed != (i%2 == 0) {
			t.Errorf("client %d got %q, compressed: %v", i, f.Payload, packed)
		}
	}
	if !bytes.Equal(frame, before) {
		t.Error("the shared frame was written to")
	}
}

// A client cannot make the server hold more than the payload limit by
// compressing it away.
func TestCompressionBomb(t *testing.T) {
	for _, tt := range []struct {
		name   string
		frames func(bomb ws.Frame) []ws.Frame
	}{
		{"in one frame", func(bomb ws.Frame) []ws.Frame { return []ws.Frame{bomb} }},
		{"in fragments", func(bomb ws.Frame) []ws.Frame {
			first := ws.NewFrame(ws.OpText, false, bomb.Payload[:100])
			first.Header.Rsv = bomb.Header.Rsv
			return []ws.Frame{first, ws.NewFrame(ws.OpContinuation, true, bomb.Payload[100:])}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := newEcho(t, engineio.Config{Compression: true, MaxPayload: 100_000})
			c, _ := e.dialCompressed(t, "")
			c.inflated()
			for _, f := range tt.frames(compressed(t, ws.NewTextFrame(make([]byte, 10<<20)))) {
				c.write(f)
			}
			if code := c.closed(); code != 1009 {
				t.Errorf("close code %d", code)
			}
			if got := next(t, e.closed); got[0] != "transport error" {
				t.Errorf("closed with %v", got)
			}
		})
	}
	t.Run("no deflate at all", func(t *testing.T) {
		e := newEcho(t, engineio.Config{Compression: true})
		c, _ := e.dialCompressed(t, "")
		c.inflated()
		f := ws.NewTextFrame([]byte("4 is no deflate stream"))
		f.Header.Rsv = 4
		c.write(f)
		if code := c.closed(); code != 1007 {
			t.Errorf("close code %d", code)
		}
	})
}
