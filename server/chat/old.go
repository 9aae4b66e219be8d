package chat

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"

	"nudge/adapter/esjson"
)

// OldForm is a text as it goes over the old channel, before and behind its id.
// Old pages and Node servers read "message"; "chat" tells nodes of version 1 that
// it is stored already.
func OldForm(text string) (before, behind string) {
	b := make([]byte, 0, len(text)+len(text)/8+40)
	b = append(b, `{"message":`...)
	b = esjson.AppendString(b, text)
	b = append(b, `,"chat":{"id":"`...)
	return string(b), `"}}`
}

// Arrived takes what came on the old channel, in its order. What is not of version
// 1 is stored, where it is a message at all: others publish on the channel, too.
func (c *Chat) Arrived(payloads [][]byte) {
	if c.cfg.Store == nil {
		return
	}
	var messages []Foreign
	for _, payload := range payloads {
		if text, ok := foreignText(payload); ok {
			messages = append(messages, Foreign{Text: text, Payload: payload})
		}
	}
	if len(messages) > 0 {
		c.cfg.Store.Foreign(messages)
	}
}

// foreignText is what a message of the old kind says: a string as it is, any other
// value as its JSON, cut to MaxText.
func foreignText(payload []byte) (text string, ok bool) {
	if bytes.Contains(payload, []byte(`"chat"`)) {
		if mark, found, err := esjson.Lookup(payload, "chat", esjson.Limits{}); err == nil && found {
			if _, ours, err := esjson.Lookup(mark, "id", esjson.Limits{}); err == nil && ours {
				return "", false
			}
		}
	}
	value, found, err := esjson.Lookup(payload, "message", esjson.Limits{})
	if err != nil || !found {
		return "", false
	}
	if value[0] != '"' {
		b, err := esjson.AppendStringify(nil, value, esjson.Limits{})
		return cut(string(b)), err == nil
	}
	if err := json.Unmarshal(value, &text); err != nil {
		return "", false
	}
	return cut(text), true
}

// cut shortens a text to MaxText, and shows that it did.
func cut(text string) string {
	if utf8.RuneCountInString(text) <= MaxText {
		return text
	}
	n := 0
	for at := range text {
		if n++; n == MaxText {
			return text[:at] + "…"
		}
	}
	return text
}
