package adapter

import (
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/zishang520/socket.io/v2/socket"
)

// replies records what a node answers, in place of Redis.
type replies struct {
	carrier
	count int
}

func (r *replies) reply(string, peerMessage) { r.count++ }

// peopled is an exchange of a node that has one client, in the rooms "room" and "7".
func peopled() (*exchange, *replies) {
	m := &member{id: "an id", own: true, rooms: map[socket.Room]struct{}{"room": {}, "7": {}}}
	in := map[socket.SocketId]*member{m.id: m}
	r := &replies{}
	return &exchange{
		local: &local{
			members: map[socket.SocketId]*member{m.id: m},
			rooms:   map[socket.Room]map[socket.SocketId]*member{"room": in, "7": in},
		},
		carrier: r, uid: "this node", nsp: "/", log: slog.New(slog.DiscardHandler),
	}, r
}

// skimSeeds are the messages of Node, and some that are made to be misread.
func skimSeeds(tb testing.TB) []string {
	tb.Helper()
	var seeds []string
	for _, c := range goldenCommands(tb) {
		if payload := c.payload(tb); payload != nil {
			seeds = append(seeds, string(payload))
		}
		if data := c.entryFields(tb)["data"]; data != "" {
			seeds = append(seeds, data)
		}
	}
	for _, opts := range []string{
		`{"rooms":["x"],"except":[],"flags":{}}`,
		`{"rooms":["x","room"],"except":[],"flags":{}}`,
		`{"rooms":["x"],"rooms":["room"]}`,
		`{"rooms":["x"],"r\u006foms":["room"]}`,
		`{"rooms":["r\u006fom"]}`,
		`{"rooms":[7.0]}`, `{"rooms":[70e-1]}`, `{"rooms":[8]}`, `{"rooms":[]}`, `{"rooms":null}`, `{"except":["room"]}`, `{}`, `null`, `[]`,
		`{"rooms":["x",{}]}`, `{"rooms":["x",null]}`,
	} {
		data := `{"packet":{"type":2,"data":["e",{"opts":{"rooms":["x"]}}]},"opts":` + opts + `}`
		seeds = append(seeds, data,
			`{"type":3,"data":`+data+`,"uid":"a","nsp":"/"}`,
			`{"opts":{"rooms":["x"]},"uid":"a","nsp":"/","type":3,"data":`+data+`}`,
			`{"type":3,"data":`+strings.Replace(data, "{", `{"requestId":"id",`, 1)+`,"uid":"a","nsp":"/"}`)
	}
	return append(seeds,
		`{"type":3,"data":{"opts":{"rooms":["x"]}},"data":{},"uid":"a","nsp":"/"}`,
		`{"type":3,"type":4,"data":{"opts":{"rooms":["x"]},"rooms":["y"]},"uid":"a","nsp":"/"}`,
		`{"data":{"opts":{"rooms":["x"]}},"uid":"a","nsp":"/"}`,
		`{"type":3,"uid":"a","nsp":"/"}`,
	)
}

// isForNobody reports whether a broadcast with options reaches nobody of peopled.
func isForNobody(t *testing.T, opts any) bool {
	t.Helper()
	o, err := readOptions(opts)
	if err != nil {
		return true // it is dropped
	}
	return len(o.rooms) > 0 && !slices.ContainsFunc(o.rooms, func(room socket.Room) bool {
		return room == "room" || room == "7" || room == "an id"
	})
}

// FuzzSkim: what is skimmed and left unread is a message, and is for nobody; of any other
// there is no answer.
func FuzzSkim(f *testing.F) {
	for _, seed := range skimSeeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		packed := !isJSON(payload)
		x, answers := peopled()
		v, err := readWire(payload)
		if x.skimMessage(payload, packed) {
			if err != nil {
				t.Fatalf("it cannot be read: %v", err)
			}
			m, err := readPeer(v, len(payload))
			if err != nil || m.kind != peerBroadcast {
				t.Fatalf("it is no broadcast: %+v, %v", m, err)
			}
			if !isForNobody(t, m.data["opts"]) {
				t.Fatalf("it is for somebody: %+v", m)
			}
			asked := m.requestID() != "" && m.uid != x.uid && m.nsp == x.nsp
			if asked != (answers.count == 1) {
				t.Fatalf("%d answers to %+v", answers.count, m)
			}
		} else if answers.count != 0 {
			t.Fatal("an answer that the whole message will get again")
		}
		fields, _ := v.(map[string]any)
		if x.skimEntry("a", entryMessage{payload, packed}) && (err != nil || !isForNobody(t, fields["opts"])) {
			t.Fatalf("an entry that is for somebody: %v, %v", v, err)
		}
		if m, nobody := x.skimClassicRequest(payload); nobody {
			if err != nil || fields["type"] != float64(classicBroadcast) || !isForNobody(t, fields["opts"]) {
				t.Fatalf("a request that is for somebody: %v, %v", v, err)
			}
			if whole, err := readClassic(payload); err != nil || whole.requestID != m.requestID || whole.uid != m.uid {
				t.Fatalf("%+v, skimmed %+v, %v", whole, m, err)
			}
		}
		if x.skimClassic(payload) {
			v, err := readPacked([]byte(payload))
			list, _ := v.([]any)
			if err != nil || len(list) != 3 || !isForNobody(t, list[2]) {
				t.Fatalf("a list that is for somebody: %v, %v", v, err)
			}
		}
	})
}

// TestSkimKnowsNode: each broadcast that Node has been seen to send to rooms is skimmed.
func TestSkimKnowsNode(t *testing.T) {
	skimmed := 0
	for _, c := range goldenCommands(t) {
		payload := string(c.payload(t))
		if payload == "" {
			continue
		}
		v, err := readWire(payload)
		if err != nil {
			t.Fatal(err)
		}
		x, _ := peopled()
		var opts any
		var got bool
		switch v := v.(type) {
		case []any:
			opts, got = v[2], x.skimClassic(payload)
		case map[string]any:
			data, _ := v["data"].(map[string]any)
			switch {
			case v["type"] == float64(peerBroadcast) && data["packet"] != nil:
				opts, got = data["opts"], x.skimMessage(payload, !isJSON(payload))
			case v["type"] == float64(classicBroadcast) && v["packet"] != nil:
				opts = v["opts"]
				_, got = x.skimClassicRequest(payload)
			default:
				continue
			}
		}
		if want := isForNobody(t, opts); got != want {
			t.Errorf("%s: skimmed is %v, want %v", c.Label, got, want)
		} else if want {
			skimmed++
		}
	}
	if skimmed < 10 {
		t.Errorf("only %d broadcasts to rooms", skimmed)
	}
}
