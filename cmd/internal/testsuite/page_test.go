package main

import (
	"io"
	"strings"
	"testing"
)

func TestReadPageResults(t *testing.T) {
	for _, tt := range []struct {
		name    string
		read    func(io.Reader) (report, error)
		json    string
		want    tally
		wantIn  string
		wantErr bool
	}{
		{"vitest passes", readVitest, `{"testResults":[{"name":"a.test.ts","status":"passed","assertionResults":[
			{"fullName":"x y","status":"passed","failureMessages":[]},{"fullName":"x z","status":"skipped"},{"fullName":"later","status":"todo"}]}]}`,
			tally{1, 0, 2}, "", false},
		{"vitest fails", readVitest, `{"testResults":[{"name":"a.test.ts","status":"failed","assertionResults":[
			{"fullName":"x y","status":"passed"},{"fullName":"x z","status":"failed","failureMessages":["expected 1"]}]}]}`,
			tally{1, 1, 0}, "a.test.ts: x z|expected 1", false},
		{"a file does not load", readVitest, `{"testResults":[{"name":"a.test.ts","status":"failed","message":"no such module","assertionResults":[]}]}`,
			tally{0, 1, 0}, "a.test.ts|no such module", false},
		{"vitest died", readVitest, `{"testResults":[`, tally{}, "", true},
		{"playwright passes", readPlaywright, `{"suites":[{"title":"chat.spec.ts","specs":[{"title":"x","tests":[{"status":"expected"}]}],
			"suites":[{"title":"group","specs":[{"title":"y","tests":[{"status":"expected"},{"status":"skipped"}]}]}]}],"errors":[]}`,
			tally{2, 0, 1}, "", false},
		{"playwright fails", readPlaywright, `{"suites":[{"title":"chat.spec.ts","suites":[{"title":"group","specs":[{"title":"y","tests":[
			{"status":"unexpected","results":[{"status":"failed","errors":[{"message":"no message"}],"stdout":[{"text":"a line\n"}]}]}]}]}]}]}`,
			tally{0, 1, 0}, "chat.spec.ts › group › y|no message", false},
		{"flaky is failed", readPlaywright, `{"suites":[{"title":"a","specs":[{"title":"x","tests":[{"status":"flaky","results":[{"status":"failed"},{"status":"passed"}]}]}]}]}`,
			tally{0, 1, 0}, "flaky", false},
		{"set-up fails", readPlaywright, `{"suites":[],"errors":[{"message":"no browser"}]}`, tally{}, "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := tt.read(strings.NewReader(tt.json))
			if (err != nil) != tt.wantErr {
				t.Fatalf("error %v", err)
			}
			if r.tally != tt.want {
				t.Errorf("got %v, want %v", r.tally, tt.want)
			}
			for want := range strings.SplitSeq(tt.wantIn, "|") {
				if want != "" && !strings.Contains(r.failures[0].name+r.failures[0].output, want) {
					t.Errorf("no %q in %+v", want, r.failures[0])
				}
			}
		})
	}
}
