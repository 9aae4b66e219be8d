package parser

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	sio "github.com/zishang520/socket.io-go-parser/v2/parser"
)

// ask gives sequences of messages to the reference decoder.
func ask(t *testing.T, sequences [][]wireMessage) []decodeRow {
	t.Helper()
	if !haveReference() {
		t.Skip("npm ci has not been run in server/e2e/node: only the tables are compared")
	}
	var in bytes.Buffer
	for _, messages := range sequences {
		line, err := json.Marshal(messages)
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(line, '\n'))
	}
	cmd := exec.CommandContext(t.Context(), "node", "testdata/reference.mjs")
	cmd.Stdin = &in
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node testdata/reference.mjs: %v", err)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(sequences) {
		t.Fatalf("%d answers to %d sequences", len(lines), len(sequences))
	}
	rows := make([]decodeRow, len(lines))
	for i, line := range lines {
		if err := json.Unmarshal([]byte(line), &rows[i]); err != nil {
			t.Fatal(err)
		}
		rows[i].Messages = sequences[i]
	}
	return rows
}

// packetMaker makes random packets.
type packetMaker struct{ *rand.Rand }

func (m packetMaker) packet() *sio.Packet {
	packet := &sio.Packet{Type: sio.EVENT, Nsp: []string{"/", "/a", "/a/b?c=d"}[m.IntN(3)]}
	if m.IntN(2) == 0 {
		id := m.Uint64N(maxID + 1)
		packet.Id = &id
	}
	data := []any{[]string{"event", "é\"", "", "message"}[m.IntN(4)]}
	for range m.IntN(4) {
		data = append(data, m.value(3))
	}
	packet.Data = data
	switch m.IntN(6) {
	case 0:
		packet.Type = sio.ACK
	case 1:
		packet.Type, packet.Id = sio.CONNECT, nil
		packet.Data = map[string]any{"token": m.value(0)}
	}
	return packet
}

func (m packetMaker) value(depth int) any {
	switch m.IntN(10) {
	case 0:
		return nil
	case 1:
		return m.IntN(2) == 0
	case 2:
		return float64(m.IntN(2000)-1000) / 8
	case 3:
		return m.NormFloat64() * 1e18
	case 4, 5:
		return strings.Repeat([]string{"a", "\"", "é", "😀", "\n", "\u2028"}[m.IntN(6)], m.IntN(12))
	case 6:
		if depth > 0 {
			return []byte(strings.Repeat("\x00\xff", m.IntN(3)))
		}
		return "no bytes"
	}
	if depth == 0 {
		return 1.0
	}
	if m.IntN(2) == 0 {
		list := []any{}
		for range m.IntN(4) {
			list = append(list, m.value(depth-1))
		}
		return list
	}
	object := map[string]any{}
	for range m.IntN(4) {
		object[fmt.Sprint("k", m.IntN(9))] = m.value(depth - 1)
	}
	return object
}

func wire(e sio.Encoder, packet *sio.Packet) []wireMessage {
	var messages []wireMessage
	for i, m := range e.Encode(packet) {
		s := m.String()
		if i > 0 {
			s = hex.EncodeToString(m.Bytes())
			messages = append(messages, wireMessage{Hex: &s})
			continue
		}
		messages = append(messages, wireMessage{Text: &s})
	}
	return messages
}

// TestReferenceReadsWhatWeWrite sends packets from our encoder to both decoders:
// neither refuses any, and they see the same.
func TestReferenceReadsWhatWeWrite(t *testing.T) {
	m := packetMaker{rand.New(rand.NewPCG(1, 2))}
	e := New(Config{}).NewEncoder()
	var sequences [][]wireMessage
	for len(sequences) < 2000 {
		// More attachments than the default limit are refused by both.
		if messages := wire(e, m.packet()); len(messages) <= 1+DefaultMaxAttachments {
			sequences = append(sequences, messages)
		}
	}
	for _, row := range ask(t, sequences) {
		if row.Error != nil {
			t.Errorf("the reference refuses %s: %s", *row.Messages[0].Text, *row.Error)
			continue
		}
		checkDecode(t, row)
	}
}

// TestStrictAsTheReference breaks packets at random: what the reference refuses
// we refuse, and what we take it sees alike.
func TestStrictAsTheReference(t *testing.T) {
	m := packetMaker{rand.New(rand.NewPCG(3, 4))}
	e := New(Config{}).NewEncoder()
	const alphabet = "0123456789-/,[]{}\":\\ \nae.u"
	var sequences [][]wireMessage
	for len(sequences) < 3000 {
		messages := wire(e, m.packet())
		text := []byte(*messages[0].Text)
		for range 1 + m.IntN(2) {
			at := m.IntN(min(len(text), 1+m.IntN(len(text))))
			switch c := alphabet[m.IntN(len(alphabet))]; m.IntN(3) {
			case 0:
				text[at] = c
			case 1:
				text = append(text[:at:at], append([]byte{c}, text[at:]...)...)
			case 2:
				text = append(text[:at:at], text[at+1:]...)
			}
			if len(text) == 0 {
				break
			}
		}
		s := strings.ToValidUTF8(string(text), "\uFFFD")
		messages[0].Text = &s
		sequences = append(sequences, messages)
	}
	taken, refused := 0, 0
	for _, row := range ask(t, sequences) {
		packets, err := add(t, New(Config{}), row.Messages)
		if err != nil {
			refused++
			continue // being stricter is allowed
		}
		taken++
		var got []wirePacket
		for _, p := range packets {
			got = append(got, shown(p))
		}
		if row.Error != nil || !same(got, namesAsStrings(row.Packets)) {
			t.Errorf("%s:\n got %+v\nreference %+v", *row.Messages[0].Text, got, row)
		}
	}
	if taken < 300 || refused < 300 {
		t.Errorf("%d taken, %d refused: the packets test little", taken, refused)
	}
}
