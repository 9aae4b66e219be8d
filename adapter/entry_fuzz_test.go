package adapter

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/rueidis"
	"github.com/zishang520/socket.io/v2/socket"

	"nudge/adapter/esjson"
)

// FuzzServeEntry gives a node that restores sessions an entry of its stream: what is
// malformed is counted, once, and does nothing; an event comes to the client with the id of
// its entry, if and only if one that comes back by that would be given it.
func FuzzServeEntry(f *testing.F) {
	for _, c := range goldenCommands(f) {
		if fields := c.entryFields(f); fields != nil {
			f.Add("1795457202068-0", fields["uid"], fields["nsp"], fields["type"], fields["data"])
		}
	}
	const event = `{"packet":{"type":2,"data":["e",1]},"opts":{"rooms":["SID"],"except":[]}}`
	for _, id := range []string{"1-0", "0-0", "-", "1", "1-", "1-0-0", "+1-0", " 1-0", "18446744073709551616-0", "$", "(1-0", `1-"`} {
		f.Add(id, "other", "/", "3", event)
	}
	for _, kind := range []string{"", "x", "0", "+3", "03", "1", "2", "4", "5", "6", "7", "9", "11", "13", "14"} {
		f.Add("1-0", "other", "/", kind, event)
	}
	for _, data := range []string{
		"", "{", "[]", "gqA=", `{"packet":{"type":2,"data":["e"]},"opts":{"flags":{"volatile":true}}}`, `{"packet":{"type":2,"data":["e"]},"opts":{"except":["7"]}}`,
		`{"packet":{"type":2,"data":[]}}`, `{"packet":{"type":2,"data":["e"]},"opts":{"rooms":[7]}}`, `{"packet":{"type":2,"data":["e"]},"requestId":"r"}`, `{"packet":{"type":2,"data":["e",{"b":1.5,"a":[{"z":null}]}]}}`, `{"packet":{"type":3,"data":["e"]}}`,
	} {
		f.Add("1-1", "other", "/", "3", data)
		f.Add("1-1", "UID", "/", "3", data)
		f.Add("1-1", "other", "/chat", "3", data)
	}
	nested := map[string]any{"packet": map[string]any{"type": 2, "data": []any{"e", map[string]any{"in": []byte{1}}}}}
	f.Add("1-1", "other", "/", "3", base64.StdEncoding.EncodeToString(newPackedWriter(slog.New(slog.DiscardHandler)).value(nested).buf))
	l := startLonelyStreams(f)
	s := l.adapter.(*streams)
	s.stream.adapters[s.nsp] = s
	f.Fuzz(func(t *testing.T, id, uid, nsp, kind, data string) {
		checkID(t, s, id)
		q := l.inquire(s.requests)
		defer q.end()
		uid, data = l.named(uid, s.uid, q.id), l.named(data, s.uid, q.id)
		entry := rueidis.XRangeEntry{ID: id, FieldValues: map[string]string{"uid": uid, "nsp": nsp, "type": kind, "data": data}}
		e, known := entryOf(entry)
		if n, err := strconv.Atoi(kind); known != (err == nil && n >= 1 && n <= 13) {
			t.Fatalf("the type %q is known: %v", kind, known)
		}
		checkIsEntry(t, e, entry.FieldValues)
		m, unread := s.readEntry(e)
		missed := s.eventFor(entry, l.client.Rooms())

		h := l.after(t, func() { s.stream.handOn(t.Context(), entry); settle(s.lane, s.events, q.lane) })
		switch {
		case nsp != "/" || known && uid == s.uid:
			if !h.isNothing() || h.malformed != 0 {
				t.Fatalf("it is of this node itself, or of another namespace: %+v", h)
			}
			return
		case known && unread == nil && (e.kind == peerClientCount || e.kind == peerAck || e.kind == peerFetchAnswer || e.kind == peerEventAnswer):
			q.check(t, h, m.requestID() == q.id, e.kind == peerClientCount && isCount(m.data), e.kind == peerAck)
			return
		}
		checkServed(t, h, !known || unread != nil)
		if !mayChange(e.kind, h) {
			t.Fatalf("an entry of the type %s has done: %+v", kind, h)
		}
		if e.kind != peerBroadcast || m.requestID() != "" {
			return
		}
		if _, _, valid := splitID(id); !valid {
			return // Redis has no such entry
		}
		if given := len(h.sent) > 0 && strings.HasSuffix(h.sent[0], `,"`+id+`"]`); given != (missed != nil) {
			t.Fatalf("who comes back would be given %+v, and the client was sent %q", missed, h.sent)
		}
		checkSent(t, h.sent, m, id)
	})
}

// checkSent: a client is sent the arguments of an event as they came.
func checkSent(t *testing.T, sent []string, m received, id string) {
	t.Helper()
	packet, _ := m.data["packet"].(map[string]any)
	args, _ := packet["data"].([]any)
	if hasBinary(args) {
		if len(sent) == 1 { // which would be followed by that
			t.Fatalf("the client was sent %q of %v", sent, args)
		}
		return
	}
	if len(sent) != 1 || len(args) == 0 {
		return
	}
	if _, named := args[0].(string); !named {
		return // it has become one
	}
	if strings.HasSuffix(sent[0], `,"`+id+`"]`) {
		args = append(slices.Clone(args), id)
	}
	var got, want any
	if err := json.Unmarshal([]byte(sent[0][1:]), &got); err != nil {
		t.Fatalf("the client was sent %q: %v", sent, err)
	}
	if err := json.Unmarshal(newJSONWriter(slog.New(slog.DiscardHandler)).value(esjson.Plain(args)).buf, &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("the client was sent %q, want %v", sent, want)
	}
}

// checkID: an id, which clients may make up, is none or has one place among others; none is
// not looked for in Redis.
func checkID(t *testing.T, s *streams, id string) {
	t.Helper()
	millis, seq, valid := splitID(id)
	_, err := s.RestoreSession(socket.PrivateSessionId("a session"), id)
	if want := errors.Is(err, errAway); want != valid {
		t.Fatalf("the id %q: %v, and a session is not restored as %v", id, valid, err)
	}
	same := fmt.Sprintf("%d-%d", millis, seq)
	if laterID(id, same) || laterID(same, id) {
		t.Fatalf("the id %q is later than itself", id)
	}
	before := fmt.Sprintf("%d-%d", millis, seq-1)
	if later := valid && seq > 0; laterID(id, before) != later || seq > 0 && laterID(before, id) {
		t.Fatalf("the id %q is later than %q: %v", id, before, !later)
	}
}

// checkIsEntry: an entry is the one that it was added as, and is not another.
func checkIsEntry(t *testing.T, e readEntry, fields map[string]string) {
	t.Helper()
	added := func(uid, nsp, data string, kind int64) bool {
		return isEntry(&publication{channel: nsp, payload: []byte(data), entry: &streamEntry{uid: uid, kind: kind}}, fields)
	}
	kind := int64(e.kind)
	if same := added(e.uid, e.nsp, e.data, kind); same != (fields["type"] == strconv.FormatInt(kind, 10)) {
		t.Fatalf("%q is what was added: %v", fields, same)
	}
	if added(e.uid+"0", e.nsp, e.data, kind) || added(e.uid, e.nsp+"0", e.data, kind) || added(e.uid, e.nsp, e.data+"0", kind) || added(e.uid, e.nsp, e.data, kind+1) {
		t.Fatalf("%q is taken for what was not added", fields)
	}
}
