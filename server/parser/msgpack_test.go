package parser

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zishang520/engine.io/v2/types"
	sio "github.com/zishang520/socket.io-go-parser/v2/parser"

	"nudge/adapter/esjson"
)

// msgpackRow is what the reference says of a message; its packet's values are as
// show in testdata/msgpack.mjs has them.
type msgpackRow struct {
	Hex    string
	Packet *wirePacket
	Raw    []string // the arguments as JSON
	Error  string
}

func (r msgpackRow) message(t testing.TB) []byte {
	t.Helper()
	message, err := hex.DecodeString(r.Hex)
	if err != nil {
		t.Fatal(err)
	}
	return message
}

func readRows(t testing.TB, lines []byte) []msgpackRow {
	t.Helper()
	var rows []msgpackRow
	for line := range bytes.Lines(lines) {
		var row msgpackRow
		if err := json.Unmarshal(line, &row); err != nil {
			t.Fatalf("%v in %.200q", err, line)
		}
		rows = append(rows, row)
	}
	return rows
}

// msgpackTable is what the reference was seen to do.
func msgpackTable(t testing.TB) []msgpackRow {
	t.Helper()
	text, err := os.ReadFile("testdata/msgpack.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	return readRows(t, text)
}

// askMsgpack runs the reference.
func askMsgpack(t testing.TB, in string, args ...string) []byte {
	t.Helper()
	if !haveReference() {
		t.Skip("npm ci has not been run in server/e2e/node: only the table is compared")
	}
	cmd := exec.CommandContext(t.Context(), "node", append([]string{"testdata/msgpack.mjs"}, args...)...)
	cmd.Stdin = strings.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node testdata/msgpack.mjs: %v", err)
	}
	return out
}

func TestMsgpackTableIsTheReferences(t *testing.T) {
	kept, err := os.ReadFile("testdata/msgpack.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(askMsgpack(t, "", "table"), kept) {
		t.Error("testdata/msgpack.jsonl differs from what testdata/msgpack.mjs writes")
	}
}

func readMsgpack(p *Msgpack, message any) (packet *sio.Packet, err error) {
	d := p.NewDecoder()
	if err := d.On("decoded", func(args ...any) { packet, _ = args[0].(*sio.Packet) }); err != nil {
		return nil, err
	}
	err = d.Add(message)
	return packet, err
}

// tagged is a value as show has it.
func tagged(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = tagged(v[i])
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for key := range v {
			out[key] = tagged(v[key])
		}
		return out
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return map[string]any{"$number": esjson.NumberText(v)}
		}
	case types.BufferInterface:
		return map[string]any{"$bytes": hex.EncodeToString(v.Bytes())}
	case []byte:
		return map[string]any{"$bytes": hex.EncodeToString(v)}
	case time.Time:
		return map[string]any{"$date": float64(v.UnixMilli())}
	}
	return v
}

func taggedPacket(packet *sio.Packet) wirePacket {
	return wirePacket{Type: int(packet.Type - '0'), Nsp: packet.Nsp, ID: packet.Id, Data: tagged(packet.Data)}
}

// withStringName gives a numeric event name the form that decoders here give it.
func withStringName(packet wirePacket) wirePacket {
	data, ok := packet.Data.([]any)
	if !ok || packet.Type != 2 || len(data) == 0 {
		return packet
	}
	switch name := data[0].(type) {
	case float64:
		data[0] = esjson.NumberText(name)
	case map[string]any:
		if number, ok := name["$number"]; ok {
			data[0] = number
		}
	}
	return packet
}

var allRaw = Config{Raw: func(_, _ string) bool { return true }}

// checkMsgpack compares what is made of a message with what the reference makes.
func checkMsgpack(t *testing.T, row msgpackRow) {
	t.Helper()
	message := row.message(t)
	packet, err := readMsgpack(NewMsgpack(Config{}), message)
	if row.Error != "" {
		if !errors.Is(err, ErrPacket) {
			t.Errorf("%.200s: %v; the reference says %q", row.Hex, err, row.Error)
		}
		return
	}
	if err != nil {
		t.Errorf("%.200s: %v", row.Hex, err)
		return
	}
	if got, want := taggedPacket(packet), withStringName(*row.Packet); !reflect.DeepEqual(got, want) {
		t.Errorf("%.200s:\n got %.2000v\nwant %.2000v", row.Hex, got, want)
	}
	if packet.Type != sio.EVENT {
		return
	}
	packet, err = readMsgpack(NewMsgpack(allRaw), message)
	if err != nil {
		t.Errorf("%.200s as Raw: %v", row.Hex, err)
		return
	}
	for i, argument := range packet.Data.([]any)[1:] {
		got, err := esjson.AppendStringify(nil, argument.(Raw), esjson.Limits{})
		if err != nil || string(got) != row.Raw[i] {
			t.Errorf("%.200s: argument %d as JSON is %.2000s, %v\nwant %.2000s", row.Hex, i, got, err, row.Raw[i])
		}
	}
}

func TestMsgpackReadsWhatTheReferenceWrites(t *testing.T) {
	t.Run("table", func(t *testing.T) {
		for _, row := range msgpackTable(t) {
			checkMsgpack(t, row)
		}
	})
	t.Run("random", func(t *testing.T) {
		rows := readRows(t, askMsgpack(t, "", "random", "3000", "1"))
		if len(rows) != 3001 {
			t.Fatalf("%d packets", len(rows))
		}
		for _, row := range rows {
			checkMsgpack(t, row)
		}
	})
}

func readByReference(t testing.TB, messages [][]byte) []msgpackRow {
	t.Helper()
	var in strings.Builder
	for _, message := range messages {
		fmt.Fprintf(&in, "%x\n", message)
	}
	rows := readRows(t, askMsgpack(t, in.String(), "read"))
	if len(rows) != len(messages) {
		t.Fatalf("%d answers to %d messages", len(rows), len(messages))
	}
	return rows
}

// TestReferenceReadsOurMsgpack has both decoders read random packets of our
// encoder, which come back as they were.
func TestReferenceReadsOurMsgpack(t *testing.T) {
	m := packetMaker{rand.New(rand.NewPCG(5, 6))}
	p := NewMsgpack(Config{})
	e := p.NewEncoder()
	var packets []*sio.Packet
	var messages [][]byte
	for range 2000 {
		packet := m.packet()
		if data, ok := packet.Data.([]any); ok {
			packet.Data = append(data, time.UnixMilli(m.Int64N(1<<50)-1<<49), math.Inf(m.IntN(3)-1), math.NaN(), m.NormFloat64()*1e24)
		}
		packets = append(packets, packet)
		messages = append(messages, e.Encode(packet)[0].Bytes())
	}
	for i, row := range readByReference(t, messages) {
		if row.Error != "" {
			t.Errorf("the reference refuses %s: %s", row.Hex, row.Error)
			continue
		}
		if want := taggedPacket(packets[i]); !reflect.DeepEqual(*row.Packet, want) {
			t.Errorf("the reference reads\n     %+v\nwant %+v", *row.Packet, want)
		}
		checkMsgpack(t, row)
	}
}

// TestMsgpackValues: what becomes of Go's own types, as the reference reads it.
func TestMsgpackValues(t *testing.T) {
	moment := time.Date(2026, 5, 4, 3, 2, 1, 7_900_000, time.FixedZone("", 3600))
	ms := float64(moment.UnixMilli())
	type inner struct {
		At    time.Time  `json:"at"`
		Until *time.Time `json:"until,omitempty"`
		Bytes []byte     `json:"bytes"`
		Skip  int        `json:"-"`
		Count int64      `json:",string"`
	}
	object := func(keysAndValues ...any) map[string]any {
		out := map[string]any{}
		for i := 0; i < len(keysAndValues); i += 2 {
			out[keysAndValues[i].(string)] = keysAndValues[i+1]
		}
		return out
	}
	tests := map[string]struct{ in, want any }{
		"struct": {inner{At: moment, Until: &moment, Bytes: []byte{1}, Count: 5},
			object("at", object("$date", ms), "until", object("$date", ms), "bytes", object("$bytes", "01"), "Count", "5")},
		"nil pointer":     {(*inner)(nil), nil},
		"int64":           {int64(math.MaxInt64), 9223372036854775807.0},
		"uint64":          {uint64(math.MaxUint64), 18446744073709551615.0},
		"negative":        {[]int64{-1, -32, -33, -128, -129, -32768, -32769, -1 << 31, -1<<31 - 1, math.MinInt64}, []any{-1.0, -32.0, -33.0, -128.0, -129.0, -32768.0, -32769.0, -2147483648.0, -2147483649.0, -9223372036854775808.0}},
		"float32":         {[]float32{0.1, float32(math.Inf(1))}, []any{0.1, object("$number", "Infinity")}},
		"large":           {[]any{1e19, 1e20, 1e21, -1e21, 1e300}, []any{1e19, 1e20, 1e21, -1e21, 1e300}},
		"Raw":             {Raw(` { "a" : [ ] , "b" : [ 1e3 , { } , "\ud83d\ude00\"]," , null , [ [ ] , true ] ] } `), object("a", []any{}, "b", []any{1000.0, object(), "😀\"],", nil, []any{[]any{}, true}})},
		"marshaler":       {[]any{json.Number("1e3"), json.Number("1e400")}, []any{1000.0, nil}},
		"readers":         {[]any{bytes.NewReader([]byte{7}), strings.NewReader("text"), types.NewStringBufferString("s")}, []any{object("$bytes", "07"), "text", "s"}},
		"map":             {map[int]string{2: "b", 1: "a"}, object("1", "a", "2", "b")},
		"placeholder":     {object("_placeholder", true, "num", 0), object("_placeholder", true, "num", 0.0)},
		"invalid UTF-8":   {"a\xffb", "a\ufffdb"},
		"cannot be":       {func() {}, nil},
		"half of it":      {[]any{[]byte{1}, math.NaN(), make(chan int)}, nil},
		"sixteen members": {map[string]int{"a": 0, "b": 1, "c": 2, "d": 3, "e": 4, "f": 5, "g": 6, "h": 7, "i": 8, "j": 9, "k": 10, "l": 11, "m": 12, "n": 13, "o": 14, "p": 15}, object("a", 0.0, "b", 1.0, "c", 2.0, "d", 3.0, "e", 4.0, "f", 5.0, "g", 6.0, "h", 7.0, "i", 8.0, "j", 9.0, "k", 10.0, "l", 11.0, "m", 12.0, "n", 13.0, "o", 14.0, "p", 15.0)},
	}
	e := NewMsgpack(Config{Logger: slog.New(slog.DiscardHandler)}).NewEncoder()
	names := slices.Collect(maps.Keys(tests))
	var messages [][]byte
	for _, name := range names {
		packet := &sio.Packet{Type: sio.EVENT, Nsp: "/", Data: []any{"e", tests[name].in, "after", []byte{9}}}
		messages = append(messages, e.Encode(packet)[0].Bytes())
	}
	for i, row := range readByReference(t, messages) {
		t.Run(names[i], func(t *testing.T) {
			want := []any{"e", tests[names[i]].want, "after", object("$bytes", "09")}
			if row.Error != "" || !reflect.DeepEqual(row.Packet.Data, want) {
				t.Errorf("the reference reads %+v, %s\nwant %+v", row.Packet, row.Error, want)
			}
			checkMsgpack(t, row)
		})
	}
}

// TestMsgpackIsAsStrict breaks messages at random: what we take the reference sees
// alike. It is not asked about the others, which may be refused in any case: for
// some it would fill gigabytes.
func TestMsgpackIsAsStrict(t *testing.T) {
	m := rand.New(rand.NewPCG(7, 8))
	table := msgpackTable(t)
	var messages [][]byte
	refused := 0
	for len(messages)+refused < 20_000 {
		message := table[m.IntN(len(table))].message(t)
		if len(message) == 0 || len(message) > 500 {
			continue
		}
		for range 1 + m.IntN(2) {
			at, c := m.IntN(len(message)), byte(m.Uint32())
			switch m.IntN(3) {
			case 0:
				message[at] = c
			case 1:
				message = append(message[:at:at], append([]byte{c}, message[at:]...)...)
			case 2:
				if len(message) > 1 {
					message = append(message[:at:at], message[at+1:]...)
				}
			}
		}
		if _, err := readMsgpack(NewMsgpack(Config{}), message); err != nil {
			refused++
			continue
		}
		messages = append(messages, message)
	}
	for _, row := range readByReference(t, messages) {
		if row.Error != "" {
			t.Errorf("%s is taken; the reference says %q", row.Hex, row.Error)
			continue
		}
		checkMsgpack(t, row)
	}
	if len(messages) < 1000 || refused < 1000 {
		t.Errorf("%d taken, %d refused: the messages test little", len(messages), refused)
	}
}
