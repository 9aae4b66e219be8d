package e2e

import (
	"strings"
	"testing"
	"time"

	"nudge/server/internal/wstest"
)

// TestPayloads has the real client send a table of JavaScript values to both
// kinds of server: what comes back is what Node's JSON.stringify makes of them.
func TestPayloads(t *testing.T) {
	for name, s := range bothServers(t) {
		for _, transports := range [][]string{websocketOnly, pollingOnly} {
			t.Run(name+" "+transports[0], func(t *testing.T) {
				checkPayloads(t, s, with{"transports": transports})
			})
		}
	}
}

// checkPayloads runs the driver; options are what it takes beside a URL.
func checkPayloads(t *testing.T, s *server, options with) {
	t.Helper()
	options["url"] = s.url
	var results []struct{ Name, Got, Want string }
	drive(t, time.Minute, "payloads.mjs", options, &results)
	if len(results) == 0 {
		t.Fatal("no value was sent")
	}
	for _, tt := range results {
		t.Run(tt.Name, func(t *testing.T) {
			if tt.Got != tt.Want {
				t.Errorf("received %s, want %s", shorten(tt.Got), shorten(tt.Want))
			}
		})
	}
}

// texts are JSON texts that JSON.stringify would not write. Other programs do,
// and a server sees values and not texts.
var texts = []string{
	`1.0`, `-0`, `-0.0`, `1e2`, `1E+2`, `1e21`, `123e-20`, `1e400`, `-1e400`, `5e-324`, `1e-400`,
	`12345678901234567890`, `9007199254740993`, `0.1000000000000000055511151231257827`,
	`1.7976931348623157e308`, `100000000000000000000`, `1000000000000000000000`, `0.000001`, `0.0000001`,
	`"\u0041\/\u00e9"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ude00\ud83d"`, `"\uD83D\u0041"`, `"\u001F\u007f\b"`, `"\u2028\u2029"`,
	"\"\u2028\u2029\"", `"\ud83dx\ude00"`, `"<>&'\""`, "\"\u007f\u0080\"",
	`{"a":1,"a":2}`, `{"b":1,"a":2,"b":3}`, `{"2":0,"1":0,"a":0,"0":0}`, `{"\u0031":"x","0":1,"01":2}`,
	`{"4294967294":0,"4294967295":1,"0":2}`, `{"__proto__":1,"x":2}`, `{"__proto__":{"a":1}}`, `{"":0," ":1}`,
	"[ 1 ,\t2\r\n, { \"a\" : [ ] } ]", `[[],{},[{}],"",0,null,true,false]`, `{"toString":1,"constructor":2,"length":3}`,
	`{"_placeholder":true,"num":0}`, `"\\u0041"`, strings.Repeat("[", 200) + strings.Repeat("]", 200),
}

// TestTexts has texts sent as they are: both servers answer with the same packet.
func TestTexts(t *testing.T) {
	servers := bothServers(t)
	node, nudge := openWebsocket(t, servers["Node"]), openWebsocket(t, servers["nudge"])
	for _, text := range texts {
		t.Run(shorten(text), func(t *testing.T) {
			var answers []string
			for _, c := range []*wstest.Client{node, nudge} {
				c.T = t
				c.Send(`42["event:message",{"message":` + text + `}]`)
				for _, reader := range []*wstest.Client{node, nudge} {
					reader.T = t
					answers = append(answers, reader.Read())
				}
			}
			for i, answer := range answers {
				if answer != answers[0] {
					t.Errorf("packet %d of %d is %s, want %s", i+1, len(answers), shorten(answer), shorten(answers[0]))
				}
			}
		})
	}
}
