//go:build unix

package redistest

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"strconv"
)

// unsubscribe ends all subscriptions of a connection.
const unsubscribe = "*1\r\n$11\r\nUNSUBSCRIBE\r\n*1\r\n$12\r\nPUNSUBSCRIBE\r\n*1\r\n$12\r\nSUNSUBSCRIBE\r\n"

// Forget ends all subscriptions of the connections there are, which must be idle and
// speak RESP 3, without the client's knowledge: the server is told to, and of what it
// pushes nothing passes any more. All else does, and later connections are well.
func (p *Proxy) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for server := range p.servers {
		p.servers[server] = true
		_, _ = server.Write([]byte(unsubscribe)) // one that has ended forgets, too
	}
}

// forgotten tells whether a connection to the server is one that Forget met.
func (p *Proxy) forgotten(server net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.servers[server]
}

// passAnswers copies answers, first the beginning that was read already, and no pushes.
func passAnswers(to io.Writer, beginning []byte, from io.Reader) {
	in := bufio.NewReader(io.MultiReader(bytes.NewReader(beginning), from))
	for {
		value, err := rawValue(in, nil)
		if err != nil {
			return
		}
		if value[0] == '>' {
			continue
		}
		if _, err := to.Write(value); err != nil {
			return
		}
	}
}

// rawValue appends the bytes of one value of RESP 3.
func rawValue(in *bufio.Reader, out []byte) ([]byte, error) {
	head, err := in.ReadBytes('\n')
	out = append(out, head...)
	if err != nil {
		return out, err
	}
	size, err := strconv.Atoi(string(bytes.TrimSpace(head[1:])))
	if err != nil {
		return out, nil //nolint:nilerr // a value that is one line
	}
	elements := 0
	switch head[0] {
	case '$', '=', '!':
		if size < 0 {
			return out, nil
		}
		text := make([]byte, size+len("\r\n"))
		_, err := io.ReadFull(in, text)
		return append(out, text...), err
	case '*', '>', '~':
		elements = size
	case '%', '|':
		elements = 2 * size
	}
	for range elements {
		if out, err = rawValue(in, out); err != nil {
			return out, err
		}
	}
	return out, nil
}
