package main

import (
	"net"
	"slices"
	"sync"
)

// hub has all clients.
type hub struct {
	mu      sync.Mutex
	conns   []net.Conn
	waiting chan []byte // frames for run; nil where each is written at once
}

// maxWaiting is how many messages may wait for a batch.
const maxWaiting = 1024

func newHub(batch bool) *hub {
	h := &hub{}
	if batch {
		h.waiting = make(chan []byte, maxWaiting)
		go h.run()
	}
	return h
}

// welcome answers a client, which gets every message from then on.
func (h *hub) welcome(conn net.Conn, answer []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.conns = append(h.conns, conn)
	_, err := conn.Write(answer)
	return err
}

func (h *hub) remove(conn net.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if i := slices.Index(h.conns, conn); i >= 0 {
		h.conns = slices.Delete(h.conns, i, i+1)
	}
}

// deliver writes a frame to every client, or leaves it to run.
func (h *hub) deliver(frame []byte) {
	if h.waiting != nil {
		h.waiting <- frame
		return
	}
	h.write(frame)
}

// write writes bytes to every client, with one write each.
func (h *hub) write(data []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, conn := range h.conns {
		_, _ = conn.Write(data) // who reads from it notices its end
	}
}

// run writes what came during one round together in the next.
func (h *hub) run() {
	var batch []byte
	for frame := range h.waiting {
		batch = append(batch[:0], frame...)
		for range len(h.waiting) {
			batch = append(batch, <-h.waiting...)
		}
		h.write(batch)
	}
}
