package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestGoTestOfRealPackages runs the go command itself on small packages, so
// that what is counted is what it prints and not what is thought of it.
func TestGoTestOfRealPackages(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		want       tally
		wantOutput string
	}{
		{"passes", `func TestA(t *testing.T) {}
			func TestB(t *testing.T) { t.Run("x", func(*testing.T) {}); t.Run("y", func(*testing.T) {}) }`, tally{passed: 3}, ""},
		{"a subtest fails", `func TestB(t *testing.T) {
				t.Log("set-up of B")
				t.Run("x", func(*testing.T) {})
				t.Run("y", func(t *testing.T) { t.Error("wrong y") })
			}`, tally{1, 1, 0}, "wrong y"},
		{"a parent fails by itself", `func TestB(t *testing.T) { t.Run("x", func(*testing.T) {}); t.Error("after x") }`, tally{1, 1, 0}, "after x"},
		{"skips", `func TestA(t *testing.T) { t.Skip("why") }
			func TestB(t *testing.T) {}`, tally{1, 0, 1}, ""},
		{"panics", `func TestA(t *testing.T) {}
			func TestB(t *testing.T) { t.Run("x", func(t *testing.T) { panic("boom") }) }`, tally{1, 1, 0}, "boom"},
		{"exits", `func TestA(t *testing.T) {}
			func TestB(t *testing.T) { os.Exit(3) }`, tally{1, 1, 0}, ""},
		{"TestMain fails after good tests", `func TestMain(m *testing.M) { m.Run(); fmt.Println("a leak"); os.Exit(1) }
			func TestA(t *testing.T) {}`, tally{1, 1, 0}, "a leak"},
		{"does not compile", `func TestA(t *testing.T) { undefined() }`, tally{0, 1, 0}, "undefined"},
		{"fuzz seeds", `func FuzzA(f *testing.F) { f.Add(1); f.Add(2); f.Fuzz(func(*testing.T, int) {}) }`, tally{passed: 2}, ""},
		{"no tests", ``, tally{}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "go.mod", "module sample\n\ngo 1.26\n")
			write(t, dir, "a_test.go", "package sample\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\t\"testing\"\n)\n\nvar (\n\t_ = fmt.Sprint\n\t_ = os.Exit\n\t_ testing.TB\n)\n\n"+tt.body+"\n")
			t.Chdir(dir)
			r, err := goTest(t.Context(), io.Discard, ".")
			if err != nil {
				t.Fatal(err)
			}
			if r.tally != tt.want || len(r.failures) != r.failed {
				t.Fatalf("got %v, want %v; failures %+v", r.tally, tt.want, r.failures)
			}
			if tt.wantOutput != "" && !strings.Contains(r.failures[0].output, tt.wantOutput) {
				t.Errorf("no %q in the failure's output %q", tt.wantOutput, r.failures[0].output)
			}
		})
	}
}

func TestGoTestThatCannotRunIsAnError(t *testing.T) {
	t.Chdir(t.TempDir())
	if r, err := goTest(t.Context(), io.Discard, "./..."); err == nil && r.failed == 0 {
		t.Errorf("got %v without an error", r.tally)
	}
}

func TestReadGoTestCountsWhatNeverEnded(t *testing.T) {
	events := `{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Test":"TestB","Output":"half-way\n"}
{"Action":"start","Package":"q"}
`
	r, err := readGoTest(strings.NewReader(events), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if want := (tally{1, 2, 0}); r.tally != want {
		t.Errorf("got %v, want %v", r.tally, want)
	}
	if !strings.Contains(r.failures[0].output, "half-way\nit never ended") {
		t.Errorf("output %q", r.failures[0].output)
	}
}

func TestReadGoTestRefusesOtherText(t *testing.T) {
	if _, err := readGoTest(strings.NewReader("go: no such tool\n"), io.Discard); err == nil {
		t.Error("no error")
	}
}

func TestReadFuzzTargets(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "go.mod", "module sample\n\ngo 1.26\n")
	write(t, dir, "a_test.go", `package sample

import (
	"os"
	"testing"
)

// As where everything is tested in two ways.
func TestMain(m *testing.M) {
	if m.Run() == 0 {
		os.Exit(m.Run())
	}
}

func FuzzA(f *testing.F) { f.Fuzz(func(*testing.T, int) {}) }
func FuzzB(f *testing.F) { f.Fuzz(func(*testing.T, int) {}) }
func TestC(*testing.T)   {}
`)
	list, err := capture(t.Context(), dir, nil, "go", "test", "-json", "-list", "^Fuzz", "./...")
	if err != nil {
		t.Fatal(list, err)
	}
	targets, err := readFuzzTargets(strings.NewReader(list))
	if err != nil {
		t.Fatal(err)
	}
	if len(targets) != 2 || targets[0] != (fuzzTarget{"sample", "FuzzA"}) || targets[1] != (fuzzTarget{"sample", "FuzzB"}) {
		t.Errorf("got %v", targets)
	}
}

func TestGofmt(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if r, err := runGofmt(t.Context(), io.Discard); err == nil {
		t.Errorf("without a file: %v and no error", r.tally)
	}
	write(t, dir, "good.go", "package sample\n")
	if r, err := runGofmt(t.Context(), io.Discard); err != nil || r.tally != (tally{passed: 1}) {
		t.Errorf("got %v, %v, want one passed", r.tally, err)
	}
	write(t, dir, "b/bad.go", "package  sample\n")
	r, err := runGofmt(t.Context(), io.Discard)
	if err != nil || r.tally != (tally{failed: 1}) || !strings.Contains(r.failures[0].output, "b/bad.go") {
		t.Errorf("got %+v, %v, want one failed that names b/bad.go", r, err)
	}
}

func TestGoFilesLeavesInstalledPackagesOut(t *testing.T) {
	dir := t.TempDir()
	for _, file := range []string{"a.go", "b/c.go", "node_modules/d.go", "b/node_modules/e/f.go", ".git/g.go", "b/h.txt"} {
		write(t, dir, file, "")
	}
	files, err := goFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 2 || files[0] != filepath.Join(dir, "a.go") || files[1] != filepath.Join(dir, "b", "c.go") {
		t.Errorf("got %v", files)
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
