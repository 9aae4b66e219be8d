package store

import (
	"context"
	"crypto/sha1" //nolint:gosec // what Redis names scripts by
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

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
			switch {
			case result.err == nil:
				first, _, _ := strings.Cut(result.id, "-")
				ms, _ := strconv.ParseInt(first, 10, 64)
				r.queue.settle(batch[i], chat.Receipt{ID: result.id, Time: ms}, nil)
			case isRedisError(result.err):
				r.queue.noted(batch[i], result.err)
				failed = result.err
			default:
				r.queue.sent(batch[i], result.err)
				failed = result.err
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

// outcome is what a call answered.
type outcome struct {
	id  string
	err error
}

// call runs the script for each of calls, in order. Where Redis does not know the
// script it runs none of them, and they are sent with its text.
func (r *Redis) call(ctx context.Context, client rueidis.Client, calls []call) []outcome {
	outcomes := r.transact(ctx, client, calls, false)
	if e, ok := rueidis.IsRedisErr(outcomes[0].err); ok && e.IsNoScript() {
		outcomes = r.transact(ctx, client, calls, true)
	}
	return outcomes
}

// transact runs calls as one transaction. Else another node could have Redis learn the
// script, or a master become a replica, between two of them: the later would be stored,
// and the earlier after it.
func (r *Redis) transact(ctx context.Context, client rueidis.Client, calls []call, withText bool) []outcome {
	commands := make(rueidis.Commands, 0, len(calls)+2)
	commands = append(commands, client.B().Multi().Build())
	for i, c := range calls {
		if withText && i == 0 { // the others know it from here
			commands = append(commands, client.B().Eval().Script(appendScript).Numkeys(8).Key(r.keysOf(c)...).Arg(r.argsOf(c)...).Build())
			continue
		}
		commands = append(commands, client.B().Evalsha().Sha1(appendSHA).Numkeys(8).Key(r.keysOf(c)...).Arg(r.argsOf(c)...).Build())
	}
	commands = append(commands, client.B().Exec().Build())
	results := client.DoMulti(ctx, commands...)
	outcomes := make([]outcome, len(calls))
	if results[0].Error() != nil { // no transaction: each call counts for itself
		for i := range calls {
			outcomes[i].id, outcomes[i].err = results[i+1].ToString()
		}
		return outcomes
	}
	executed, err := results[len(results)-1].ToArray()
	if err == nil && len(executed) != len(calls) {
		err = fmt.Errorf("%d answers to %d calls", len(executed), len(calls))
	}
	for i := range calls {
		switch refused := results[i+1].Error(); {
		case err == nil:
			outcomes[i].id, outcomes[i].err = executed[i].ToString()
		case isRedisError(err) && isRedisError(refused): // says why
			outcomes[i].err = refused
		default:
			outcomes[i].err = err
		}
	}
	return outcomes
}

func (r *Redis) keysOf(c call) []string {
	return []string{r.key("log"), r.key("room:" + c.room), r.key("keys"), r.key("order"), r.key("rooms"), r.key("keeper"), r.key("count"), r.key("sizes")}
}

func (r *Redis) argsOf(c call) []string {
	return []string{
		c.kind, c.mark, c.room, c.message, c.hash,
		strconv.Itoa(r.cfg.Length), millis(r.cfg.Age),
		strconv.Itoa(r.cfg.Bytes), strconv.Itoa(r.cfg.Bytes / roomShare),
		strconv.Itoa(logLength), strconv.Itoa(logBytes), millis(r.cfg.logAge), strconv.Itoa(keptKeys), millis(r.cfg.keyAge), strconv.Itoa(keptRooms),
		r.key("room:"), c.channel, c.before, c.behind,
	}
}

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
