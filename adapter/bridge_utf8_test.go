package adapter

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"
)

// nodeDecoder decodes lines of hex as Node does and answers in hex.
const nodeDecoder = `
const lines = require("node:fs").readFileSync(0, "latin1").split("\n");
lines.pop();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
process.stdout.write(lines.map((line) => {
	const bytes = Buffer.from(line, "hex");
	const text = bytes.toString("utf8");
	if (text !== decoder.decode(bytes)) throw new Error("Node disagrees with itself on " + line);
	return Buffer.from(text).toString("hex") + "\n";
}).join(""));
`

// The table is every sequence of up to three bytes of these, which are the
// bounds of all ranges of RFC 3629 and their neighbours, and of four where the
// first may lead more than two.
var utf8Bounds = []byte{
	0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xDF,
	0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
}

func TestInvalidUTF8IsReplacedAsNodeDoes(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatalf("%v: install Node.js, whose decoder this is compared with", err)
	}
	inputs := []string{"", "\xEF\xBB\xBFmark", "a\xE2\x82b", "\xF0\x9F\x98", strings.Repeat("\xE2\x82", 500) + "€"}
	var grow func(prefix string)
	grow = func(prefix string) {
		if prefix != "" {
			inputs = append(inputs, prefix)
		}
		if len(prefix) == 4 || len(prefix) == 3 && prefix[0] < 0xE0 {
			return
		}
		for _, b := range utf8Bounds {
			grow(prefix + string([]byte{b}))
		}
	}
	grow("")

	var table bytes.Buffer
	for _, in := range inputs {
		table.WriteString(hex.EncodeToString([]byte(in)) + "\n")
	}
	cmd := exec.Command(node, "-e", nodeDecoder)
	cmd.Stdin = &table
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("node: %v\n%s", err, &stderr)
	}
	answers := bufio.NewScanner(bytes.NewReader(out))
	for _, in := range inputs {
		if !answers.Scan() {
			t.Fatal("node answered too little")
		}
		got, changed := repairUTF8(in)
		if want := answers.Text(); hex.EncodeToString(got) != want {
			t.Fatalf("%x: got %x, node has %s", in, got, want)
		}
		if changed == utf8.ValidString(in) {
			t.Fatalf("%x: changed is %v", in, changed)
		}
	}
	t.Logf("%d sequences", len(inputs))
}

func FuzzRepairUTF8(f *testing.F) {
	f.Add("plain", "é\xE2\x82")
	f.Add("\xF0\x9F", "\x98\x80")
	f.Fuzz(func(t *testing.T, a, b string) {
		s := a + "|" + b
		got, changed := repairUTF8(s)
		if !utf8.Valid(got) {
			t.Fatalf("%q: got invalid %q", s, got)
		}
		if changed == utf8.ValidString(s) || !changed && string(got) != s {
			t.Fatalf("%q: changed is %v, got %q", s, changed, got)
		}
		// An ASCII byte ends every sequence, so the parts do not depend on
		// each other.
		left, _ := repairUTF8(a)
		right, _ := repairUTF8(b)
		if string(got) != string(left)+"|"+string(right) {
			t.Fatalf("%q: got %q, its parts are %q and %q", s, got, left, right)
		}
		if n := bytes.Count(got, []byte(replacement)); n > len(s) {
			t.Fatalf("%q: %d replacements", s, n)
		}
	})
}
