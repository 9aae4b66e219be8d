package parser

import (
	"fmt"
	"io"
	"strings"

	"github.com/zishang520/engine.io/v2/types"

	"nudge/adapter/jsvalue"
)

// message is how an engine may hand over what it received without a copy. The
// bytes are read before Add returns and not kept.
type message interface {
	Bytes() []byte
	IsBinary() bool
}

// read returns what a message that a decoder was given holds, which may be the
// giver's own.
func read(data any) (content []byte, binary bool, err error) {
	switch data := data.(type) {
	case string:
		return []byte(data), false, nil
	case *types.StringBuffer:
		return data.Bytes(), false, nil
	case message:
		return data.Bytes(), data.IsBinary(), nil
	case []byte:
		return data, true, nil
	case types.BufferInterface:
		return data.Bytes(), true, nil
	case io.Reader:
		_, isText := data.(*strings.Reader)
		content, err := jsvalue.ReadAll(data)
		if err != nil {
			return nil, false, fmt.Errorf("read message: %w", err)
		}
		return content, !isText, nil
	}
	return nil, false, fmt.Errorf("%w: a message of type %T is neither text nor binary", ErrPacket, data)
}
