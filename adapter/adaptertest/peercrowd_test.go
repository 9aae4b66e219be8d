package adaptertest

import "testing"

// peerCrowd are stock clients in a process of Node.
type peerCrowd struct{ *peer }

func (c peerCrowd) connect(t testing.TB, name, url string) (id string) {
	t.Helper()
	c.run("return on.client({ name, url, options: { query: { who: name } } })", with{"name": name, "url": url}, &id)
	return id
}

func (c peerCrowd) join(t testing.TB, name, room string) {
	t.Helper()
	c.run("await on.clients[name].socket.emitWithAck('join', room)", with{"name": name, "room": room}, nil)
}

func (c peerCrowd) got(t testing.TB, name string) []any {
	t.Helper()
	var got []any
	c.run("return on.clients[name].got", with{"name": name}, &got)
	return got
}

func (c peerCrowd) forget(t testing.TB) {
	t.Helper()
	c.run("for (const name in on.clients) on.clients[name].got = []", nil, nil)
}

func (c peerCrowd) closed(t testing.TB, name string) (why string) {
	t.Helper()
	c.run("return on.clients[name].closed ?? ''", with{"name": name}, &why)
	return why
}
