package adaptertest

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/zishang520/engine.io/v2/engine"
	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io-go-parser/v2/parser"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter/adaptertest/recording"
)

// startRecorded starts a server of plain socket.io/v2, with the library's own parser, on an
// engine that records what each connection is given to send.
func startRecorded(t testing.TB, k kind, url, key string) node {
	t.Helper()
	n := newGoServer(t, k, url, key, socket.DefaultServerOptions())
	base := engine.MakeBaseServer()
	n.io.Bind(base)
	n.address = "recorded://" + strconv.Itoa(recordedEngines.add(base))
	t.Cleanup(n.close)
	return n
}

// recordedEngines are those of this process, by their numbers.
var recordedEngines engines

type engines struct {
	mu  sync.Mutex
	all []engine.BaseServer
}

func (e *engines) add(base engine.BaseServer) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, base)
	return len(e.all) - 1
}

func (e *engines) get(host string) engine.BaseServer {
	i, _ := strconv.Atoi(host)
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.all[i]
}

// recordedCrowd are clients of recorded servers.
type recordedCrowd map[string]*recordedClient

func (c recordedCrowd) connect(t testing.TB, name, address string) (id string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	client := newRecordedClient(t, name, cmp.Or(u.Path, "/"))
	c[name] = client
	recordedEngines.get(u.Host).Emit("connection", client.conn)
	client.send(parser.CONNECT, nil, nil)
	eventually(t, "connection", func() bool {
		for _, p := range client.got() {
			if fields, is := p.Data.(map[string]any); is && p.Type == parser.CONNECT {
				id, _ = fields["sid"].(string)
			}
		}
		return id != ""
	})
	return id
}

func (c recordedCrowd) join(t testing.TB, name, room string) {
	t.Helper()
	client := c[name]
	client.asked++
	id := client.asked
	client.send(parser.EVENT, &id, []any{"join", room})
	eventually(t, "answer to join", func() bool {
		return slices.ContainsFunc(client.got(), func(p *parser.Packet) bool {
			return p.Type == parser.ACK && p.Id != nil && *p.Id == id
		})
	})
}

func (c recordedCrowd) got(_ testing.TB, name string) []any {
	got := []any{}
	for _, p := range c[name].got() {
		if p.Type == parser.EVENT || p.Type == parser.BINARY_EVENT {
			got = append(got, reveal(p.Data))
		}
	}
	return got
}

func (c recordedCrowd) forget(testing.TB) {
	for _, client := range c {
		client.forget()
	}
}

func (c recordedCrowd) closed(_ testing.TB, name string) string {
	for _, p := range c[name].got() {
		if p.Type == parser.DISCONNECT {
			return "io server disconnect"
		}
	}
	return ""
}

// recordedClient plays the client of one connection.
type recordedClient struct {
	t       testing.TB
	conn    *recording.Conn
	nsp     string
	asked   uint64 // the id of its last question
	decoder parser.Decoder

	sending sync.Mutex // a packet has several messages
	mu      sync.Mutex
	packets []*parser.Packet
}

func newRecordedClient(t testing.TB, name, nsp string) *recordedClient {
	c := &recordedClient{t: t, conn: recording.New("EIO=4&who=" + url.QueryEscape(name)), nsp: nsp, decoder: parser.NewDecoder()}
	_ = c.decoder.On("decoded", func(args ...any) { c.take(args[0].(*parser.Packet)) })
	c.conn.Sent = func(m recording.Message) {
		var data any = types.NewStringBufferString(m.Data)
		if m.Binary {
			data = types.NewBytesBufferString(m.Data)
		}
		if err := c.decoder.Add(data); err != nil {
			c.t.Errorf("%s was sent %q: %v", name, m.Data, err)
		}
	}
	return c
}

// take keeps a packet, and answers one that is a question as the clients of Node do.
func (c *recordedClient) take(p *parser.Packet) {
	c.mu.Lock()
	c.packets = append(c.packets, p)
	c.mu.Unlock()
	args, _ := p.Data.([]any)
	if p.Id == nil || len(args) == 0 || p.Type != parser.EVENT && p.Type != parser.BINARY_EVENT {
		return
	}
	switch args[0] {
	case "mute":
	case "bare":
		go c.send(parser.ACK, p.Id, []any{})
	default:
		go c.send(parser.ACK, p.Id, slices.Clone(args[1:]))
	}
}

func (c *recordedClient) send(kind parser.PacketType, id *uint64, data any) {
	c.sending.Lock()
	defer c.sending.Unlock()
	for i, part := range parser.NewEncoder().Encode(&parser.Packet{Type: kind, Nsp: c.nsp, Id: id, Data: data}) {
		if i == 0 {
			c.conn.Receive(part.String())
		} else {
			c.conn.ReceiveBinary(part.Bytes())
		}
	}
}

func (c *recordedClient) got() []*parser.Packet {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.packets)
}

func (c *recordedClient) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.packets = nil
}
