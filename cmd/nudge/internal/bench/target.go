package bench

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
)

// ErrRemote means that a server is not on this machine, and that Config.Remote
// does not allow for it.
var ErrRemote = errors.New("not on this machine")

// ErrURL means that a URL names no server.
var ErrURL = errors.New("want a server's URL such as http://127.0.0.1:8000")

// target is one server.
type target struct {
	addr   netip.AddrPort
	host   string // as the Host header has it
	path   string // with slashes around it
	tls    *tls.Config
	dialed atomic.Uint64
}

// perSource is how many connections are made from one address of this machine
// before the next is used: the ports of one run out at about 28,000.
const perSource = 20_000

// sources is how many addresses of this machine are used in turn. By the time
// that the first comes again its ports are free again.
const sources = 16

// resolveTargets finds the servers at urls, and refuses those elsewhere unless
// remote is set.
func resolveTargets(ctx context.Context, urls []string, remote bool) ([]*target, error) {
	if len(urls) == 0 {
		return nil, ErrURL
	}
	targets := make([]*target, 0, len(urls))
	for _, text := range urls {
		t, err := resolveTarget(ctx, text)
		if err != nil {
			return nil, err
		}
		if !remote && !t.addr.Addr().IsLoopback() {
			return nil, fmt.Errorf("%s is %w", t.host, ErrRemote)
		}
		targets = append(targets, t)
	}
	return targets, nil
}

// ParseURL checks the URL of a server. Its error wraps ErrURL, and does not
// show the URL: it may hold a password.
func ParseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Hostname() == "", u.RawQuery != "", u.Fragment != "":
		return nil, ErrURL
	case u.User != nil:
		return nil, fmt.Errorf("%w, without a user", ErrURL)
	case u.Scheme == "ws", u.Scheme == "wss":
		u.Scheme = "http" + u.Scheme[2:]
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, ErrURL
	}
	return u, nil
}

func resolveTarget(ctx context.Context, text string) (*target, error) {
	u, err := ParseURL(text)
	if err != nil {
		return nil, err
	}
	t := &target{host: u.Host, path: "/" + strings.Trim(u.Path, "/") + "/"}
	if t.path == "//" {
		t.path = "/socket.io/"
	}
	port := u.Port()
	if u.Scheme == "https" {
		t.tls = &tls.Config{ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
	}
	if port == "" {
		port = u.Scheme
	}
	number, err := net.DefaultResolver.LookupPort(ctx, "tcp", port)
	if err != nil {
		return nil, fmt.Errorf("the port of %s: %w", u.Host, err)
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Hostname())
	if err != nil {
		return nil, fmt.Errorf("finding %s: %w", u.Host, err)
	}
	chosen := addrs[0]
	for _, addr := range addrs {
		if addr.Unmap().Is4() { // what servers listen on when they listen on one
			chosen = addr
			break
		}
	}
	t.addr = netip.AddrPortFrom(chosen.Unmap(), uint16(number))
	return t, nil
}

// dial opens a connection, from an address that has ports left.
func (t *target) dial(ctx context.Context) (net.Conn, error) {
	var dialer net.Dialer
	round := (t.dialed.Add(1) - 1) / perSource % sources
	if round > 0 && t.addr.Addr().Is4() && t.addr.Addr().IsLoopback() {
		dialer.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(1+round))}
	}
	conn, err := dialer.DialContext(ctx, "tcp", t.addr.String())
	if err != nil || t.tls == nil {
		return conn, err
	}
	secured := tls.Client(conn, t.tls)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secured, nil
}
