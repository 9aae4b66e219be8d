package store

import (
	"context"
	"crypto/sha1" //nolint:gosec // what Redis names scripts by
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/redis/rueidis"

	"nudge/server/chat"
)

//go:embed append.lua
var appendScript string

var appendSHA = func() string {
	sum := sha1.Sum([]byte(appendScript)) //nolint:gosec // see above
	return hex.EncodeToString(sum[:])
}()

// writeBatch is how many messages one pipeline stores.
const writeBatch = 64

// call is one run of the script.
type call struct {
	kind, mark, room, message, hash string
	channel, before, behind         string
}

// write stores what waits. A message whose outcome is unknown is stored again: by its
// key it is there once.
func (r *Redis) write(ctx context.Context, client rueidis.Client) error {
	for {
		batch := r.queue.take(writeBatch)
		if len(batch) == 0 {
			select {
			case <-r.queue.wake:
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		calls := make([]call, len(batch))
		for i, w := range batch {
			calls[i] = r.callOf(w.draft)
		}
		var failed error
		for i, result := range r.call(ctx, client, calls) {
			id, err := result.ToString()
			switch {
			case err == nil:
				first, _, _ := strings.Cut(id, "-")
				ms, _ := strconv.ParseInt(first, 10, 64)
				r.queue.settle(batch[i], chat.Receipt{ID: id, Time: ms}, nil)
			case isRedisError(err):
				r.queue.noted(batch[i], err)
				failed = err
			default:
				r.queue.sent(batch[i], err)
				failed = err
			}
		}
		if failed != nil {
			return failed
		}
	}
}

func (r *Redis) callOf(d chat.Draft) call {
	c := call{kind: "chat", mark: d.From.ID + " " + d.Key, room: d.Room, message: encode(body{From: &d.From, Text: d.Text, Key: d.Key})}
	if d.Room == chat.Lobby {
		c.channel = r.cfg.Channel
		c.before, c.behind = chat.OldForm(d.Text)
	}
	return c
}

func encode(b body) string {
	text, _ := json.Marshal(b) // strings: it cannot fail
	return string(text)
}

// call runs the script for each of calls, in order.
func (r *Redis) call(ctx context.Context, client rueidis.Client, calls []call) []rueidis.RedisResult {
	commands := make(rueidis.Commands, len(calls))
	for i, c := range calls {
		commands[i] = client.B().Evalsha().Sha1(appendSHA).Numkeys(7).Key(r.keysOf(c)...).Arg(r.argsOf(c)...).Build()
	}
	results := client.DoMulti(ctx, commands...)
	// Redis has forgotten the script, or never knew it: none of the calls before one
	// that it did not know can have come after it, so the order is kept.
	for i, result := range results {
		if e, ok := rueidis.IsRedisErr(result.Error()); ok && e.IsNoScript() {
			c := calls[i]
			results[i] = client.Do(ctx, client.B().Eval().Script(appendScript).Numkeys(7).Key(r.keysOf(c)...).Arg(r.argsOf(c)...).Build())
		}
	}
	return results
}

func (r *Redis) keysOf(c call) []string {
	return []string{r.key("log"), r.key("room:" + c.room), r.key("keys"), r.key("order"), r.key("rooms"), r.key("keeper"), r.key("count")}
}

func (r *Redis) argsOf(c call) []string {
	return []string{
		c.kind, c.mark, c.room, c.message, c.hash,
		strconv.Itoa(r.cfg.Length), strconv.FormatInt(r.cfg.Age.Milliseconds(), 10),
		strconv.Itoa(logLength), strconv.Itoa(keptKeys), strconv.Itoa(keptRooms),
		r.key("room:"), c.channel, c.before, c.behind,
	}
}
