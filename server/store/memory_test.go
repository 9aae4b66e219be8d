package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nudge/server/chat"
)

// memoryWith is a Memory and what it has delivered.
func memoryWith(cfg MemoryConfig) (m *Memory, delivered *[]chat.Message) {
	delivered = &[]chat.Message{}
	cfg.Deliver = func(messages []chat.Message) { *delivered = append(*delivered, messages...) }
	return NewMemory(cfg), delivered
}

// say stores a message, and returns its receipt.
func say(t *testing.T, s chat.Store, room, who, key, text string) chat.Receipt {
	t.Helper()
	var receipt chat.Receipt
	answers := 0
	s.Append(chat.Draft{Room: room, Key: key, From: chat.Person{ID: who}, Text: text}, func(r chat.Receipt, err error) {
		answers++
		if receipt = r; err != nil {
			t.Errorf("%s: %v", text, err)
		}
	})
	if answers != 1 {
		t.Errorf("%s: %d answers", text, answers)
	}
	return receipt
}

// kept are the texts of a page.
func kept(t *testing.T, s chat.Store, q chat.Query) (texts []string, page chat.Page) {
	t.Helper()
	page, err := s.Page(t.Context(), q)
	if err != nil {
		t.Errorf("%+v: %v", q, err)
	}
	for _, m := range page.Messages {
		texts = append(texts, m.Text)
	}
	return texts, page
}

// TestMemoryOrder: messages of all rooms and of both kinds are delivered in the one
// order of their ids, also where the clock stands still or goes back.
func TestMemoryOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var old []string
		m, delivered := memoryWith(MemoryConfig{Length: 10, Old: func(payload []byte) { old = append(old, string(payload)) }})
		for i := range 6 {
			switch i % 3 {
			case 0:
				say(t, m, chat.Lobby, "ann", fmt.Sprint(i), fmt.Sprint(i))
			case 1:
				say(t, m, "other", "ann", fmt.Sprint(i), fmt.Sprint(i))
			case 2:
				m.Foreign([]chat.Foreign{{Text: fmt.Sprint(i)}})
				time.Sleep(time.Millisecond)
			}
		}
		for i, message := range *delivered {
			if message.Text != fmt.Sprint(i) || i > 0 && chat.CompareIDs((*delivered)[i-1].ID, message.ID) >= 0 {
				t.Errorf("%d is %+v", i, message)
			}
		}
		if len(*delivered) != 6 {
			t.Errorf("delivered %+v", *delivered)
		}
		// What was said in the lobby went on in the old form, with its id.
		want := []string{
			`{"message":"0","chat":{"id":"` + (*delivered)[0].ID + `"}}`,
			`{"message":"3","chat":{"id":"` + (*delivered)[3].ID + `"}}`,
		}
		if !slices.Equal(old, want) {
			t.Errorf("the old channel got %q, want %q", old, want)
		}
	})
}

// TestMemoryKeys: a key is known again for a day, and where messages are kept for longer
// for as long; of the same sender alone.
func TestMemoryKeys(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct{ age, known time.Duration }{{time.Minute, day}, {day, day}, {3 * day, 3 * day}} {
		synctest.Test(t, func(t *testing.T) {
			m, delivered := memoryWith(MemoryConfig{Length: 10, Age: c.age})
			first := say(t, m, "a", "ann", "k", "1")
			for _, test := range []struct {
				what, who, key string
				after          time.Duration
				again          bool
			}{
				{"at once", "ann", "k", 0, true},
				{"another key", "ann", "l", 0, false},
				{"someone else", "ben", "k", 0, false},
				{"at last", "ann", "k", c.known, true},
				{"and then", "ann", "k", c.known + time.Millisecond, false},
			} {
				synctestAt(first, test.after)
				before := len(*delivered)
				got := say(t, m, "a", test.who, test.key, test.what)
				if (got == first) != test.again || (len(*delivered) == before) != test.again {
					t.Errorf("kept for %s, %s: %+v, the first is %+v, and %d are new", c.age, test.what, got, first, len(*delivered)-before)
				}
			}
			if len(m.keys) != 1 || len(m.order) != 1 {
				t.Errorf("kept for %s: %d keys are known, in order %d", c.age, len(m.keys), len(m.order))
			}
		})
	}
}

// synctestAt waits until some time after a receipt, if that is still to come.
func synctestAt(r chat.Receipt, after time.Duration) {
	time.Sleep(time.Until(time.UnixMilli(r.Time).Add(after)))
}

// TestMemoryPages: pages by the newest, before and after an id, at all the edges.
func TestMemoryPages(t *testing.T) {
	m, _ := memoryWith(MemoryConfig{Length: 5})
	ids := map[string]string{"none": "1-0", "future": "99999999999999-0", "zero": "0-0"}
	for i := range 7 { // 0 and 1 are kept no longer
		text := fmt.Sprint(i)
		ids[text] = say(t, m, "a", "ann", text, text).ID
	}
	for _, test := range []struct {
		room, before, after string
		last                int
		want                string
		more, gap           bool
	}{
		{"a", "", "", 100, "23456", false, false},
		{"a", "", "", 5, "23456", false, false},
		{"a", "", "", 2, "56", true, false},
		{"a", "5", "", 2, "34", true, false},
		{"a", "5", "", 3, "234", false, false},
		{"a", "2", "", 3, "", false, false},
		{"a", "0", "", 3, "", false, false},
		{"a", "zero", "", 3, "", false, false},
		{"a", "future", "", 1, "6", true, false},
		{"a", "", "3", 100, "456", false, false},
		{"a", "", "3", 2, "45", true, false},
		{"a", "", "6", 2, "", false, false},
		{"a", "", "1", 2, "23", true, true},
		{"a", "", "none", 100, "23456", false, true},
		{"a", "", "zero", 100, "23456", false, true},
		{"a", "", "future", 2, "", false, true},
		{"b", "", "", 2, "", false, false},
		{"b", "", "3", 2, "", false, true},
	} {
		texts, page := kept(t, m, chat.Query{Room: test.room, Before: ids[test.before], After: ids[test.after], Last: test.last})
		if got := strings.Join(texts, ""); got != test.want || page.More != test.more || page.Gap != test.gap {
			t.Errorf("%+v: %q, more %t, gap %t", test, got, page.More, page.Gap)
		}
	}
}

func TestMemoryAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, _ := memoryWith(MemoryConfig{Length: 5, Age: time.Minute})
		first := say(t, m, "a", "ann", "1", "1")
		time.Sleep(40 * time.Second)
		say(t, m, "a", "ann", "2", "2")
		time.Sleep(40 * time.Second)
		if texts, page := kept(t, m, chat.Query{Room: "a", After: first.ID, Last: 10}); !slices.Equal(texts, []string{"2"}) || !page.Gap {
			t.Errorf("after the first are %q, gap %t", texts, page.Gap)
		}
		time.Sleep(time.Minute)
		if texts, _ := kept(t, m, chat.Query{Room: "a", Last: 10}); len(texts) != 0 || len(m.rooms) != 0 || m.bytes != 0 {
			t.Errorf("it has %q, %d rooms, %d bytes", texts, len(m.rooms), m.bytes)
		}
	})
}

// TestMemoryAgesAtOnce: what is over its time before it is stored does no harm.
func TestMemoryAgesAtOnce(t *testing.T) {
	m, delivered := memoryWith(MemoryConfig{Length: 5, Age: -time.Hour})
	say(t, m, "a", "ann", "1", "1")
	say(t, m, chat.Lobby, "ann", "2", "2")
	if len(*delivered) != 2 || len(m.rooms) != 0 || len(m.keys) != 2 || len(m.order) != 2 || m.bytes != 0 {
		t.Errorf("delivered %+v, keeps %d rooms, %d keys", *delivered, len(m.rooms), len(m.keys))
	}
}

// TestMemoryIsBounded: rooms, bytes and keys; the lobby goes last.
func TestMemoryIsBounded(t *testing.T) {
	m, _ := memoryWith(MemoryConfig{Length: 2})
	say(t, m, chat.Lobby, "ann", "k", "lobby")
	for i := range memoryRooms + 10 {
		say(t, m, fmt.Sprint("r", i), "ann", fmt.Sprint(i), "x")
	}
	if len(m.rooms) != memoryRooms || m.rooms[chat.Lobby] == nil || m.rooms["r0"] != nil || m.rooms[fmt.Sprint("r", memoryRooms+9)] == nil {
		t.Errorf("%d rooms are kept", len(m.rooms))
	}
	for i := range keptKeys {
		say(t, m, chat.Lobby, "ben", fmt.Sprint(i), "x")
	}
	if len(m.keys) != keptKeys || len(m.order) != keptKeys {
		t.Errorf("%d keys are kept, in order %d", len(m.keys), len(m.order))
	}
	if texts, _ := kept(t, m, chat.Query{Room: chat.Lobby, Last: 10}); len(texts) != 2 {
		t.Errorf("the lobby keeps %q", texts)
	}
}

// TestMemoryWithoutHistory: messages are delivered, and known again, but not kept.
func TestMemoryWithoutHistory(t *testing.T) {
	m, delivered := memoryWith(MemoryConfig{})
	first := say(t, m, "a", "ann", "k", "x")
	again := say(t, m, "a", "ann", "k", "x")
	if texts, page := kept(t, m, chat.Query{Room: "a", After: first.ID, Last: 5}); len(texts) != 0 || !page.Gap || again != first || len(*delivered) != 1 {
		t.Errorf("keeps %q, gap %t, %+v and %+v, delivered %d", texts, page.Gap, first, again, len(*delivered))
	}
}
