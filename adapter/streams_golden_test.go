package adapter

import (
	"encoding/base64"
	"encoding/hex"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/zishang520/socket.io/v2/socket"
)

// TestStreamsGolden reads the data of every entry that nodes of Node were seen to add,
// and writes it again.
func TestStreamsGolden(t *testing.T) {
	same := 0
	for _, c := range goldenCommands(t) {
		fields := c.entryFields(t)
		if fields == nil {
			continue
		}
		v, err := readData(fields["data"])
		if err != nil {
			t.Fatalf("%s: %v", c.Label, err)
		}
		kind := map[string]int{"3": peerBroadcast, "4": peerJoin, "5": peerLeave, "6": peerDisconnect}[fields["type"]]
		x := &exchange{uid: fields["uid"], nsp: fields["nsp"], log: slog.New(slog.DiscardHandler)}
		message, _ := sameAgain(t, x, received{kind: kind, data: v.(map[string]any)})
		got := string((&streams{exchange: x}).entryData(message))
		again, err := readData(got)
		if err != nil {
			t.Fatalf("%s: %v", c.Label, err)
		}
		switch {
		case got == fields["data"]:
			same++
		case strings.Contains(fields["data"], `"compress":false`), strings.Contains(fields["data"], "123"): // as in TestExchangeGolden
		case !reflect.DeepEqual(again, v):
			t.Errorf("%s: wrote\n%s, Node\n%s", c.Label, got, fields["data"])
		}
	}
	if same < 12 {
		t.Errorf("%d entries are the same", same)
	}
}

// entryFields are those of the entry that was added, nil where it is no XADD.
func (c goldenCommand) entryFields(t testing.TB) map[string]string {
	t.Helper()
	if c.Cmd != "xadd" {
		return nil
	}
	fields := map[string]string{}
	for i := 5; i+1 < len(c.Args); i += 2 {
		fields[c.Args[i].(string)] = argumentText(t, c.Args[i+1])
	}
	return fields
}

// argumentText is an argument of a command: text, or an object with its bytes.
func argumentText(t testing.TB, arg any) string {
	t.Helper()
	text, is := arg.(string)
	if is {
		return text
	}
	raw, err := hex.DecodeString(arg.(map[string]any)["hex"].(string))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestJavaHash(t *testing.T) {
	for text, want := range map[string]int32{"": 0, "/": 47, "/chat": 46457863, "/a/long/name/of/a/namespace": 6436419, "/😀": 1818066} {
		if got := javaHash(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

// readData reads the data of an entry.
func readData(data string) (any, error) {
	m, err := unwrapEntryData(data)
	if err != nil {
		return nil, err
	}
	return m.read()
}

func FuzzReadEntryData(f *testing.F) {
	for _, c := range goldenCommands(f) {
		if c.Cmd == "xadd" {
			f.Add(argumentText(f, c.Args[len(c.Args)-1]))
		}
	}
	f.Fuzz(func(t *testing.T, data string) {
		v, err := readData(data)
		if err != nil {
			return
		}
		if m, ok := v.(map[string]any); ok {
			_, _ = readPacket(m["packet"])
			_, _ = readOptions(m["opts"])
		}
	})
}

// TestSessionsGolden reads the sessions that nodes of Node were seen to keep, and writes
// them again.
func TestSessionsGolden(t *testing.T) {
	n := 0
	for _, c := range goldenCommands(t) {
		if c.Cmd != "set" {
			continue
		}
		text := argumentText(t, c.Args[1])
		session, err := readSession(text)
		if err != nil || string(session.Pid) != strings.TrimPrefix(argumentText(t, c.Args[0]), sessionKey) || !session.Rooms.Has("roomR") && n == 0 {
			t.Fatalf("%s: %+v, %v", text, session, err)
		}
		s := &streams{exchange: &exchange{log: slog.New(slog.DiscardHandler)}}
		if again := base64.StdEncoding.EncodeToString(s.packSession(session)); again != text {
			t.Errorf("wrote %s, Node %s", again, text)
		}
		n++
	}
	if n != 3 {
		t.Errorf("%d sessions", n)
	}
}

func FuzzReadSession(f *testing.F) {
	for _, c := range goldenCommands(f) {
		if c.Cmd == "set" {
			f.Add(argumentText(f, c.Args[1]))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		session, err := readSession(text)
		if err == nil && !session.Rooms.Has(socket.Room(session.Sid)) {
			t.Errorf("%q: not in its own room", text)
		}
	})
}
