package adapter

import (
	"fmt"
	"testing"

	"nudge/adapter/adaptertest/redistest"
)

// BenchmarkSubscribeBesideMany joins and leaves a room beside those that are joined
// already: it costs the same, however many these are.
func BenchmarkSubscribeBesideMany(b *testing.B) {
	cluster := redistest.StartCluster(b)
	for name, url := range map[string]string{"one server": redistest.Start(b).URL(), "a Redis Cluster": cluster.URL()} {
		for _, many := range []int{100, 10_000, 50_000} {
			b.Run(fmt.Sprintf("%s/%d", name, many), func(b *testing.B) {
				p := newTestPubsub(b, url, func(cfg *ClusterConfig) { cfg.shardsOnly = true })
				topics := make([]topic, many)
				for i := range topics {
					topics[i] = topic{topicShard, fmt.Sprint("room ", i)}
				}
				var got heard
				l := newLane(p.log, p.lanes)
				s := p.begin(l, got.add, topics...)
				awaitThat(b, "confirmation", func() bool { return s.await(b.Context()) == nil })
				for n := 0; b.Loop(); n++ {
					one, err := p.subscribe(b.Context(), l, got.add, topic{topicShard, fmt.Sprint("one more ", n)})
					if err != nil {
						b.Fatal(err)
					}
					one.end()
				}
			})
		}
	}
}
