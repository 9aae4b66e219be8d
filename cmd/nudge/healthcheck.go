package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"nudge/cmd/nudge/internal/settings"
)

func newHealthcheck(p process) *cobra.Command {
	opts := defaultOptions()
	base, ready, timeout := "", false, 3*time.Second
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask a server whether it lives, for a container's probe",
		Long: `Ask the server on this machine whether it lives, or with --ready whether it is
ready for clients, and say in one line what came of it. The server is found by
the flags, variables and .env file that serve was given.

Exit codes: 0 healthy, 1 not, 2 when a flag or variable is wrong.`,
		Example: `  nudge healthcheck
  nudge healthcheck --ready --port 8001
  nudge healthcheck --url http://chat.internal:8000 --timeout 1s

  # In a Dockerfile
  HEALTHCHECK CMD ["nudge", "healthcheck"]`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			env, _ := p.environment() // serve is the one to speak of an unreadable file
			if err := settings.Resolve(cmd.Flags(), env); err != nil {
				return err
			}
			if base == "" && opts.port == 0 {
				return usagef("--port 0 is a free port that only the server knows; name it with --port or --url")
			}
			path := "/healthz"
			if ready {
				path = "/readyz"
			}
			target := base
			if target == "" {
				target = "http://" + net.JoinHostPort(reachable(opts.host), strconv.Itoa(opts.port))
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			line, err := probe(ctx, strings.TrimSuffix(target, "/")+path)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), line)
			return err
		},
	}
	opts.bindAddress(cmd.Flags())
	cmd.Flags().Lookup("host").Usage = "name or IP address that the server listens on (env NUDGE_HOST)"
	cmd.Flags().Lookup("port").Usage = "port that the server listens on (env PORT)"
	cmd.Flags().Var(settings.Text(&base, "url", checkBaseURL), "url", "base URL of the server, in place of host and port")
	cmd.Flags().BoolVar(&ready, "ready", false, "ask whether it is ready (/readyz), not whether it lives (/healthz)")
	cmd.Flags().Var(settings.Duration(&timeout), "timeout", "longest wait for the answer")
	return cmd
}

// reachable returns the address at which a server that listens on host is
// reached from this machine.
func reachable(host string) string {
	if addr, err := netip.ParseAddr(host); host == "" || err == nil && addr.IsUnspecified() {
		return "127.0.0.1"
	}
	return host
}

func checkBaseURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("want a base URL such as http://127.0.0.1:8000")
	}
	return nil
}

// probe asks target and returns what it answered in one line; an answer other
// than 200 is an error.
func probe(ctx context.Context, target string) (string, error) {
	shown := settings.Redact(target)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return "", fmt.Errorf("asking %s: %w", shown, err)
	}
	// No proxy: it is this machine that is asked. No redirect: health is not elsewhere.
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", fmt.Errorf("no answer from %s: %w", shown, causeOf(ctx, err))
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusOK {
		return shown + " answered 200", nil
	}
	if reason := readReason(resp.Body); reason != "" {
		return "", fmt.Errorf("%s answered %d: %s", shown, resp.StatusCode, reason)
	}
	return "", fmt.Errorf("%s answered %d", shown, resp.StatusCode)
}

// causeOf leaves out the URL, which the line has named, redacted.
func causeOf(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errors.New("timed out")
	}
	var urlErr *url.Error
	if errors.As(err, &urlErr) {
		return urlErr.Err
	}
	return err
}

// readReason returns the reason that the body of an answer gives: the field of
// that name in a JSON object, else the start of its text.
func readReason(body io.Reader) string {
	const most = 64 << 10
	text, err := io.ReadAll(io.LimitReader(body, most))
	if err != nil {
		return ""
	}
	var answer struct {
		Reason string `json:"reason"`
	}
	if json.Unmarshal(text, &answer) == nil && answer.Reason != "" {
		return answer.Reason
	}
	const shown = 200
	return strings.ToValidUTF8(string(text[:min(len(text), shown)]), "")
}
