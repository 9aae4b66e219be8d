package dispatch

import (
	sio "github.com/zishang520/socket.io-go-parser/v2/parser"
)

// acknowledge calls the function that waits for an ack. The library would do
// so in a goroutine in which a panic cannot be caught.
func (l *lanes) acknowledge(packet *sio.Packet) {
	l.mu.Lock()
	n := &l.root
	if name := l.namespaceOf(packet); name != "/" {
		n = l.others[name]
	}
	if n == nil || n.socket == nil {
		l.mu.Unlock()
		l.emitNow(packet) // which refuses it: there is no such socket
		return
	}
	s := n.socket
	l.mu.Unlock()
	args, ok := packet.Data.([]any)
	if packet.Id == nil || !ok {
		return
	}
	ack, ok := s.Acks().LoadAndDelete(*packet.Id)
	if !ok {
		return // it came too late, or twice
	}
	go func() {
		defer func() {
			if value := recover(); value != nil {
				logPanic(l.cfg, s, "ack", value)
			}
		}()
		ack(args, nil)
	}()
}
