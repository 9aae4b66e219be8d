package e2e

import (
	"encoding/json"
	"testing"
	"time"
)

// drive runs a driver that takes one JSON argument and prints one JSON value,
// which is read into out.
func drive(t *testing.T, within time.Duration, name string, argument, out any) {
	t.Helper()
	arg, err := json.Marshal(argument)
	if err != nil {
		t.Fatal(err)
	}
	var stdout output
	p := start(t, name, driverDir, nil, &stdout, nil, "node", name, string(arg))
	p.wait(t, within)
	if err := json.Unmarshal([]byte(stdout.String()), out); err != nil {
		t.Fatalf("%s printed %q: %v", name, stdout.tail(), err)
	}
}
