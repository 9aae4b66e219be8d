package engineio

import (
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"nudge/server/internal/occasions"
)

// retryFull is when a client that found the server full may try again: about
// when clients that lost their connection have come back.
const retryFull = 5 * time.Second

// admission decides which handshakes the limits let in.
type admission struct {
	limits      Limits
	rate        rate
	addressRate rate
	perAddress  bool

	full, fast               *occasions.Counter
	addressFull, addressFast *occasions.Counter

	born time.Time
	mu   sync.Mutex
	open int // sessions, and handshakes under way
	used bucket
	from addressTable
}

func newAdmission(limits Limits, log *slog.Logger) *admission {
	return &admission{
		limits:      limits,
		rate:        newRate(limits.MaxHandshakeRate),
		addressRate: newRate(limits.MaxHandshakeRatePerAddress),
		perAddress:  limits.MaxConnectionsPerAddress > 0 || limits.MaxHandshakeRatePerAddress > 0,
		full:        occasions.New(log, "connections"),
		fast:        occasions.New(log, "handshakes per second"),
		addressFull: occasions.New(log, "connections per address"),
		addressFast: occasions.New(log, "handshakes per second per address"),
		born:        time.Now(),
	}
}

// attempt counts a handshake against the rates, or refuses it.
func (a *admission) attempt(r *http.Request) *requestError {
	if a.rate.each == 0 && a.addressRate.each == 0 {
		return nil
	}
	address := a.addressOf(r)
	a.mu.Lock()
	now := time.Since(a.born)
	// The address first: what one is refused must not count against the others.
	addressWait := a.from.attempt(a.addressRate, address, now)
	var wait time.Duration
	if addressWait == 0 {
		wait = a.rate.allow(&a.used, now)
	}
	a.mu.Unlock()
	switch {
	case addressWait > 0:
		a.addressFast.Add("address", address, "at", a.limits.MaxHandshakeRatePerAddress)
		return errTooManyRequests("Too many handshakes from this address", addressWait)
	case wait > 0:
		a.fast.Add("at", a.limits.MaxHandshakeRate)
		return errTooManyRequests("Too many handshakes", wait)
	}
	return nil
}

// enter gives a session its place, which it must leave by calling leave once, or
// refuses it.
func (a *admission) enter(r *http.Request) (leave func(), refusal *requestError) {
	address := a.addressOf(r)
	a.mu.Lock()
	full := a.limits.MaxConnections > 0 && a.open >= a.limits.MaxConnections
	addressFull := !full && !a.from.enter(a.limits.MaxConnectionsPerAddress, address)
	if !full && !addressFull {
		a.open++
	}
	a.mu.Unlock()
	switch {
	case full:
		a.full.Add("at", a.limits.MaxConnections)
		return nil, errFull("Too many connections")
	case addressFull:
		a.addressFull.Add("address", address, "at", a.limits.MaxConnectionsPerAddress)
		return nil, errFull("Too many connections from this address")
	case a.limits.MaxConnectionsPerAddress > 0:
		return func() { a.leave(address) }, nil
	}
	return a.leaveAny, nil
}

func (a *admission) leaveAny() { a.leave(netip.Addr{}) }

func (a *admission) leave(address netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.open--
	a.from.leave(address)
}

// addressOf is what a request counts against, invalid where there is no limit on
// addresses.
func (a *admission) addressOf(r *http.Request) netip.Addr {
	if !a.perAddress {
		return netip.Addr{}
	}
	return networkOf(clientAddress(r.RemoteAddr, r.Header, a.limits.TrustedProxies))
}

func errFull(message string) *requestError {
	return &requestError{status: http.StatusServiceUnavailable, retryAfter: retryFull, Code: 3, Message: message}
}

func errTooManyRequests(message string, wait time.Duration) *requestError {
	return &requestError{status: http.StatusTooManyRequests, retryAfter: wait, Code: 3, Message: message}
}

// wholeSeconds is d in the form of a Retry-After header, at least 1.
func wholeSeconds(d time.Duration) int { return max(1, int(math.Ceil(d.Seconds()))) }
