package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"nudge/server/chat"
)

// readBlock is how long one read of the log waits, readBatch how much it takes.
const (
	readBlock = 1000 // ms
	readBatch = 256
)

// position is how far the log has been delivered.
type position struct {
	mu    sync.Mutex
	known bool // there was a connection once
	id    string
	n     int64 // the number of that message
	moved chan struct{}
}

func (p *position) init() { p.moved = make(chan struct{}) }

func (p *position) get() (id string, n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.id, p.n
}

func (p *position) set(id string, n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known, p.id, p.n = true, id, n
	close(p.moved)
	p.moved = make(chan struct{})
}

// reached waits until the log has been delivered to an id, the n-th.
func (p *position) reached(ctx context.Context, id string, n int64) error {
	for {
		p.mu.Lock()
		there, moved := chat.CompareIDs(p.id, id) >= 0 && (id != noID || p.n >= n), p.moved
		p.mu.Unlock()
		if there {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// noID is before all ids.
const noID = "0-0"

// top is the newest message of the log, and its number: noID where the log keeps none,
// and then that of the last there was.
func (r *Redis) top(ctx context.Context, client rueidis.Client) (id string, n int64, err error) {
	results := client.DoMulti(ctx,
		client.B().Get().Key(r.key("count")).Build(), // first: a message may come between
		client.B().Xrevrange().Key(r.key("log")).End("+").Start("-").Count(1).Build())
	entries, err := results[1].AsXRange()
	if err != nil {
		return "", 0, err
	}
	if len(entries) > 0 {
		n, _ = strconv.ParseInt(entries[0].FieldValues["n"], 10, 64)
		return entries[0].ID, n, nil
	}
	n, err = results[0].AsInt64()
	if rueidis.IsRedisNil(err) {
		err = nil
	}
	return noID, n, err
}

// findPlace finds where to read on: the first time at the log's end, later where it
// was left.
func (r *Redis) findPlace(ctx context.Context, client rueidis.Client) error {
	id, n, err := r.top(ctx, client)
	if err != nil {
		return err
	}
	last, lastN := r.position.get()
	switch {
	case last == "":
		if err := r.recallForeign(ctx, client, id); err != nil {
			return err
		}
		r.position.set(id, n)
	case id == noID && n >= lastN:
		r.expired(last, lastN, n)
	case chat.CompareIDs(id, last) < 0: // Redis has lost some of the log
		r.position.set(id, n)
		r.gap()
	}
	return nil
}

// expired takes that nothing is in the log, and which was the last that was.
func (r *Redis) expired(last string, lastN, n int64) {
	if n <= lastN {
		return
	}
	r.foreign.doubt()
	r.position.set(last, n) // what comes has a later id, still
	r.gap()
}

// recallForeign looks which messages that others published were in the log before this
// node read it.
func (r *Redis) recallForeign(ctx context.Context, client rueidis.Client, top string) error {
	const most = 1000
	entries, err := client.Do(ctx, client.B().Xrevrange().Key(r.key("log")).End(top).Start("-").Count(most).Build()).AsXRange()
	var hashes []string
	for _, entry := range entries {
		if hash := entry.FieldValues["hash"]; hash != "" {
			hashes = append(hashes, hash)
		}
	}
	r.foreign.recall(hashes)
	return err
}

// gap says that messages were not delivered.
func (r *Redis) gap() {
	r.lost.Add(1)
	r.cfg.Logger.Warn("the place in the chat's log is gone: clients are told to ask for the history")
	r.node.Resync()
}

// read delivers the log as it grows.
func (r *Redis) read(ctx context.Context, client rueidis.Client) error {
	for {
		last, n := r.position.get()
		command := client.B().Xread().Count(readBatch).Block(readBlock).Streams().Key(r.key("log")).Id(last).Build()
		streams, err := client.Do(ctx, command).AsXRead()
		if rueidis.IsRedisNil(err) {
			id, top, err := r.top(ctx, client)
			if err != nil {
				return err
			}
			if id == noID {
				r.expired(last, n, top)
			}
			continue
		}
		if err != nil {
			return err
		}
		for _, entries := range streams {
			last, n = r.take(entries, last, n)
		}
		r.position.set(last, n)
	}
}

// take delivers some entries of the log. Where some are missing, clients are told before
// they get what follows: they take a message for the one behind their last.
func (r *Redis) take(entries []rueidis.XRangeEntry, last string, n int64) (string, int64) {
	messages := make([]chat.Message, 0, len(entries))
	missed := false
	for _, entry := range entries {
		number, err := strconv.ParseInt(entry.FieldValues["n"], 10, 64)
		if (err != nil || number != n+1) && !missed {
			missed = true // what is missing later is in the history, too, by now
			r.deliver(messages)
			messages = messages[:0:0]
			r.gap()
		}
		if number > n+1 { // a lower one: Redis has lost some, and this node has seen the rest
			r.foreign.doubt()
		}
		last, n = entry.ID, number
		message, ok := messageOf(entry.ID, entry.FieldValues["room"], entry.FieldValues["message"])
		if !ok {
			continue
		}
		if hash := entry.FieldValues["hash"]; hash != "" {
			r.foreign.stored(hash)
		}
		messages = append(messages, message)
	}
	r.deliver(messages)
	return last, n
}

func (r *Redis) deliver(messages []chat.Message) {
	if len(messages) > 0 {
		r.node.Deliver(messages)
	}
}

// body is a message in a stream, whose id and room are known.
type body struct {
	From *chat.Person `json:"from,omitempty"`
	Text string       `json:"text"`
	Key  string       `json:"key,omitempty"`
}

// messageOf is the message of an entry; ok is false for what is none.
func messageOf(id, room, entry string) (m chat.Message, ok bool) {
	var b body
	if json.Unmarshal([]byte(entry), &b) != nil {
		return m, false
	}
	first, _, _ := strings.Cut(id, "-")
	ms, err := strconv.ParseInt(first, 10, 64)
	return chat.Message{ID: id, Room: room, Time: ms, From: b.From, Text: b.Text, Key: b.Key}, err == nil
}

// pageWait bounds how long a read of the history takes.
const pageWait = 3 * time.Second

// Page implements chat.Store.
func (r *Redis) Page(ctx context.Context, q chat.Query) (chat.Page, error) {
	client, err := r.connected()
	if err != nil {
		return chat.Page{}, err
	}
	if r.cfg.Length <= 0 {
		return chat.Page{Gap: q.After != ""}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, pageWait)
	defer cancel()
	key, count := r.key("room:"+q.Room), int64(q.Last)+1
	horizon := strconv.FormatInt(time.Now().Add(-r.cfg.Age).UnixMilli(), 10)
	if q.After != "" {
		return r.after(ctx, client, q, key, horizon, count)
	}
	end := "+"
	if q.Before != "" {
		if chat.CompareIDs(q.Before, noID) == 0 { // Redis takes it for an error
			return chat.Page{}, nil
		}
		end = "(" + q.Before
	}
	entries, err := client.Do(ctx, client.B().Xrevrange().Key(key).End(end).Start(horizon).Count(count).Build()).AsXRange()
	if err != nil {
		return chat.Page{}, unavailable(err)
	}
	more := len(entries) > q.Last
	entries = entries[:min(len(entries), q.Last)]
	slices.Reverse(entries)
	return chat.Page{Messages: messagesOf(q.Room, entries), More: more}, nil
}

// after reads what follows an id. Where that itself is kept no longer, so may be what
// followed it.
func (r *Redis) after(ctx context.Context, client rueidis.Client, q chat.Query, key, horizon string, count int64) (chat.Page, error) {
	start := q.After
	if chat.CompareIDs(horizon+"-0", start) > 0 {
		start = horizon
	}
	entries, err := client.Do(ctx, client.B().Xrange().Key(key).Start(start).End("+").Count(count+1).Build()).AsXRange()
	if err != nil {
		return chat.Page{}, unavailable(err)
	}
	gap := len(entries) == 0 || entries[0].ID != q.After
	if !gap {
		entries = entries[1:]
	}
	more := len(entries) > q.Last
	return chat.Page{Messages: messagesOf(q.Room, entries[:min(len(entries), q.Last)]), More: more, Gap: gap}, nil
}

func messagesOf(room string, entries []rueidis.XRangeEntry) []chat.Message {
	messages := make([]chat.Message, 0, len(entries))
	for _, entry := range entries {
		if m, ok := messageOf(entry.ID, room, entry.FieldValues["message"]); ok {
			messages = append(messages, m)
		}
	}
	return messages
}

func unavailable(err error) error { return fmt.Errorf("%w: %w", chat.ErrUnavailable, err) }
