package adapter

import (
	"regexp"
	"strconv"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

var sentOn = regexp.MustCompile(`cmdstat_exists:.*rejected_calls=(\d+)`)

// timesSentOn is how often nodes of a cluster have said that another one serves a slot.
func timesSentOn(t *testing.T, nodes []*redistest.Server) (times int) {
	t.Helper()
	for _, n := range nodes {
		if found := sentOn.FindStringSubmatch(n.Do("INFO", "commandstats")); found != nil {
			of, err := strconv.Atoi(found[1])
			if err != nil {
				t.Fatal(err)
			}
			times += of
		}
	}
	return times
}

// TestAHungMasterIsAskedForNowAndThen: while a master is away and none takes its place, the
// others are not asked for another one without a pause: neither for a room that is joined nor
// for a message.
func TestAHungMasterIsAskedForNowAndThen(t *testing.T) {
	const long = 2 * time.Second
	for name, want := range map[string]func(t *testing.T, p *pubsub, away topic){
		"a room":    func(_ *testing.T, p *pubsub, away topic) { p.begin(newLane(p.log, p.lanes), (&heard{}).add, away) },
		"a message": func(_ *testing.T, p *pubsub, away topic) { p.publishShard(away.name, []byte("stuck")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			redis := startLastingCluster(t)
			p := newTestPubsub(t, redis.URL(), func(cfg *ClusterConfig) { cfg.shardsOnly, cfg.QueueWait = true, time.Minute })
			hung := redis.Master(p.cfg.Key)
			away, well := servedBy(redis, hung, true)(), servedBy(redis, hung, false)()
			p.testSubscribe(t, &heard{}, well)
			var others []*redistest.Server
			for _, n := range redis.Nodes() {
				if n != hung {
					others = append(others, n)
				}
			}
			hung.Pause()
			defer hung.Resume()
			sh := p.currentShards()
			awaitThat(t, "master that is away", func() bool {
				want(t, p, away)       // what is on its way is not waited for any longer then
				time.Sleep(shardRetry) // the load
				return sh.isAway(away)
			})
			before := timesSentOn(t, others)
			start := time.Now()
			time.Sleep(long) // what is counted is counted for so long
			asked, most := timesSentOn(t, others)-before, int(time.Since(start)/shardRetry)+2
			if asked > most {
				t.Errorf("they were asked %d times in %s, %d are enough", asked, time.Since(start), most)
			} else {
				t.Logf("they were asked %d times in %s", asked, time.Since(start))
			}
		})
	}
}
