package esjson

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
)

// TestStringifyLikeNode compares with Node on texts that nobody picked: random
// values, and the same ones with a byte broken.
func TestStringifyLikeNode(t *testing.T) {
	const count = 6000
	g := generator{rand.New(rand.NewPCG(uint64(count), 20))}
	texts := make([][]byte, count)
	var in bytes.Buffer
	for i := range texts {
		text := []byte(g.value(4))
		if i%4 == 3 {
			text[g.IntN(len(text))] = byte(g.IntN(256))
		}
		texts[i] = text
		in.WriteString(base64.StdEncoding.EncodeToString(text))
		in.WriteByte('\n')
	}
	cmd := exec.CommandContext(t.Context(), "node", "testdata/stringify.mjs")
	cmd.Stdin = &in
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node testdata/stringify.mjs (the tests need Node.js on PATH): %v", err)
	}
	answers := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(answers) != count {
		t.Fatalf("%d answers to %d texts", len(answers), count)
	}
	refused := 0
	for i, answer := range answers {
		got, err := AppendStringify(nil, texts[i], Limits{})
		if answer == "!" {
			refused++
			if err == nil {
				t.Errorf("%q: got %q, Node refuses it", texts[i], got)
			}
			continue
		}
		want, decodeErr := base64.StdEncoding.DecodeString(answer)
		if decodeErr != nil {
			t.Fatal(decodeErr)
		}
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%q:\n got %q, %v\nNode %q", texts[i], got, err, want)
		}
	}
	if refused == 0 || refused > count/2 {
		t.Errorf("Node refused %d of %d: the texts test little", refused, count)
	}
}

// generator makes random JSON texts, with a taste for the corners.
type generator struct{ *rand.Rand }

func (g generator) value(depth int) string {
	kind := g.IntN(8)
	if depth == 0 {
		kind = g.IntN(4)
	}
	switch kind {
	case 0:
		return []string{"null", "true", "false"}[g.IntN(3)]
	case 1:
		return g.number()
	case 2, 3:
		return g.str()
	case 4, 5:
		return "[" + g.list(func() string { return g.value(depth - 1) }) + "]"
	}
	return "{" + g.list(func() string {
		return g.space() + g.key() + g.space() + ":" + g.value(depth-1)
	}) + "}"
}

func (g generator) list(item func() string) string {
	n := g.IntN(6)
	if g.IntN(20) == 0 {
		n = 10 + g.IntN(30)
	}
	items := make([]string, n)
	for i := range items {
		items[i] = g.space() + item() + g.space()
	}
	return strings.Join(items, ",")
}

func (g generator) space() string {
	return []string{"", "", "", "", " ", "\n", "\t ", "\r\n"}[g.IntN(8)]
}

func (g generator) number() string {
	switch g.IntN(5) {
	case 0:
		return fmt.Sprint(g.IntN(1000) - 500)
	case 1:
		return fmt.Sprint(g.Int64())
	case 2:
		return fmt.Sprintf("%d.%0*d", g.IntN(3), 1+g.IntN(18), g.IntN(1000))
	case 3:
		return fmt.Sprintf("-%d.%de%d", g.IntN(10), g.IntN(1000000), g.IntN(640)-320)
	}
	return fmt.Sprintf("%dE+%d", g.Int64(), g.IntN(8))
}

func (g generator) key() string {
	switch g.IntN(3) {
	case 0:
		return fmt.Sprintf(`"%d"`, g.IntN(20))
	case 1:
		return []string{`"4294967294"`, `"4294967295"`, `"__proto__"`, `"01"`, `"\u0031"`, `"-1"`, `""`, `"a"`, `"\u0061"`}[g.IntN(9)]
	}
	return g.str()
}

func (g generator) str() string {
	pieces := []string{
		"a", "Z", "9", "hello world ", "é", "中文", "😀", "\u2028", "<&>", "\x7f", `\"`, `\\`, `\/`, `\b`, `\n`, `\u0000`, `\u001F`, `\u0041`,
		`\ud83d`, `\uDE00`, `\ud83d\ude00`, `\u2029`, "\xff", "\xe2\x82", "\xed\xa0\x80", "\xf0\x9f\x98", "\xc3",
	}
	var b strings.Builder
	b.WriteByte('"')
	for range g.IntN(7) {
		b.WriteString(pieces[g.IntN(len(pieces))])
	}
	b.WriteByte('"')
	return b.String()
}
