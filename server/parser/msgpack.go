package parser

import (
	sio "github.com/zishang520/socket.io-go-parser/v2/parser"

	"nudge/adapter/notepack"
)

// DefaultMaxElements is how many elements a msgpack packet may have by default:
// about as many as the JSON of the default payload, 1,000,000 bytes, has room for.
const DefaultMaxElements = 500_000

// Msgpack is a Parser of another format, that of npm's socket.io-msgpack-parser 3:
// every packet is one binary message, the msgpack of an object {type, data, nsp, id}.
// Both sides of a connection must use it. Binary data is in its place in there, so
// that Config.MaxAttachments counts for nothing; undefined, dates, NaN and infinities
// get through.
type Msgpack struct {
	json   *Parser // for what both formats share
	limits notepack.Limits
}

var _ sio.Parser = (*Msgpack)(nil)

// NewMsgpack returns a Msgpack.
func NewMsgpack(cfg Config) *Msgpack {
	p := &Msgpack{json: New(cfg)}
	p.limits = notepack.Limits{Depth: p.json.limits.Depth, Elements: cfg.MaxElements}
	if p.limits.Elements <= 0 {
		p.limits.Elements = DefaultMaxElements
	}
	return p
}

// NewDecoder returns a *MsgpackDecoder for one connection.
func (p *Msgpack) NewDecoder() sio.Decoder { return &MsgpackDecoder{parser: p} }

// NewEncoder returns a *MsgpackEncoder. It is safe for concurrent use.
func (p *Msgpack) NewEncoder() sio.Encoder { return &MsgpackEncoder{parser: p} }
