package esjson

import "fmt"

// Scanner walks one JSON text from its start to its end, strictly. It keeps no
// copy: what it returns are parts of the text it was given. A caller asks for
// the Kind of the next value and then takes it, by Skip or Value, or by Open and
// a loop over Next; End makes sure that nothing follows. After an error the
// Scanner is of no further use.
type Scanner struct {
	// Objects has Value give objects as Object, which keeps their order, and not as
	// map[string]any.
	Objects bool
	// Shared has Value give strings that stand for themselves as parts of the text, which
	// must not change from then on.
	Shared bool

	src   []byte
	pos   int
	depth int
	max   int
}

// The kinds that Scanner.Kind tells apart: the first byte of the value, with
// KindNumber standing for every first byte of a number.
const (
	KindObject = '{'
	KindArray  = '['
	KindString = '"'
	KindNumber = '0'
	KindTrue   = 't'
	KindFalse  = 'f'
	KindNull   = 'n'
)

// NewScanner returns a Scanner at the start of src. src must not change while it
// is in use.
func NewScanner(src []byte, lim Limits) *Scanner {
	return &Scanner{src: src, max: lim.depth()}
}

// On returns a Scanner that stands where s does, in a copy of its text.
func (s *Scanner) On(src []byte) *Scanner {
	other := *s
	other.src = src
	return &other
}

// Kind reports what the next value is without taking it.
func (s *Scanner) Kind() (byte, error) {
	switch c := s.peek(); {
	case c == '-' || '0' <= c && c <= '9':
		return KindNumber, nil
	case c == '{' || c == '[' || c == '"' || c == 't' || c == 'f' || c == 'n':
		return c, nil
	}
	return 0, s.unexpected("a value")
}

// Offset is how far in the text the Scanner stands: at the start of a value after
// Kind, behind it once it is taken.
func (s *Scanner) Offset() int { return s.pos }

// Open enters the array or object that Kind announced.
func (s *Scanner) Open() error {
	if s.depth >= s.max {
		return fmt.Errorf("%w: more than %d levels at offset %d", ErrDepth, s.max, s.pos)
	}
	s.depth++
	s.pos++
	return nil
}

// Next reports whether the container that closes with end (']' or '}') has
// another element, and leaves it when not. first is true before its first one.
func (s *Scanner) Next(end byte, first bool) (bool, error) {
	c := s.peek()
	switch {
	case c == end:
		s.pos++
		s.depth--
		return false, nil
	case first:
		return true, nil
	case c == ',':
		s.pos++
		return true, nil
	}
	return false, s.unexpected("',' or '" + string(rune(end)) + "'")
}

// Key takes a property name and the colon after it, and returns its value as a
// Go string (lone surrogates as U+FFFD).
func (s *Scanner) Key() (string, error) {
	token, form, err := s.key()
	if err != nil {
		return "", err
	}
	return unquote(token, form), nil
}

// PlainKey is Key that returns the name as it stands in the text, without its quotes, and
// whether that is what it stands for: it has no escapes, and is UTF-8.
func (s *Scanner) PlainKey() (body []byte, plain bool, err error) {
	return plainBody(s.key())
}

// Plain takes the string that Kind announced, and returns it as PlainKey does a name.
func (s *Scanner) Plain() (body []byte, plain bool, err error) {
	return plainBody(s.str())
}

func plainBody(token []byte, form stringForm, err error) (body []byte, plain bool, _ error) {
	if err != nil {
		return nil, false, err
	}
	return token[1 : len(token)-1], form == formPlain, nil
}

// key is Key without its decoding: the token with its quotes.
func (s *Scanner) key() ([]byte, stringForm, error) {
	if s.peek() != '"' {
		return nil, 0, s.unexpected("a property name in double quotes")
	}
	token, form, err := s.str()
	if err != nil {
		return nil, 0, err
	}
	if s.peek() != ':' {
		return nil, 0, s.unexpected("':'")
	}
	s.pos++
	return token, form, nil
}

// Skip takes the next value and returns its text as it stands.
func (s *Scanner) Skip() ([]byte, error) {
	s.peek()
	start := s.pos
	if err := s.skip(); err != nil {
		return nil, err
	}
	return s.src[start:s.pos:s.pos], nil
}

func (s *Scanner) skip() error {
	var end byte
	switch c := s.peek(); c {
	case '"':
		_, _, err := s.str()
		return err
	case '[':
		end = ']'
	case '{':
		end = '}'
	case 't', 'f', 'n':
		_, err := s.literal(c)
		return err
	default:
		_, _, err := s.number()
		return err
	}
	if err := s.Open(); err != nil {
		return err
	}
	for first := true; ; first = false {
		more, err := s.Next(end, first)
		if err != nil || !more {
			return err
		}
		if end == '}' {
			if _, _, err := s.key(); err != nil {
				return err
			}
		}
		if err := s.skip(); err != nil {
			return err
		}
	}
}

// End reports an error when anything but white space is left.
func (s *Scanner) End() error {
	s.peek()
	if s.pos < len(s.src) {
		return s.unexpected("the end")
	}
	return nil
}

// peek passes over white space and returns the byte after it, or 0 at the end.
// A NUL in the text needs no care: nothing in the grammar starts with one.
func (s *Scanner) peek() byte {
	for s.pos < len(s.src) {
		c := s.src[s.pos]
		if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
		s.pos++
	}
	return 0
}

// literal takes true, false or null, told apart by its first byte.
func (s *Scanner) literal(first byte) ([]byte, error) {
	word := "null"
	switch first {
	case 't':
		word = "true"
	case 'f':
		word = "false"
	}
	end := s.pos + len(word)
	if end > len(s.src) || string(s.src[s.pos:end]) != word {
		return nil, syntaxError(s.pos, "unknown word")
	}
	token := s.src[s.pos:end]
	s.pos = end
	return token, nil
}

func (s *Scanner) unexpected(want string) error {
	if s.pos >= len(s.src) {
		return syntaxError(s.pos, "end of text where "+want+" belongs")
	}
	return syntaxError(s.pos, fmt.Sprintf("%q where %s belongs", s.src[s.pos], want))
}
