package store

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/redis/rueidis"

	"nudge/server/chat"
)

// peopleKey is where a node keeps who is on it.
func (r *Redis) peopleKey(node string) string { return r.key("people:" + node) }

// introduce writes all who are here anew, and says so with n. What was lost before,
// here or on the way, counts as one change: who did not hear of it sees a gap.
func (r *Redis) introduce(ctx context.Context, client rueidis.Client, n notice) error {
	r.peers.mu.Lock()
	r.peers.seq++
	r.peers.mu.Unlock()
	n.Reset = true
	commands := rueidis.Commands{client.B().Del().Key(r.peopleKey(r.peers.self)).Build()}
	commands = append(commands, r.writePeople(client, r.node.People())...)
	if err := firstError(client.DoMulti(ctx, commands...)); err != nil {
		return err
	}
	return r.beat(ctx, client, n) // now that it can be read
}

// writePeople writes what has become of people here.
func (r *Redis) writePeople(client rueidis.Client, changes map[string]*chat.Standing) (commands rueidis.Commands) {
	key := r.peopleKey(r.peers.self)
	var gone, here []string
	for id, now := range changes {
		if now == nil {
			gone = append(gone, id)
			continue
		}
		text, _ := json.Marshal(now) // strings and numbers: it cannot fail
		here = append(here, id, string(text))
	}
	for ids := range slices.Chunk(gone, peerChunk) {
		commands = append(commands, client.B().Hdel().Key(key).Field(ids...).Build())
	}
	for pairs := range slices.Chunk(here, 2*peerChunk) {
		set := client.B().Hset().Key(key).FieldValue()
		for i := 0; i < len(pairs); i += 2 {
			set = set.FieldValue(pairs[i], pairs[i+1])
		}
		commands = append(commands, set.Build())
	}
	return append(commands, r.lengthenPeople(client)) // or they stay where this node ends now
}

// tell tells what has changed.
func (r *Redis) tell(ctx context.Context, client rueidis.Client) error {
	changes, typing := r.peers.take()
	if len(changes) > 0 {
		n := notice{People: changes}
		if len(changes) > peerChunk {
			n = notice{Reset: true} // to be read where it is kept
		}
		commands := append(rueidis.Commands{r.lengthenPeople(client)}, r.writePeople(client, changes)...)
		results := client.DoMulti(ctx, commands...)
		if err := firstError(results); err != nil {
			return err
		}
		anew, err := r.unlessKept(ctx, client, results[0])
		if err == nil && !anew {
			err = r.beat(ctx, client, n)
		}
		if err != nil {
			return err
		}
	}
	for _, e := range typing {
		if err := r.beat(ctx, client, notice{Typing: &e}); err != nil {
			return err
		}
	}
	return nil
}

// sayOn tells the others that this node lives.
func (r *Redis) sayOn(ctx context.Context, client rueidis.Client) error {
	results := client.DoMulti(ctx, r.sayAlive(client, notice{})...)
	if err := firstError(results); err != nil {
		return err
	}
	_, err := r.unlessKept(ctx, client, results[0])
	return err
}

// unlessKept writes anew who is here, where Redis had them no longer when their time was
// lengthened: this node may have hung until they expired.
func (r *Redis) unlessKept(ctx context.Context, client rueidis.Client, lengthened rueidis.RedisResult) (anew bool, err error) {
	kept, err := lengthened.AsBool()
	if err != nil || kept || len(r.node.People()) == 0 {
		return false, err
	}
	return true, r.introduce(ctx, client, notice{})
}

// beat tells the others something.
func (r *Redis) beat(ctx context.Context, client rueidis.Client, n notice) error {
	return firstError(client.DoMulti(ctx, r.sayAlive(client, n)...))
}

// sayAlive tells the others something, if only that this node lives, and keeps its people.
func (r *Redis) sayAlive(client rueidis.Client, n notice) rueidis.Commands {
	n.Node = r.peers.self
	if n.People == nil && n.Typing == nil {
		n.Terms = &r.peers.roster.terms
	}
	r.peers.mu.Lock()
	n.Seq = r.peers.seq
	r.peers.mu.Unlock()
	text, _ := json.Marshal(n) // strings and numbers: it cannot fail
	return rueidis.Commands{
		r.lengthenPeople(client),
		client.B().Publish().Channel(r.key("peers")).Message(string(text)).Build(),
	}
}

// lengthenPeople has Redis keep those here for longer; false: it has none.
func (r *Redis) lengthenPeople(client rueidis.Client) rueidis.Completed {
	return client.B().Pexpire().Key(r.peopleKey(r.peers.self)).Milliseconds(peerSilent.Milliseconds()).Build()
}

func firstError(results []rueidis.RedisResult) error {
	for _, result := range results {
		if err := result.Error(); err != nil {
			return err
		}
	}
	return nil
}

// leavePeers says goodbye.
func (r *Redis) leavePeers(ctx context.Context, client rueidis.Client) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.farewell())
	defer cancel()
	_ = client.Do(ctx, client.B().Del().Key(r.peopleKey(r.peers.self)).Build()).Error() // it expires else
	_ = r.beat(ctx, client, notice{Gone: true})
}
