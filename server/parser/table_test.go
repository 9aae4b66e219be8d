package parser

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"os"
	"os/exec"
	"reflect"
	"testing"

	"github.com/zishang520/engine.io/v2/types"
	sio "github.com/zishang520/socket.io-go-parser/v2/parser"

	"nudge/adapter/esjson"
)

// wireMessage is one message as the tables and the reference's driver have it.
type wireMessage struct {
	Text *string `json:"text,omitempty"`
	Hex  *string `json:"hex,omitempty"`
}

// wirePacket is a packet as JavaScript's JSON shows it.
type wirePacket struct {
	Type int     `json:"type"`
	Nsp  string  `json:"nsp"`
	ID   *uint64 `json:"id,omitempty"`
	Data any     `json:"data,omitempty"`
}

type decodeRow struct {
	Messages []wireMessage `json:"messages"`
	Packets  []wirePacket  `json:"packets"`
	Error    *string       `json:"error"`
}

type encodeRow struct {
	Packet      wirePacket `json:"packet"`
	Text        string     `json:"text"`
	Attachments []string   `json:"attachments"`
}

type tables struct {
	Decode []decodeRow `json:"decode"`
	Encode []encodeRow `json:"encode"`
}

func readTables(t testing.TB) tables {
	t.Helper()
	text, err := os.ReadFile("testdata/tables.json")
	if err != nil {
		t.Fatal(err)
	}
	var tables tables
	if err := json.Unmarshal(text, &tables); err != nil {
		t.Fatal(err)
	}
	if len(tables.Decode) < 100 || len(tables.Encode) < 20 {
		t.Fatalf("tables of %d and %d rows", len(tables.Decode), len(tables.Encode))
	}
	return tables
}

// reference is the directory of the reference codec, there after npm ci.
const reference = "../e2e/node/node_modules/socket.io-parser"

func haveReference() bool {
	_, err := os.Stat(reference)
	return err == nil
}

// TestTablesAreTheReferences makes sure that the tables are still what the
// reference codec says.
func TestTablesAreTheReferences(t *testing.T) {
	if !haveReference() {
		t.Skip("npm ci has not been run in server/e2e/node: the tables are taken as they are")
	}
	fresh, err := exec.CommandContext(t.Context(), "node", "testdata/generate.mjs").Output()
	if err != nil {
		t.Fatalf("node testdata/generate.mjs: %v", err)
	}
	kept, err := os.ReadFile("testdata/tables.json")
	if err != nil {
		t.Fatal(err)
	}
	if string(fresh) != string(kept) {
		t.Error("testdata/tables.json differs from what testdata/generate.mjs writes")
	}
}

// add feeds messages to a fresh decoder.
func add(t testing.TB, p *Parser, messages []wireMessage) ([]*sio.Packet, error) {
	t.Helper()
	var packets []*sio.Packet
	d := p.NewDecoder()
	if err := d.On("decoded", func(args ...any) { packets = append(packets, args[0].(*sio.Packet)) }); err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		var data any
		if m.Text != nil {
			data = *m.Text
		} else {
			b, err := hex.DecodeString(*m.Hex)
			if err != nil {
				t.Fatal(err)
			}
			data = b
		}
		if err := d.Add(data); err != nil {
			return packets, err
		}
	}
	return packets, nil
}

// shown is a decoded packet as JavaScript's JSON would show it.
func shown(packet *sio.Packet) wirePacket {
	return wirePacket{Type: int(packet.Type - '0'), Nsp: packet.Nsp, ID: packet.Id, Data: shownValue(packet.Data)}
}

func shownValue(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = shownValue(v[i])
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for key := range v {
			out[key] = shownValue(v[key])
		}
		return out
	case float64:
		if math.IsInf(v, 0) {
			return nil
		}
	case types.BufferInterface:
		bytes := []any{}
		for _, b := range v.Bytes() {
			bytes = append(bytes, float64(b))
		}
		return map[string]any{"type": "Buffer", "data": bytes}
	}
	return v
}

// namesAsStrings gives a numeric event name the form that decoders here give it.
func namesAsStrings(packets []wirePacket) []wirePacket {
	for _, p := range packets {
		if data, ok := p.Data.([]any); ok && p.Type == 2 && len(data) > 0 {
			if f, ok := data[0].(float64); ok {
				data[0] = esjson.NumberText(f)
			}
		}
	}
	return packets
}

func same(got, want []wirePacket) bool {
	return len(got) == 0 && len(want) == 0 || reflect.DeepEqual(got, want)
}

func checkDecode(t *testing.T, row decodeRow) {
	t.Helper()
	in, _ := json.Marshal(row.Messages)
	packets, err := add(t, New(Config{}), row.Messages)
	if row.Error != nil {
		if !errors.Is(err, ErrPacket) {
			t.Errorf("%s: got %v; the reference says %q", in, err, *row.Error)
		}
		return
	}
	var got []wirePacket
	for _, p := range packets {
		got = append(got, shown(p))
	}
	if want := namesAsStrings(row.Packets); err != nil || !same(got, want) {
		t.Errorf("%s:\n got %+v, %v\nwant %+v", in, got, err, want)
	}
}

func TestDecodeTable(t *testing.T) {
	stricter := map[string]bool{}
	for _, text := range refusedHereOnly {
		stricter[text] = true
	}
	for _, row := range readTables(t).Decode {
		if len(row.Messages) == 1 && row.Messages[0].Text != nil && stricter[*row.Messages[0].Text] {
			continue // TestDecodeRefuses has it
		}
		checkDecode(t, row)
	}
}

// withBytes turns the JSON form of Node's Buffers into []byte.
func withBytes(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = withBytes(v[i])
		}
	case map[string]any:
		if list, ok := v["data"].([]any); ok && v["type"] == "Buffer" {
			b := []byte{}
			for _, n := range list {
				b = append(b, byte(n.(float64)))
			}
			return b
		}
		for key := range v {
			v[key] = withBytes(v[key])
		}
	}
	return v
}

func TestEncodeTable(t *testing.T) {
	e := New(Config{}).NewEncoder()
	for _, row := range readTables(t).Encode {
		packet := &sio.Packet{
			Type: sio.PacketType('0' + row.Packet.Type),
			Nsp:  row.Packet.Nsp,
			Id:   row.Packet.ID,
			Data: withBytes(row.Packet.Data),
		}
		before := *packet
		messages := e.Encode(packet)
		if !reflect.DeepEqual(before, *packet) {
			t.Errorf("Encode changed the packet from %+v to %+v", before, *packet)
		}
		if len(messages) != 1+len(row.Attachments) {
			t.Errorf("%s: %d messages", row.Text, len(messages))
			continue
		}
		if _, ok := messages[0].(*types.StringBuffer); !ok || messages[0].String() != row.Text {
			t.Errorf("got  %T %s\nwant %s", messages[0], messages[0], row.Text)
		}
		for i, want := range row.Attachments {
			if _, ok := messages[i+1].(*types.BytesBuffer); !ok || hex.EncodeToString(messages[i+1].Bytes()) != want {
				t.Errorf("%s: attachment %d is %T %x, want %s", row.Text, i, messages[i+1], messages[i+1].Bytes(), want)
			}
		}
	}
}
