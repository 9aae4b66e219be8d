package adaptertest

import (
	"testing"

	"nudge/adapter/adaptertest/redistest"
)

// TestKeyOrder: the keys of an object that a server of Node broadcasts reach the clients
// of servers of Go in Node's order, as they reach Node's own.
func TestKeyOrder(t *testing.T) {
	redis := redistest.Start(t)
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			key := "order " + k.name
			here, node := startGoServer(t, k, redis.URL(), key), startNodeIn(t, k, key, with{"url": redis.URL()})
			eventually(t, "two nodes", func() bool { return here.serverCount() == 2 && node.serverCount() == 2 })
			c := &cluster{t: t, clients: startPeer(t), ids: map[string]string{}}
			c.connect("at Go", here.url())
			c.connect("at Node", node.url())
			// Integers come first, by their size; the others as they were made.
			node.run(`const value = { z: 1, a: { y: [{ d: 1, c: 2, 10: 3, 9: 4 }], x: "ü" }, "": 5, 2: 6, 1: 7, "-1": 8, "01": 9, __proto__x: 10 };
				on.io.emit("text", value, { b: [], a: {} });
				on.io.emit("binary", { z: Buffer.from([1]), 5: [{ q: 1, p: Buffer.from([2]) }], a: value });
				on.io.emit("end");`, nil, nil)
			var want string
			for _, name := range []string{"at Node", "at Go"} {
				var got string
				eventually(t, "all events "+name, func() bool {
					c.clients.run("const { got } = on.clients[name]; return got.length === 3 ? JSON.stringify(got) : ''", with{"name": name}, &got)
					return got != ""
				})
				if want == "" {
					want = got
				}
				if got != want {
					t.Errorf("%s: %s, want %s", name, got, want)
				}
			}
		})
	}
}
