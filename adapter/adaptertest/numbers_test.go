package adaptertest

import (
	"slices"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// TestRoomsThatAreNumbers: to Node the room 123 is not the room "123", to Go there is one of
// that name. It is both of them, whoever is in it and whoever speaks of it.
func TestRoomsThatAreNumbers(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			redis := redistest.Start(t)
			byGo, byNode := startGoServer(t, k, redis.URL(), "numbers"), startNodeIn(t, k, "numbers", with{"url": redis.URL()})
			eventually(t, "two nodes", func() bool { return byGo.serverCount() == 2 && byNode.serverCount() == 2 })
			c := &cluster{t: t, clients: startPeer(t), ids: map[string]string{}}
			for name, n := range map[string]node{"go": byGo, "go, outside": byGo, "node": byNode, "node, outside": byNode} {
				c.connect(name, n.url())
			}
			c.joinByClient("go", "123")
			c.clients.run("await on.clients.node.socket.emitWithAck('join', 123)", nil, nil)
			inside := func(room string, want ...string) {
				t.Helper()
				var got []string
				eventuallyOr(t, func() bool {
					got = nil
					for _, s := range first(byGo.fetch(target{rooms: []string{room}})) {
						got = append(got, s.Query)
					}
					slices.Sort(got)
					return slices.Equal(got, want)
				}, func() { t.Errorf("%q are in %s, want %q", got, room, want) })
			}
			inside("123", "go", "node")
			for _, s := range first(byGo.fetch(target{rooms: []string{"123"}})) {
				if !slices.Contains(s.Rooms, "123") {
					t.Errorf("%s says that it is in %q", s.Query, s.Rooms)
				}
			}

			byGo.emit(target{rooms: []string{"123"}}, "to")
			byGo.emit(target{rooms: []string{"123", "nobody"}}, "to two")
			byGo.emit(target{except: []string{"123"}}, "except")
			byGo.emit(target{}, "last")
			members, others := []any{event("to"), event("to two"), event("last")}, []any{event("except"), event("last")}
			c.expect(map[string][]any{"go": members, "node": members, "go, outside": others, "node, outside": others})

			byNode.run(`on.io.to(123).emit("to");
				on.io.to(123).to("nobody").emit("to two");
				on.io.except(123).emit("except");
				on.io.emit("last");`, nil, nil)
			c.expect(map[string][]any{"go": members, "node": members, "go, outside": others, "node, outside": others})

			both := text([]any{"x", "x"})
			if got := byGo.emitWithAck(target{rooms: []string{"123"}, timeout: 5 * time.Second}, "ask", "x"); text(got.values) != both || got.err != "" {
				t.Errorf("answers to Go: %s, %q", text(got.values), got.err)
			}
			var answered []any
			byNode.run(`return on.io.to(123).timeout(5000).emitWithAck("ask", "x")`, nil, &answered)
			if text(answered) != both {
				t.Errorf("answers to Node: %s", text(answered))
			}
			var found []string
			byNode.run("return (await on.io.in(123).fetchSockets()).map((s) => s.handshake.query.who).sort()", nil, &found)
			if want := []string{"go", "node"}; !slices.Equal(found, want) {
				t.Errorf("Node finds %q, want %q", found, want)
			}

			byNode.run("on.io.in(123).socketsJoin(456)", nil, nil)
			inside("456", "go", "node")
			byNode.run("on.io.in(456).socketsLeave(123)", nil, nil)
			inside("123")
			byGo.join(target{except: []string{"456"}}, "123")
			inside("123", "go, outside", "node, outside")
			byGo.leave(target{}, "456")
			inside("456")
		})
	}
}

func first[A, B any](a A, _ B) A { return a }
