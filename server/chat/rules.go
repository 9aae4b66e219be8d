package chat

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// personID is what others see of a client's key: it does not lead back to it.
func personID(key string) string {
	sum := sha256.Sum256([]byte("nudge chat person " + key))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

func checkName(name string) error {
	if n := utf8.RuneCountInString(name); n < 1 || n > MaxName {
		return fmt.Errorf("%w: a name has 1 to %d characters, this one %d", ErrInvalid, MaxName, n)
	}
	if strings.TrimSpace(name) == "" || strings.ContainsFunc(name, unicode.IsControl) {
		return fmt.Errorf("%w: a name is not only white space, and has no control characters", ErrInvalid)
	}
	return nil
}

func checkRoom(room string) error {
	if n := utf8.RuneCountInString(room); n < 1 || n > MaxRoomName {
		return fmt.Errorf("%w: the name of a room has 1 to %d characters, this one %d", ErrInvalid, MaxRoomName, n)
	}
	for _, r := range room {
		if !unicode.In(r, unicode.L, unicode.M, unicode.Nd) && !strings.ContainsRune("-_.", r) {
			return fmt.Errorf("%w: the name of a room has letters, digits, '-', '_' and '.', and no %q", ErrInvalid, r)
		}
	}
	return nil
}

func checkText(text string) error {
	if n := utf8.RuneCountInString(text); n > MaxText {
		return fmt.Errorf("%w: %d characters, %d are allowed", ErrTooLarge, n, MaxText)
	}
	if strings.TrimSpace(text) == "" {
		return fmt.Errorf("%w: the text is empty", ErrInvalid)
	}
	return nil
}

// checkKey checks a key of least to most characters.
func checkKey(key string, least, most int) error {
	if len(key) < least || len(key) > most {
		return fmt.Errorf("%w: the key has %d to %d characters, this one %d", ErrInvalid, least, most, len(key))
	}
	for _, c := range []byte(key) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return fmt.Errorf("%w: the key has characters of A-Za-z0-9_- alone", ErrInvalid)
		}
	}
	return nil
}

// checkLast is how many messages were asked for; 0 where it was not said.
func checkLast(last int) (int, error) {
	if last < 0 || last > MaxPage {
		return 0, fmt.Errorf("%w: \"last\" is 1 to %d, and was %d", ErrInvalid, MaxPage, last)
	}
	return cmp.Or(last, defaultPage), nil
}

func checkID(id string) error {
	if _, _, ok := splitID(id); id != "" && !ok {
		return fmt.Errorf("%w: an id is two numbers joined by '-', and not %.50q", ErrInvalid, id)
	}
	return nil
}

func splitID(id string) (ms, seq uint64, ok bool) {
	first, second, found := strings.Cut(id, "-")
	ms, err := strconv.ParseUint(first, 10, 64)
	if err != nil || !found {
		return 0, 0, false
	}
	seq, err = strconv.ParseUint(second, 10, 64)
	return ms, seq, err == nil
}

// CompareIDs compares the ids of two messages by their place in the order. What is
// no id comes before all that are.
func CompareIDs(a, b string) int {
	am, as, _ := splitID(a)
	bm, bs, _ := splitID(b)
	return cmp.Or(cmp.Compare(am, bm), cmp.Compare(as, bs))
}
