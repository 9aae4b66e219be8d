package store

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"nudge/server/chat"
)

// FuzzMessageOf holds that whatever is in the log, what is made of it can be told to
// clients.
func FuzzMessageOf(f *testing.F) {
	for _, entry := range []string{
		encode(body{Text: "hi"}), encode(body{From: &chat.Person{ID: "a", Name: "Ann"}, Text: "<\u2028>", Key: "k"}),
		`{"text":1}`, `{"from":[]}`, `null`, `[]`, ``, "{\"text\":\"\xff\"}",
	} {
		f.Add("1732450000000-0", "lobby", entry)
		f.Add("-", "", entry)
	}
	f.Fuzz(func(t *testing.T, id, room, entry string) {
		m, ok := messageOf(id, room, entry)
		if !ok {
			return
		}
		first, _, _ := strings.Cut(id, "-")
		if ms, err := strconv.ParseInt(first, 10, 64); err != nil || m.Time != ms || m.ID != id || m.Room != room {
			t.Errorf("%q %q %q is %+v", id, room, entry, m)
		}
		text, err := json.Marshal(m)
		if err != nil {
			t.Errorf("%+v: %v", m, err)
		}
		if again, ok := messageOf(id, room, encode(body{From: m.From, Text: m.Text, Key: m.Key})); !ok {
			t.Errorf("%s is stored as no message", text)
		} else if same, err := json.Marshal(again); err != nil || string(same) != string(text) {
			t.Errorf("%s is stored as %s, %v", text, same, err)
		}
	})
}

// nobody are clients that hear nothing.
type nobody struct{}

func (nobody) Emit(string, string, bool, ...any) {}

// FuzzNotice holds that whatever other nodes say of their people, a node takes it, and
// forgets all of it once they are gone.
func FuzzNotice(f *testing.F) {
	for _, seed := range []string{
		`{"node":"b","seq":1,"people":{"p":{"name":"Ann","named":1,"rooms":["lobby","lobby"]},"q":null}}`,
		`{"node":"b","people":{"p":{"rooms":null}}}`, `{"node":"b","typing":{"room":"lobby","from":{"id":"p"}}}`,
		`{"node":"b","seq":18446744073709551615,"terms":{"version":2,"age":-1}}`, `{"node":"b","terms":{}}`,
		`{"node":"b","people":[]}`, `{"node":1}`, `{`,
	} {
		f.Add([]byte(seed), []byte(`{"node":"b","people":{"p":{"name":"Ben","named":2,"rooms":["a","lobby"]}}}`))
	}
	f.Fuzz(func(t *testing.T, one, two []byte) {
		c := chat.New(chat.Config{Store: NewMemory(MemoryConfig{}), Clients: nobody{}})
		var nodes []string
		r := newRoster(terms{})
		for i, text := range [][]byte{one, two, one} {
			var n notice
			if json.Unmarshal(text, &n) != nil || n.Node == "" {
				continue
			}
			nodes = append(nodes, n.Node)
			r.heard(n)
			if again := (notice{Node: n.Node, Seq: n.Seq}); !r.follows(again) {
				t.Errorf("%s does not follow itself", text)
			}
			c.PeerPeople(n.Node, n.People, i == 1)
			if n.Typing != nil {
				c.PeerTyping(*n.Typing)
			}
		}
		for _, node := range nodes {
			r.forget(node)
			c.PeerGone(node)
		}
		if r.unlike() != 0 {
			t.Errorf("%d are unlike", r.unlike())
		}
		if here := c.People(); len(here) != 0 {
			t.Errorf("here are %v", here)
		}
	})
}
