package server

import (
	"errors"
	"strings"
	"testing"
)

func TestUnknownParser(t *testing.T) {
	_, err := New(Config{Parser: "xml"})
	if !errors.Is(err, ErrParser) || !strings.Contains(err.Error(), `"xml": want "json" or "msgpack"`) {
		t.Errorf("New: %v", err)
	}
}
