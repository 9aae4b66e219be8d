package engineio

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"sync"
)

// errBadDeflate is a message that is marked as compressed, and is not.
var errBadDeflate = errors.New("compressed message is corrupt")

// inflateEnd follows a message while it is read: the tail that it left out, and
// an empty last block, so that the stream has an end.
const inflateEnd = deflateTail + "\x01\x00\x00\xff\xff"

// inflater decompresses one message at a time.
type inflater struct {
	src deflateSource
	r   io.ReadCloser
}

var inflaters = sync.Pool{New: func() any {
	d := &inflater{}
	d.r = flate.NewReader(&d.src)
	return d
}}

// inflate decompresses a message, and stops where it turns out longer than limit
// bytes: what it was compressed from is the client's to say.
func inflate(message []byte, limit int) ([]byte, error) {
	d := inflaters.Get().(*inflater)
	defer inflaters.Put(d)
	d.src = deflateSource{message, []byte(inflateEnd)}
	if err := d.r.(flate.Resetter).Reset(&d.src, nil); err != nil {
		return nil, fmt.Errorf("%w: %w: %w", ErrProtocol, errBadDeflate, err)
	}
	var out bytes.Buffer
	out.Grow(min(4*len(message), limit) + bytes.MinRead)
	_, err := out.ReadFrom(io.LimitReader(d.r, int64(limit)+1))
	rest, zero := d.src.len(), len(d.src.message) == 1 && d.src.message[0] == 0
	d.src = deflateSource{}
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w: %w", ErrProtocol, errBadDeflate, err)
	case out.Len() > limit:
		return nil, fmt.Errorf("%w: %w of %d bytes", ErrProtocol, errTooBig, limit)
	case rest != 0 && rest != len(inflateEnd) && !zero:
		// A message may come to its own end, with a zero byte behind it (RFC
		// 7692, 7.2.3.4), but nothing may hide there.
		return nil, fmt.Errorf("%w: %w: it ends %d bytes early", ErrProtocol, errBadDeflate, rest)
	}
	return out.Bytes(), nil
}

// deflateSource is a message and what follows it. It is an io.ByteReader, so
// that no more is read of it than is needed.
type deflateSource struct{ message, end []byte }

func (s *deflateSource) len() int { return len(s.message) + len(s.end) }

func (s *deflateSource) part() *[]byte {
	if len(s.message) > 0 {
		return &s.message
	}
	return &s.end
}

func (s *deflateSource) Read(p []byte) (int, error) {
	part := s.part()
	if len(*part) == 0 {
		return 0, io.EOF
	}
	n := copy(p, *part)
	*part = (*part)[n:]
	return n, nil
}

func (s *deflateSource) ReadByte() (byte, error) {
	part := s.part()
	if len(*part) == 0 {
		return 0, io.EOF
	}
	b := (*part)[0]
	*part = (*part)[1:]
	return b, nil
}
