package parser

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/zishang520/engine.io/v2/types"
	sio "github.com/zishang520/socket.io-go-parser/v2/parser"

	"nudge/server/internal/emitter"
)

// Decoder puts the messages of one connection together to packets. Each complete
// one is emitted as "decoded" with a *Packet of the library, from within Add:
//
//   - The type is never BINARY_EVENT or BINARY_ACK: as in the reference decoder,
//     EVENT and ACK say the same once the attachments are in place.
//   - Data of an EVENT is a []any that starts with the event's name, a string
//     (numbers, which the protocol allows, in JavaScript's string form). Data of
//     an ACK is a []any. Of a CONNECT it is a map[string]any, or nil.
//   - The values are nil, bool, float64, string, []any, map[string]any, and a
//     types.BufferInterface for each attachment; or Raw, see Config.Raw. Strings
//     have U+FFFD where JavaScript had a lone surrogate.
//   - The []any of an EVENT has a capacity of two more than its length. The
//     decoder never looks at that room again: a dispatcher may keep what it knows
//     of the event there, out of sight of its listeners.
//
// Idle it is a few words, no buffer, no map. Add must not be called by two
// goroutines at a time; Destroy and the listeners' methods may be.
type Decoder struct {
	emitter.Emitter

	parser *Parser

	mu      sync.Mutex
	pending *pending // the binary packet whose attachments are awaited
}

var _ sio.Decoder = (*Decoder)(nil)

// Add takes the next message of the connection. Text is a string, a
// *types.StringBuffer or a *strings.Reader; binary is a []byte, a
// types.BufferInterface or another io.Reader; a value with Bytes() []byte and
// IsBinary() bool says itself which it is. Nothing given is kept. Every error
// wraps ErrPacket, but those of a Reader; the connection should be closed then.
func (d *Decoder) Add(data any) error {
	content, binary, err := read(data)
	switch {
	case err != nil:
		return err
	case binary:
		return d.addBinary(bytes.Clone(content))
	}
	return d.addText(content)
}

// Destroy forgets a packet whose attachments have not all come.
func (d *Decoder) Destroy() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pending = nil
}

func (d *Decoder) addText(text []byte) error {
	if d.waiting() {
		d.Destroy()
		return fmt.Errorf("%w: text while binary attachments are awaited", ErrPacket)
	}
	packet, attachments, err := d.parser.decode(text)
	if err != nil {
		return err
	}
	if attachments > 0 {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.pending = &pending{packet: packet, awaited: attachments}
		return nil
	}
	d.Emit("decoded", packet)
	return nil
}

// addBinary takes an attachment, which is the decoder's own from here on.
func (d *Decoder) addBinary(attachment []byte) error {
	done, err := d.attach(types.NewBytesBuffer(attachment))
	if err != nil || done == nil {
		return err
	}
	if err := done.reconstruct(d.parser.limits); err != nil {
		return err
	}
	d.Emit("decoded", done.packet)
	return nil
}

// attach adds an attachment to the pending packet and returns that when it was
// the last one.
func (d *Decoder) attach(attachment types.BufferInterface) (*pending, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.pending
	if p == nil {
		return nil, fmt.Errorf("%w: binary data that no packet announced", ErrPacket)
	}
	p.buffers = append(p.buffers, attachment)
	if len(p.buffers) < p.awaited {
		return nil, nil
	}
	d.pending = nil
	return p, nil
}

func (d *Decoder) waiting() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.pending != nil
}
