package adapter

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter/esjson"
)

// goldenCommand is a command that a Node server was seen to give to Redis.
type goldenCommand struct {
	Suite, Label, Cmd string
	Args              []any
	Decoded           any
	Encoding          string
}

// payload is what was published, nil where that is no PUBLISH.
func (c goldenCommand) payload(t testing.TB) []byte {
	t.Helper()
	if c.Cmd != "publish" && c.Cmd != "spublish" {
		return nil
	}
	switch payload := c.Args[1].(type) {
	case string:
		return []byte(payload)
	case map[string]any:
		text, _ := payload["hex"].(string)
		raw, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	t.Fatalf("%s: no payload in %v", c.Label, c.Args)
	return nil
}

func goldenCommands(t testing.TB) []goldenCommand {
	t.Helper()
	lines, err := os.ReadFile("adaptertest/testdata/golden.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var all []goldenCommand
	for line := range bytes.Lines(lines) {
		var c goldenCommand
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

// goldenForm is a value as the golden file has it.
func goldenForm(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = goldenForm(v[i])
		}
		return out
	case esjson.Object:
		return goldenForm(esjson.Plain(v))
	case map[string]any:
		if data, ok := v["data"].([]any); ok && v["type"] == "Buffer" {
			var raw []byte
			for _, c := range data {
				raw = append(raw, byte(c.(float64)))
			}
			return map[string]any{"$bin": hex.EncodeToString(raw)}
		}
		out := map[string]any{}
		for key := range v {
			out[key] = goldenForm(v[key])
		}
		return out
	case types.BufferInterface:
		return map[string]any{"$bin": hex.EncodeToString(v.Bytes())}
	case time.Time:
		return v.Format("2006-01-02T15:04:05.000Z")
	}
	return v
}

// TestWireReadsWhatNodeWrites: every message that Node servers were seen to publish
// is read as what it says.
func TestWireReadsWhatNodeWrites(t *testing.T) {
	read := 0
	for _, c := range goldenCommands(t) {
		payload := c.payload(t)
		if payload == nil {
			continue
		}
		got, err := readWire(string(payload))
		if err != nil {
			t.Errorf("%s, %s: %v", c.Suite, c.Label, err)
			continue
		}
		if got := goldenForm(got); !reflect.DeepEqual(got, c.Decoded) {
			t.Errorf("%s, %s:\n got %v\nwant %v", c.Suite, c.Label, got, c.Decoded)
		}
		read++
	}
	if read < 100 {
		t.Errorf("only %d messages", read)
	}
}

// TestWireWritesWhatNodeWrites: broadcasts of Node servers and emitters, read and
// written again, are the same bytes.
func TestWireWritesWhatNodeWrites(t *testing.T) {
	written := 0
	for _, c := range goldenCommands(t) {
		if c.Suite != "classic" || c.Encoding != "msgpack" || c.Args[0] == "socket.io-response#/#" {
			continue
		}
		payload := c.payload(t)
		v, err := readWire(string(payload))
		if err != nil {
			t.Fatal(err)
		}
		w := newPackedWriter(slog.New(slog.DiscardHandler))
		if list, ok := v.([]any); ok {
			emitter := strings.HasPrefix(c.Label, "emitter")
			packet, o := goldenBroadcast(t, list[1], list[2])
			w.array(3).string(list[0].(string)).packet(packet, packet.Nsp)
			if emitter {
				w.emitterOptions(o)
			} else {
				w.broadcastOptions(o)
			}
		} else {
			m := v.(map[string]any)
			packet, o := goldenBroadcast(t, m["packet"], m["opts"])
			w.object(5).
				key("uid").string(m["uid"].(string)).
				key("requestId").string(m["requestId"].(string)).
				key("type").number(classicBroadcast).
				key("packet").packet(packet, packet.Nsp).
				key("opts").broadcastOptions(o)
		}
		w.end()
		switch c.Label {
		case "numeric room", "volatile.compress(false)":
			// A Go room reaches the rooms "123" and 123. Go's flags cannot tell a false
			// from one that is not set.
			if _, err := readWire(string(w.buf)); err != nil {
				t.Errorf("%s: %v", c.Label, err)
			}
		default:
			if !bytes.Equal(w.buf, payload) {
				t.Errorf("%s:\n got %x\nwant %x", c.Label, w.buf, payload)
			}
			written++
		}
	}
	if written < 15 {
		t.Errorf("only %d broadcasts", written)
	}
}

func goldenBroadcast(t testing.TB, packet, opts any) (*parser.Packet, wireOptions) {
	t.Helper()
	p, err := readPacket(packet)
	if err != nil {
		t.Fatal(err)
	}
	o, err := readOptions(opts)
	if err != nil {
		t.Fatal(err)
	}
	return p, o
}

func TestWireValues(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	moment := time.Date(2026, 5, 4, 3, 2, 1, 7_900_000, time.FixedZone("", 3600))
	for name, tt := range map[string]struct {
		in           any
		json, packed string
	}{
		"nil":             {nil, `null`, "c0"},
		"buffer":          {types.NewBytesBuffer([]byte{1, 2}), `{"type":"Buffer","data":[1,2]}`, "c4020102"},
		"bytes in a map":  {map[string]any{"b": []byte{3}}, `{"b":{"type":"Buffer","data":[3]}}`, "81a162c40103"},
		"time":            {moment, `"2026-05-04T02:02:01.007Z"`, "d7ff01ab3f0069f7fe19"},
		"second":          {time.Unix(1, 0), `"1970-01-01T00:00:01.000Z"`, "d6ff00000001"},
		"before 1970":     {time.UnixMilli(-1), `"1969-12-31T23:59:59.999Z"`, "c70cff3b8b87c0ffffffffffffffff"},
		"not a number":    {math.NaN(), `null`, "cb7ff8000000000001"},
		"map of anything": {map[any]any{"a": 1, 2: "b"}, `{"2":"b","a":1}`, "82a132a162a16101"},
		"large":           {uint64(1 << 63), `9223372036854775808`, "cf8000000000000000"},
		"function":        {func() {}, `null`, "c0"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := newJSONWriter(log).value(tt.in).buf; string(got) != tt.json {
				t.Errorf("JSON %s, want %s", got, tt.json)
			}
			if got := hex.EncodeToString(newPackedWriter(log).value(tt.in).buf); got != tt.packed {
				t.Errorf("msgpack %s, want %s", got, tt.packed)
			}
		})
	}
}

// TestWireOptionsAreMinimal: what is not set is not there, and a room with the name
// of a number is one of Node's of either type.
func TestWireOptionsAreMinimal(t *testing.T) {
	timeout := 1500 * time.Millisecond
	flags := &socket.BroadcastFlags{Timeout: &timeout, ExpectSingleResponse: true, Local: true, Broadcast: true}
	opts := &socket.BroadcastOptions{Rooms: types.NewSet[socket.Room]("b", "7", "07"), Flags: flags}
	got := newJSONWriter(slog.Default()).broadcastOptions(wireOptionsOf(opts)).buf
	const want = `{"rooms":["07","7",7,"b"],"except":[],"flags":{"expectSingleResponse":true,"timeout":1500}}`
	if string(got) != want {
		t.Errorf("%s, want %s", got, want)
	}
	got = newJSONWriter(slog.Default()).broadcastOptions(wireOptionsOf(nil)).buf
	if string(got) != `{"rooms":[],"except":[],"flags":{}}` {
		t.Errorf("%s", got)
	}
}

// FuzzWire: no message is anything but read or refused, and what is read can be
// written and is then read as the same.
func FuzzWire(f *testing.F) {
	for _, c := range goldenCommands(f) {
		if payload := c.payload(f); payload != nil {
			f.Add(payload)
		}
	}
	f.Add([]byte(`{"type":6,"data":[{"":1}]}`))
	log := slog.New(slog.DiscardHandler)
	f.Fuzz(func(t *testing.T, payload []byte) {
		v, err := readWire(string(payload))
		if err != nil {
			return
		}
		again, err := readPacked(newPackedWriter(log).value(v).buf)
		if err != nil {
			t.Fatalf("%x is read as %v, and then not: %v", payload, v, err)
		}
		if !reflect.DeepEqual(goldenText(t, again), goldenText(t, v)) {
			t.Fatalf("%x is read as %v, and then as %v", payload, v, again)
		}
		m, _ := v.(map[string]any)
		_, _ = readPacket(v)
		_, _ = readOptions(v)
		_, _ = readSockets(m["sockets"])
		_, _ = readClassic(string(payload))
	})
}

// goldenText compares what reflect.DeepEqual does not: NaN, and buffers.
func goldenText(t *testing.T, v any) string {
	t.Helper()
	return string(newJSONWriter(slog.New(slog.DiscardHandler)).value(v).buf)
}
