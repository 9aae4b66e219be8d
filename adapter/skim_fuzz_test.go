package adapter

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"
)

// peopled is a node that has one client, in the rooms "room" and "7".
func peopled() *local {
	m := &member{id: "an id", own: true, rooms: map[socket.Room]struct{}{"room": {}, "7": {}}}
	in := map[socket.SocketId]*member{m.id: m}
	return &local{
		members: map[socket.SocketId]*member{m.id: m},
		rooms:   map[socket.Room]map[socket.SocketId]*member{"room": in, "7": in},
	}
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
		`{"rooms":["room"],"except":["x",7],"flags":{"volatile":true,"compress":false,"timeout":5}}`,
		`{"rooms":["room"],"flags":{"timeout":-1}}`, `{"rooms":["room"],"flags":{"timeout":2.5}}`, `{"rooms":["room"],"flags":{"timeout":2147483648}}`,
		`{"rooms":["room"],"flags":{"volatile":true},"flags":{"compress":true}}`, `{"rooms":["room"],"flags":null}`,
		`{"rooms":["room"],"flags":{"volatile":1}}`, `{"rooms":["room"],"rooms":[]}`, `{"rooms":["room"],"except":"x"}`,
		`{"rooms":["room"],"rooms":["x"]}`, `{"rooms":["room"]},"opts":{"rooms":["x"]}`, `{"rooms":["room"]},"opts":{}`,
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
		`{"packet":{"type":2,"data":[1.50,{"b":1,"a":{"2":1e3,"b":2,"2":null}},"\ud800",-0]}}`,
		`{"packet":{"type":5,"data":["e"],"nsp":"/x","id":1}}`, `{"packet":{"type":3,"data":["e"]}}`, `{"packet":{"type":2,"data":[]}}`,
		`{"packet":{"type":2,"data":[{}]}}`, `{"packet":{"data":["e"]}}`, `{"packet":{"type":2,"data":["e"],"data":["f"]}}`,
		`{"packet":{"type":2,"data":["e"]},"packet":{"type":2}}`, `{"packet":null}`,
		// Lists of a node, a packet and options: with bytes and a date, with what is
		// undefined, and with numbers for a name and a room.
		"\x93\x01\x82\xa4data\x94\xa1e\xff\xc4\x01x\xd7\xff\x00\x00\x00\x00\x00\x00\x00\x01\xa4type\x02\x80",
		"\x93\x01\x83\xa4data\x92\xa1e\xd4\x00\x00\xa4type\x02\xa4type\xd4\x00\x00\x80",
		"\x93\x01\x82\xa4data\x91\x07\xa4type\xca\x40\x00\x00\x00\x82\xa5rooms\x91\xa1x\xa5rooms\xd4\x00\x00",
		"\x93\x01\x82\xa4data\x91\x07\xa4type\xca\x40\x00\x00\x00\x81\xa5rooms\x91\x07",
	)
}

// isForNobody reports whether a broadcast with options reaches nobody of peopled.
func isForNobody(o wireOptions) bool {
	return len(o.rooms) > 0 && !slices.ContainsFunc(o.rooms, isPeopled)
}

// isPeopled reports whether anyone of peopled is in a room.
func isPeopled(room socket.Room) bool { return room == "room" || room == "7" || room == "an id" }

// readForm is how a message is read in full, in one of the forms that broadcasts have.
type readForm struct {
	name string
	skim func(l *local, message string, packed bool) (skimmed, bool)
	full func(message string, packed bool) (skimmed, error)
}

var readForms = []readForm{
	{"classic", func(l *local, message string, _ bool) (skimmed, bool) { return l.skimClassic(message) },
		func(message string, _ bool) (skimmed, error) { return readBroadcast(message) }},
	{"classic, to be answered", func(l *local, message string, _ bool) (skimmed, bool) { return l.skimClassicRequest(message) },
		func(message string, _ bool) (b skimmed, err error) {
			m, err := readClassic(message)
			if err == nil && m.kind != classicBroadcast {
				err = wireError("another request")
			}
			return readFields(skimmed{uid: m.uid, id: m.requestID}, m.fields, err)
		}},
	{"peer", (*local).skimPeer,
		func(message string, packed bool) (skimmed, error) {
			v, err := entryMessage{message, packed}.read()
			var m received
			if err == nil {
				m, err = readPeer(v, len(message))
			}
			if err == nil && m.kind != peerBroadcast {
				err = wireError("another message")
			}
			return readFields(skimmed{uid: m.uid, nsp: m.nsp, id: m.requestID()}, m.data, err)
		}},
	{"entry", func(l *local, message string, packed bool) (skimmed, bool) {
		return l.skimData(entryMessage{message, packed})
	},
		func(message string, packed bool) (skimmed, error) {
			v, err := entryMessage{message, packed}.read()
			fields, is := v.(map[string]any)
			if err == nil && !is {
				err = wireError("the data is no object")
			}
			return readFields(skimmed{id: received{data: fields}.requestID()}, fields, err)
		}},
}

// readFields reads the packet and the options of a broadcast, unless there was an error.
func readFields(b skimmed, fields map[string]any, err error) (skimmed, error) {
	if err != nil {
		return b, err
	}
	if b.packet, err = readPacket(fields["packet"]); err != nil {
		return b, err
	}
	b.options, err = readOptions(fields["opts"])
	return b, err
}

// check compares what is skimmed of a message with what is read of all of it: they are the
// same, or the message is odd to who skims it. What is for nobody may be malformed in the
// parts that nobody then reads.
func (f readForm) check(t *testing.T, message string, packed bool) (skimmed skimmed, ok bool) {
	t.Helper()
	skimmed, ok = f.skim(peopled(), message, packed)
	if !ok {
		return skimmed, false
	}
	full, err := f.full(message, packed)
	if skimmed.packet == nil {
		if _, syntax := (entryMessage{message, packed}).read(); syntax != nil {
			t.Fatalf("%s: it cannot be read: %v", f.name, syntax)
		}
		if err == nil && !isForNobody(full.options) {
			t.Fatalf("%s: it is for somebody: %+v", f.name, full)
		}
		return skimmed, true
	}
	if err != nil {
		t.Fatalf("%s: it was read as %+v, and is malformed: %v", f.name, skimmed, err)
	}
	if skimmed.uid != full.uid || skimmed.nsp != full.nsp || skimmed.id != full.id {
		t.Fatalf("%s: %+v, in full %+v", f.name, skimmed, full)
	}
	if got, want := fmt.Sprintf("%#v", skimmed.packet.Data), fmt.Sprintf("%#v", full.packet.Data); got != want && !hasBinary(full.packet.Data) {
		t.Fatalf("%s: the data %s, in full %s", f.name, got, want)
	}
	if got, want := written(skimmed.packet), written(full.packet); got != want {
		t.Fatalf("%s: the packet %q, in full %q", f.name, got, want)
	}
	got, want := skimmed.options, full.options
	if first := slices.IndexFunc(want.rooms, isPeopled); first > 0 {
		want.rooms = want.rooms[first:] // those before it are nobody's
	}
	if !slices.Equal(got.rooms, want.rooms) || !slices.Equal(got.except, want.except) || got.writeOptions() != want.writeOptions() ||
		answerTime(got.options()) != answerTime(want.options()) {
		t.Fatalf("%s: the options %+v, in full %+v", f.name, got, want)
	}
	return skimmed, true
}

// written is a packet as text that tells any two apart.
func written(p *parser.Packet) string {
	return fmt.Sprint(p.Type, p.Nsp, p.Id, p.Attachments) + string(newPackedWriter(slog.New(slog.DiscardHandler)).packet(p, p.Nsp).buf)
}

// FuzzSkim: what is skimmed of a broadcast is what is read of it in full, and what is left
// unread is a message, and for nobody.
func FuzzSkim(f *testing.F) {
	for _, seed := range skimSeeds(f) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, message string) {
		for _, form := range readForms {
			form.check(t, message, !isJSON(message))
		}
	})
}

// TestSkimIsForNobody: what is skimmed and left unread is asked for its id all the same.
func TestSkimIsForNobody(t *testing.T) {
	for _, form := range readForms[2:] {
		message := `{"requestId":"id","opts":{"rooms":["x"]},"packet":{}}`
		if form.name == "peer" {
			message = `{"type":3,"data":` + message + `,"uid":"a","nsp":"/"}`
		}
		if b, ok := form.check(t, message, false); !ok || b.packet != nil || b.id != "id" {
			t.Errorf("%s: %+v, %v", form.name, b, ok)
		}
	}
}

// TestSkimKnowsNode: each broadcast that Node has been seen to send is skimmed, for nobody
// or for somebody, and is what is read in full.
func TestSkimKnowsNode(t *testing.T) {
	unread, read := 0, 0
	for _, c := range goldenCommands(t) {
		messages := []entryMessage{{string(c.payload(t)), !isJSON(string(c.payload(t)))}}
		if data, err := unwrapEntryData(c.entryFields(t)["data"]); err == nil && data.text != "" {
			messages = append(messages, data)
		}
		for _, m := range messages {
			for _, form := range readForms {
				if full, err := form.full(m.text, m.packed); err != nil || form.name == "entry" && full.packet == nil {
					continue // none of this form
				}
				b, ok := form.check(t, m.text, m.packed)
				switch {
				case !ok:
					t.Errorf("%s: %s: it is odd", c.Label, form.name)
				case b.packet == nil:
					unread++
				default:
					read++
				}
			}
		}
	}
	if unread < 10 || read < 10 {
		t.Errorf("%d broadcasts for nobody, %d for somebody", unread, read)
	}
}
