package dotenv

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is wanted here is what npm's dotenv 16.6.1 and 17.4.2 both return.
func TestParse(t *testing.T) {
	tests := []struct {
		name, text string
		want       map[string]string
	}{
		{"nothing", "", nil},
		{"plain", "PORT=8000\nREDIS_URL=redis://h:6379/0\n", map[string]string{"PORT": "8000", "REDIS_URL": "redis://h:6379/0"}},
		{"no final newline", "A=1", map[string]string{"A": "1"}},
		{"carriage returns", "A=1\r\nB=2\rC=3\r\n", map[string]string{"A": "1", "B": "2", "C": "3"}},
		{"byte order mark", "\ufeffA=1", map[string]string{"A": "1"}},
		{"space around", "  A  =  x y  \n\tB=\t2\t", map[string]string{"A": "x y", "B": "2"}},
		{"a space that U+0085 is not", "A=\u00a0x\u0085", map[string]string{"A": "x\u0085"}},
		{"export", "export A=1\nexport\tB=2\nexportC=3", map[string]string{"A": "1", "B": "2", "exportC": "3"}},
		{"a key named export", "export=1", map[string]string{"export": "1"}},
		{"colon", "A: 1\nB:2\nC : 3", map[string]string{"A": "1"}},
		{"colon at a line's end takes the next line", "A:\nB=2", map[string]string{"A": "B=2"}},
		{"equals on the next line", "A\n=1", map[string]string{"A": "1"}},
		{"dots and dashes in a key", "a.b-c_D9=1", map[string]string{"a.b-c_D9": "1"}},
		{"empty", "A=\nB=''\nC=\"\"\nD=``\nE=   \nF=", map[string]string{"A": "", "B": "", "C": "", "D": "", "E": "", "F": ""}},
		{"comment lines", "# A=1\n  # B=2\nC=3", map[string]string{"C": "3"}},
		{"comment after a value", "A=1 # one\nB=2# two\nC='3' # three\nD= # none", map[string]string{"A": "1", "B": "2", "C": "3", "D": ""}},
		{"# within quotes", "A='a#b'\nB=\"a # b\"\nC=`a#b`\nD=a#b", map[string]string{"A": "a#b", "B": "a # b", "C": "a#b", "D": "a"}},
		{"a password with #", "REDIS_URL=redis://:p#w@h:6379", map[string]string{"REDIS_URL": "redis://:p"}},
		{"no expansion", "A=$HOME ${B} $$\nB=\"$A\"\nC=p$w", map[string]string{"A": "$HOME ${B} $$", "B": "$A", "C": "p$w"}},
		{"line breaks only in double quotes", `A="a\nb\rc"` + "\n" + `B='a\nb'` + "\n" + "C=`a\\nb`\n" + `D=a\nb`, map[string]string{"A": "a\nb\rc", "B": `a\nb`, "C": `a\nb`, "D": `a\nb`}},
		{"no other escape", `A="a\tb\\nc\"d"`, map[string]string{"A": "a\\tb\\\nc\\\"d"}},
		{"double quote opened only", `A="a\nb`, map[string]string{"A": "\"a\nb"}},
		{"quotes span lines", "A=\"one\ntwo\n\"\nB='x\r\ny'\nC=3", map[string]string{"A": "one\ntwo\n", "B": "x\ny", "C": "3"}},
		{"a quoted value on the next line", "A=\n'x'\nB=2", map[string]string{"A": "x", "B": "2"}},
		{"other quotes within", `A='say "hi"'` + "\n" + `B="it's"` + "\n" + "C=`'\"`", map[string]string{"A": `say "hi"`, "B": "it's", "C": `'"`}},
		{"same quote within", `A='it\'s'` + "\n" + `B={"a":"b"}`, map[string]string{"A": `it\'s`, "B": `{"a":"b"}`}},
		{"two quoted", `A='a' 'b'`, map[string]string{"A": "a' 'b"}},
		{"quotes closed too early", `A='a' b`, map[string]string{"A": "'a' b"}},
		{"quotes not closed", "A='a\nB=2", map[string]string{"A": "'a", "B": "2"}},
		{"an escaped quote that closes", "A='a\\'\nB=2", map[string]string{"A": `a\`, "B": "2"}},
		{"equals in a value", "A=b=c==", map[string]string{"A": "b=c=="}},
		{"the last of several", "A=1\nA=2", map[string]string{"A": "2"}},
		{"what is no assignment", "nonsense\nREDIS_URL redis://h\n=1\nA=1\n!B=2", map[string]string{"A": "1"}},
		{"a line separator ends a comment", "A=1 # c\u2028B=2", map[string]string{"A": "1", "B": "2"}},
		{"quotes between line separators", "A=x\u2028'y'\u2028z", map[string]string{"A": "x\u2028y\u2028z"}},
		{"not UTF-8", "A=\xff\xe2\x80x\xed\xa0\x80\xf0\x9f\x98", map[string]string{"A": "\ufffd\ufffdx\ufffd\ufffd\ufffd\ufffd"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Parse([]byte(tt.text)); !maps.Equal(got, tt.want) {
				t.Errorf("Parse(%q)\n got %q\nwant %q", tt.text, got, tt.want)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, ".env")
	if vars, err := Load(path); vars != nil || err != nil {
		t.Errorf("Load of an absent file = %q, %v; want nothing", vars, err)
	}
	if err := os.WriteFile(path, []byte("PORT=9000"), 0o600); err != nil {
		t.Fatal(err)
	}
	if vars, err := Load(path); vars["PORT"] != "9000" || err != nil {
		t.Errorf("Load = %q, %v; want PORT 9000", vars, err)
	}
	if vars, err := Load(dir); vars != nil || err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("Load of a directory = %q, %v; want an error that names it", vars, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"A=1", "export A: 'x\\'' # c\r\nB=\"\\n\"", "\ufeffA=`\u2028'", "A=\xe2\x80\nB\n="} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		vars := Parse(text)
		for key, value := range vars {
			if key == "" || strings.TrimFunc(key, func(r rune) bool { return r < 0x80 && isKeyByte(byte(r)) }) != "" {
				t.Errorf("key %q", key)
			}
			if strings.ToValidUTF8(value, "") != value {
				t.Errorf("value %q of %s is not UTF-8", value, key)
			}
		}
		// A line in front, and one that overrules nothing, change nothing.
		again := Parse(append([]byte("0=first\n"), text...))
		if _, own := vars["0"]; !own {
			delete(again, "0")
		}
		if !maps.Equal(vars, again) {
			t.Errorf("Parse(%q) = %q, after another line %q", text, vars, again)
		}
	})
}
