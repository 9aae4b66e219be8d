package server

import (
	"errors"
	"fmt"

	sio "github.com/zishang520/socket.io-go-parser/v2/parser"

	"nudge/server/parser"
)

// The formats of packets. Clients and servers of other formats do not understand
// each other: all of a deployment's clients use one.
const (
	// ParserJSON is what every Socket.IO client uses unless it is told otherwise.
	ParserJSON = "json"
	// ParserMsgpack is for clients with npm's socket.io-msgpack-parser. The chat
	// page's is none.
	ParserMsgpack = "msgpack"
)

// ErrParser means that Config.Parser is none of the formats.
var ErrParser = errors.New("unknown parser")

// newParser makes the parser that the server was configured for.
func (s *Server) newParser() (sio.Parser, error) {
	cfg := parser.Config{
		MaxDepth:       s.cfg.Limits.MaxDepth,
		MaxAttachments: s.cfg.Limits.MaxAttachments,
		Raw:            isChatEvent,
		Logger:         s.log,
	}
	switch s.cfg.Parser {
	case ParserJSON:
		return parser.New(cfg), nil
	case ParserMsgpack:
		return parser.NewMsgpack(cfg), nil
	}
	return nil, fmt.Errorf("%w %q: want %q or %q", ErrParser, s.cfg.Parser, ParserJSON, ParserMsgpack)
}
