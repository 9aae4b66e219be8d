//go:build unix

package redistest

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// commandTimeout bounds one command given with [Server.Do].
const commandTimeout = 10 * time.Second

// Do runs one command and returns its answer, a line for each value in it,
// without the last newline; an error answer fails the test.
func (s *Server) Do(args ...string) string {
	s.tb.Helper()
	reply, err := s.command(args...)
	if err != nil {
		s.tb.Fatalf("redistest: %s: %.200s: %v", s.Addr(), strings.Join(args, " "), err)
	}
	return reply
}

// Publish publishes payload, any bytes, on channel: a publisher that shares no
// code with the one under test. It returns the number of receivers.
func (s *Server) Publish(channel string, payload []byte) int {
	s.tb.Helper()
	return s.number("PUBLISH", channel, string(payload))
}

// KillSubscribers closes the connections that subscribe to something, as CLIENT
// KILL TYPE pubsub does, and returns their number.
func (s *Server) KillSubscribers() int {
	s.tb.Helper()
	return s.number("CLIENT", "KILL", "TYPE", "pubsub")
}

// number runs one command that answers with a number.
func (s *Server) number(args ...string) int {
	s.tb.Helper()
	reply := s.Do(args...)
	n, err := strconv.Atoi(reply)
	if err != nil {
		s.tb.Fatalf("redistest: %.200s answered %q", strings.Join(args, " "), reply)
	}
	return n
}

// field is the value of a line "name:value" in the answer to a command such as
// INFO, empty if there is none.
func (s *Server) field(name string, args ...string) string {
	reply, err := s.command(args...)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(reply) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// ChangePassword gives the running server another password, or none, which connections
// that are made from now on must know. [Server.URL] has it.
func (s *Server) ChangePassword(password string) {
	s.tb.Helper()
	s.Do("CONFIG", "SET", "requirepass", password)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed = &password
}

func (s *Server) password() string {
	s.mu.Lock()
	changed := s.changed
	s.mu.Unlock()
	if changed != nil {
		return *changed
	}
	i := slices.Index(s.args, "--requirepass")
	if i < 0 || i+1 >= len(s.args) {
		return ""
	}
	return s.args[i+1]
}
