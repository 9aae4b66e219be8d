// Package parser is the codec of Socket.IO packets (protocol 5), for
// ServerOptions.SetParser of github.com/zishang520/socket.io/v2.
//
// The decoder is strict and bounded: what the protocol's reference decoder
// (socket.io-parser 4.2 on npm) refuses is an error, never a packet that a later
// layer has to survive. The encoder writes what JSON.stringify would and never
// sends a packet that the reference decoder would refuse.
//
// Packets on the wire, see https://github.com/socketio/socket.io-protocol:
//
//	<type>[<attachments>-][<namespace>,][<ack id>][<JSON payload>]
//
// Msgpack is the same for clients that use npm's socket.io-msgpack-parser.
package parser

import (
	"errors"
	"log/slog"
	"reflect"
	"sync"

	sio "github.com/zishang520/socket.io-go-parser/v2/parser"

	"nudge/adapter/esjson"
	"nudge/adapter/jsvalue"
)

// ErrPacket reports a message that is no packet of the protocol, or one past the
// limits of Config. Errors that wrap it say what was wrong.
var ErrPacket = errors.New("invalid Socket.IO packet")

const (
	// DefaultMaxAttachments is the reference decoder's own limit.
	DefaultMaxAttachments = 10
	// DefaultMaxDepth is the nesting of arrays and objects allowed by default,
	// the payload's own array counted.
	DefaultMaxDepth = esjson.DefaultDepth
)

// Config is what a Parser can be told. The zero value works.
type Config struct {
	// MaxAttachments is how many binary attachments a packet may announce; zero
	// means DefaultMaxAttachments, a negative number none. Outgoing packets are
	// not held to it.
	MaxAttachments int

	// MaxDepth is how deep arrays and objects may nest, in both directions; zero
	// means DefaultMaxDepth.
	MaxDepth int

	// MaxElements is how many elements of arrays, and keys and values of objects,
	// one packet may hold in all; zero means DefaultMaxElements. It is a limit of
	// Msgpack, where an element can be one byte.
	MaxElements int

	// Raw says which events, by namespace and name, have each argument given as
	// Raw instead of a Go value. Nil means none. It is called from the goroutines
	// that read connections, many at a time.
	Raw func(nsp, event string) bool

	// Logger is told of values that cannot be encoded, once for each Go type. Nil
	// means slog.Default().
	Logger *slog.Logger
}

// Raw is the JSON text of one argument. Received, it is as it was sent, with each
// binary attachment in its place as Node writes a Buffer in JSON,
// {"type":"Buffer","data":[…]}, so that key order, numbers and lone surrogates
// survive. Emitted, it is embedded as it is, provided that it is valid.
type Raw = jsvalue.Raw

// Parser makes the codecs of one server. Its encoders and decoders are those that
// socket.io/v2 asks for: one encoder for all, one decoder for each connection.
type Parser struct {
	maxAttachments int
	limits         esjson.Limits
	raw            func(nsp, event string) bool
	logger         *slog.Logger
	reported       sync.Map // of reflect.Type, those already logged
}

var _ sio.Parser = (*Parser)(nil)

// New returns a Parser.
func New(cfg Config) *Parser {
	p := &Parser{
		maxAttachments: cfg.MaxAttachments,
		limits:         esjson.Limits{Depth: cfg.MaxDepth},
		raw:            cfg.Raw,
		logger:         cfg.Logger,
	}
	if p.maxAttachments == 0 {
		p.maxAttachments = DefaultMaxAttachments
	}
	if p.limits.Depth <= 0 {
		p.limits.Depth = DefaultMaxDepth
	}
	return p
}

// NewDecoder returns a *Decoder for one connection.
func (p *Parser) NewDecoder() sio.Decoder { return &Decoder{parser: p} }

// NewEncoder returns an *Encoder. It is safe for concurrent use.
func (p *Parser) NewEncoder() sio.Encoder { return &Encoder{parser: p} }

// report logs that value could not be encoded, once for each type of value.
func (p *Parser) report(packet *sio.Packet, value any, err error) {
	if _, known := p.reported.LoadOrStore(reflect.TypeOf(value), true); known {
		return
	}
	logger := p.logger
	if logger == nil {
		logger = slog.Default()
	}
	logger.Warn("value cannot be encoded",
		slog.String("packet", packet.Type.String()),
		slog.String("namespace", packet.Nsp),
		slog.Any("error", err))
}
