package bench

import (
	"net"
	"time"
)

// writeTimeout bounds a write to a server that does not read.
const writeTimeout = 10 * time.Second

// netLink writes to connections that have a goroutine each.
type netLink struct{ conn net.Conn }

func (l netLink) write(data []byte) error {
	if err := l.conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	_, err := l.conn.Write(data)
	return err
}

func (l netLink) close() { _ = l.conn.Close() }

// read reads a client until it ends.
func (w *worker) read(c *client, conn net.Conn) {
	buf := make([]byte, 4<<10)
	for {
		n, err := conn.Read(buf)
		w.mu.Lock()
		w.feed(c, buf[:n])
		if err != nil {
			w.drop(c, err)
		}
		gone := c.gone
		w.mu.Unlock()
		if gone {
			return
		}
	}
}
