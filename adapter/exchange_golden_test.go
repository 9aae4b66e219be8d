package adapter

import (
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/zishang520/socket.io-go-parser/v2/parser"
)

// sameAgain builds a message from what was read of one, as the adapter does.
func sameAgain(t *testing.T, x *exchange, m received) (peerMessage, bool) {
	t.Helper()
	o, err := readOptions(m.data["opts"])
	if err != nil {
		t.Fatal(err)
	}
	id := m.requestID()
	switch m.kind {
	case peerBroadcast:
		packet := m.data["packet"].(map[string]any)
		return x.broadcastMessage(&parser.Packet{Type: parser.EVENT, Data: packet["data"]}, o, id), true
	case peerFetch:
		return fetchMessage(o, id), true
	case peerEvent:
		return eventMessage(m.data["packet"].([]any), id), true
	case peerClientCount:
		return countMessage(id, uint64(m.data["clientCount"].(float64))), true
	case peerAck, peerEventAnswer:
		var args []any
		if packet, given := m.data["packet"]; given {
			args = []any{packet}
		}
		return answerMessage(int64(m.kind), id, args), true
	case peerDisconnect:
		return disconnectMessage(o, m.data["close"] == true), true
	case peerJoin, peerLeave:
		rooms, err := readRooms(m.data["rooms"])
		if err != nil {
			t.Fatal(err)
		}
		return roomsMessage(int64(m.kind), o, rooms), true
	default:
		return peerMessage{}, false // the sockets that were fetched
	}
}

// TestExchangeGolden reads every message that nodes of Node were seen to send, and
// writes it again: the bytes are Node's.
func TestExchangeGolden(t *testing.T) {
	same, kinds := 0, map[int]bool{}
	for _, c := range goldenCommands(t) {
		payload := c.payload(t)
		if payload == nil || !strings.HasPrefix(c.Suite, "sharded") && !strings.HasPrefix(c.Suite, "streams") {
			continue
		}
		v, err := readWire(string(payload))
		if err != nil {
			t.Fatalf("%s: %v", c.Label, err)
		}
		m, err := readPeer(v, len(payload))
		if err != nil {
			t.Fatalf("%s: %v", c.Label, err)
		}
		kinds[m.kind] = true
		x := &exchange{uid: m.uid, nsp: m.nsp, log: slog.New(slog.DiscardHandler)}
		message, can := sameAgain(t, x, m)
		if !can {
			continue
		}
		w := newJSONWriter(x.log)
		if payload[0] != '{' {
			w = newPackedWriter(x.log)
		}
		if strings.HasPrefix(c.Suite, "sharded") && message.binary != w.packed {
			t.Errorf("%s: binary is %v", c.Label, message.binary)
		}
		got := x.envelope(w, message).buf
		again, err := readWire(string(got))
		if err != nil {
			t.Fatalf("%s: %v", c.Label, err)
		}
		// What is not among Node's own words: the flag that says nothing, a room that
		// is a number or its text, and the order in a map of Go.
		text := string(payload)
		if strings.Contains(text, `"compress":false`) || strings.Contains(text, "compress\xc2") || strings.Contains(text, "123") {
			continue
		}
		if !reflect.DeepEqual(again, v) {
			t.Errorf("%s: wrote\n%s, Node\n%s", c.Label, got, payload)
		}
		if string(got) == text {
			same++
		} else if !strings.Contains(text, "nest") {
			t.Errorf("%s: wrote\n%q, Node\n%q", c.Label, got, payload)
		}
	}
	if same < 50 || len(kinds) != 10 {
		t.Errorf("%d messages are the same, of %d kinds", same, len(kinds))
	}
	t.Logf("%d messages are Node's byte for byte", same)
}

func FuzzReadPeer(f *testing.F) {
	for _, c := range goldenCommands(f) {
		if payload := c.payload(f); payload != nil {
			f.Add(string(payload))
		}
	}
	f.Fuzz(func(t *testing.T, payload string) {
		v, err := readWire(payload)
		if err != nil {
			return
		}
		m, err := readPeer(v, len(payload))
		if err == nil && (m.kind < peerFirstHeartbeat || m.kind > peerClose) {
			t.Errorf("%q: kind %d", payload, m.kind)
		}
	})
}
