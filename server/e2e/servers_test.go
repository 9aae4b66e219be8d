package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"nudge/adapter/adaptertest/redistest"
)

// server is a chat server under a URL, of either kind.
type server struct {
	*process
	url  string // http://127.0.0.1:port
	port int
}

func (s *server) setURL() string {
	s.url = fmt.Sprintf("http://127.0.0.1:%d", s.port)
	return s.url
}

// startNudge runs a Go node as the deployment would: its settings in the
// environment, "" for no Redis. Further arguments are those of nudge serve.
func startNudge(t *testing.T, redisURL string, args ...string) *server {
	t.Helper()
	return startNudgeOn(t, 0, redisURL, args...)
}

// startNudgeOn is startNudge on a port, 0 for a free one.
func startNudgeOn(t *testing.T, port int, redisURL string, args ...string) *server {
	t.Helper()
	env := []string{"PORT=" + strconv.Itoa(port), "REDIS_URL=" + redisURL, "NUDGE_HOST=127.0.0.1", "NUDGE_LOG_FORMAT=json"}
	argv := append([]string{nudgeBinary, "serve"}, args...)
	s := &server{process: start(t, "nudge", t.TempDir(), nil, nil, env, argv...)}
	eventually(t, startWithin, "nudge listens", func() bool {
		if s.ended() {
			t.Fatalf("nudge ended at once: %v\n%s", s.err, s.out.tail())
		}
		for _, line := range s.out.lines() {
			var entry struct{ Msg, Addr string }
			if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "listening" {
				_, p, _ := strings.Cut(entry.Addr, ":")
				s.port, _ = strconv.Atoi(p)
			}
		}
		return s.port != 0
	})
	s.setURL()
	return s
}

// startNudgeReady is startNudge with its relay working.
func startNudgeReady(t *testing.T, redisURL string, args ...string) *server {
	t.Helper()
	s := startNudge(t, redisURL, args...)
	s.untilReady(t)
	return s
}

func (s *server) untilReady(t *testing.T) {
	t.Helper()
	eventually(t, startWithin, "nudge is ready", func() bool { return s.readiness(t).code == http.StatusOK })
}

// startPeer runs a Node server of the original deployment's semantics.
func startPeer(t *testing.T, redisURL string) *server {
	t.Helper()
	return startPeerOn(t, 0, redisURL)
}

func startPeerOn(t *testing.T, port int, redisURL string) *server {
	t.Helper()
	env := []string{"PORT=" + strconv.Itoa(port), "HOST=127.0.0.1", "REDIS_URL=" + redisURL}
	s := &server{process: start(t, "Node server", peerDir, nil, nil, env, "node", "server.mjs")}
	eventually(t, startWithin, "the Node server listens", func() bool {
		if s.ended() {
			t.Fatalf("the Node server ended at once: %v\n%s", s.err, s.out.tail())
		}
		_, err := fmt.Sscanf(s.out.String(), "listening on port %d\n", &s.port)
		return err == nil
	})
	t.Cleanup(func() { // it would wait for sessions that a raw client left behind
		_ = s.cmd.Process.Kill()
		<-s.done
	})
	s.setURL()
	return s
}

// readiness is the answer of /readyz.
type readiness struct {
	code   int
	Status string
	Reason string
	Relay  struct {
		Kind      string
		Channel   string
		Connected bool
	}
	Counts map[string]float64
}

func (s *server) readiness(t *testing.T) readiness {
	t.Helper()
	code, body := get(t, s.url+"/readyz")
	r := readiness{code: code}
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		t.Fatalf("/readyz: %v in %q", err, body)
	}
	return r
}

// get returns the status and the body of a URL.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := httpClient.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// httpClient keeps no connection, and so no goroutine.
var httpClient = &http.Client{
	Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true},
	Timeout:   30 * time.Second,
}

// bothServers are a Go node and a Node server on one Redis.
func bothServers(t *testing.T) map[string]*server {
	t.Helper()
	redis := redistest.Start(t)
	return map[string]*server{
		"nudge": startNudgeReady(t, redis.URL()),
		"Node":  startPeer(t, redis.URL()),
	}
}
