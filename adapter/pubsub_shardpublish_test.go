package adapter

import (
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// TestWhatAMasterTookIsNotSentToTheNext: while a slot migrates, messages go one by one. One
// that its master took before the slot was gone, for which the first of these two stands, is
// not sent to the next master as the other is.
func TestWhatAMasterTookIsNotSentToTheNext(t *testing.T) {
	redis := redistest.StartCluster(t)
	redis.AwaitWhole()
	p := newTestPubsub(t, redis.URL(), func(cfg *ClusterConfig) { cfg.shardsOnly = true })
	master := redis.Master("here")
	here, gone := servedBy(redis, master, true)(), servedBy(redis, master, false)()
	var got heard
	p.testSubscribe(t, &got, here)
	sh := p.currentShards()
	queue := newOutbox(10, 1000, time.Hour, func([]*publication) {})
	defer queue.empty()
	for _, to := range []topic{here, gone} {
		if err := queue.put(&publication{channel: to.name, shard: true, payload: []byte("x"), at: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	sender := newShardSender(sh, queue)
	if err := sender.take(t.Context(), queue.take()); err != nil {
		t.Fatal(err)
	}
	of := &slotQueue{slot: sh.slot(gone), migrates: true}
	run := slotRun{of: of}
	for _, q := range sender.order {
		run.messages = append(run.messages, q.waiting.pop())
	}
	owner, _ := sh.wayOf(sh.slot(here))

	_ = sender.fly(t.Context(), &flight{addr: owner, runs: []slotRun{run}})
	got.await(t, here.name+" x")
	if n := of.waiting.len(); n != 1 || of.waiting.front().channel != gone.name {
		t.Errorf("%d messages are sent again, 1 was not taken", n)
	}
	if held, _ := queue.size(); held != 1 {
		t.Errorf("%d messages are held, 1 was not taken", held)
	}
}
