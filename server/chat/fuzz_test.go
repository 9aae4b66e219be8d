package chat

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

// boundedStore fails the test where what it is asked for is beyond the protocol's
// bounds.
type boundedStore struct{ t *testing.T }

func (s boundedStore) Append(d Draft, done func(Receipt, error)) {
	s.t.Helper()
	if err := errors.Join(checkRoom(d.Room), checkKey(d.Key, 1, maxKey), checkText(d.Text)); err != nil || !utf8.ValidString(d.Text) {
		s.t.Errorf("stores %+v: %v", d, err)
	}
	done(Receipt{ID: "1-0", Time: 1}, nil)
}

func (s boundedStore) Foreign([]Foreign) { s.t.Error("stores what nobody published") }

func (s boundedStore) Page(_ context.Context, q Query) (Page, error) {
	s.t.Helper()
	err := errors.Join(checkRoom(q.Room), checkID(q.Before), checkID(q.After))
	if err != nil || q.Last < 1 || q.Last > MaxPage || q.Before != "" && q.After != "" {
		s.t.Errorf("reads %+v: %v", q, err)
	}
	return Page{}, nil
}

// silence are clients that hear nothing.
type silence struct{}

func (silence) Emit(string, string, bool, ...any) {}

type silentClient struct{}

func (silentClient) Emit(string, any)      {}
func (silentClient) Join(room string) bool { return checkRoom(room) == nil }
func (silentClient) Leave(string)          {}

// FuzzHandle holds that each request is answered once, whatever it holds, and that
// what is granted keeps to the protocol's bounds.
func FuzzHandle(f *testing.F) {
	for _, seed := range []string{
		`{"room":"lobby"}`, `{"room":"a","after":"1-0","last":3}`, `{"room":"lobby","key":"k","text":"hi"}`,
		`{"room":"lobby","before":"1-0"}`, `{"name":"Ann"}`, `{"room":"lobby","typing":true}`,
		`{"room":"lobby","key":"k","text":"\ud83d"}`, `{"room":"lobby","last":101}`, `{"room":1}`, `[]`, `{`, "{\"name\":\"\xff\"}",
	} {
		for event := range byte(len(Requests()) + 1) {
			f.Add(event, []byte(seed))
		}
	}
	events := append(Requests(), "chat:else")
	f.Fuzz(func(t *testing.T, event byte, arg []byte) {
		c := New(Config{Store: boundedStore{t}, Clients: silence{}})
		s := c.Connect(silentClient{}, Auth{Chat: Version, Key: strings.Repeat("k", minAuthKey)})
		defer s.Close()
		s.Handle(EventJoin, []byte(`{"room":"lobby"}`), func(any) {})
		answers := 0
		s.Handle(events[int(event)%len(events)], arg, func(answer any) {
			answers++
			text, err := json.Marshal(answer)
			var told struct {
				OK    bool
				Error *Problem
			}
			if err != nil || json.Unmarshal(text, &told) != nil || told.OK == (told.Error != nil) {
				t.Errorf("answered %s, %v", text, err)
			}
			if told.Error != nil && told.Error.Code != "invalid_message" && told.Error.Code != "too_large" {
				t.Errorf("refused as %+v", told.Error)
			}
		})
		if answers != 1 {
			t.Errorf("%d answers", answers)
		}
		if me := c.presence.person(s.id); checkName(me.Name) != nil || !utf8.ValidString(me.Name) {
			t.Errorf("is named %q", me.Name)
		}
		if len(s.rooms) > MaxRooms {
			t.Errorf("is in %d rooms", len(s.rooms))
		}
	})
}

// FuzzForeignText holds that whatever is published on the old channel, what is kept
// of it is text of a bounded length.
func FuzzForeignText(f *testing.F) {
	for _, seed := range []string{
		`{"message":"hi"}`, `{"message":{"b":1,"a":[2]}}`, `{"message":"x","chat":{"id":"1-0"}}`, `{"message":"x","chat":1}`,
		`{"message":"\ud83d"}`, `{"message":1e400}`, `{"message":"` + strings.Repeat("ä", MaxText+1) + `"}`, `[]`, `"chat"`, "\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		text, ok := foreignText(payload)
		switch {
		case !ok && text != "":
			t.Errorf("%q is no message, and says %q", payload, text)
		case utf8.RuneCountInString(text) > MaxText || !utf8.ValidString(text):
			t.Errorf("%q says %q", payload, text)
		}
		if !ok {
			return
		}
		before, behind := OldForm(text)
		if ours := []byte(before + "1-0" + behind); !json.Valid(ours) {
			t.Errorf("%q goes on as %q", payload, ours)
		} else if _, again := foreignText(ours); again {
			t.Errorf("%q would be stored again", ours)
		}
	})
}
