package engineio

import (
	"net/http"
	"net/netip"
	"testing"
	"time"
)

func forwardedFor(addresses ...string) http.Header {
	return http.Header{"X-Forwarded-For": addresses}
}

var testProxies = unmapAll([]netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("fd00::/8"),
	netip.MustParsePrefix("::ffff:192.0.2.0/120"),
})

func TestClientAddress(t *testing.T) {
	for _, c := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"no proxy", "203.0.113.9:4711", nil, "203.0.113.9"},
		{"a liar", "203.0.113.9:4711", []string{"198.51.100.1"}, "203.0.113.9"},
		{"one proxy", "10.0.0.1:4711", []string{"198.51.100.1"}, "198.51.100.1"},
		{"a liar behind a proxy", "10.0.0.1:1", []string{"10.0.0.2, 1.1.1.1, 198.51.100.1"}, "198.51.100.1"},
		{"two proxies", "10.0.0.1:1", []string{"1.1.1.1, 198.51.100.1, 10.9.9.9"}, "198.51.100.1"},
		{"two lines", "10.0.0.1:1", []string{"1.1.1.1", "198.51.100.1", "10.9.9.9,10.9.9.8"}, "198.51.100.1"},
		{"a proxy's own request", "10.0.0.1:1", nil, "10.0.0.1"},
		{"proxies alone", "10.0.0.1:1", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"an empty header", "10.0.0.1:1", []string{""}, "10.0.0.1"},
		{"commas", "10.0.0.1:1", []string{" , 198.51.100.1 ,, "}, "198.51.100.1"},
		{"garbage", "10.0.0.1:1", []string{"198.51.100.1, unknown"}, "10.0.0.1"},
		{"garbage further left", "10.0.0.1:1", []string{"x, 198.51.100.1, 10.1.1.1"}, "198.51.100.1"},
		{"a port", "10.0.0.1:1", []string{"198.51.100.1:8080"}, "198.51.100.1"},
		{"IPv6", "[fd00::1]:1", []string{"2001:db8::1"}, "2001:db8::1"},
		{"IPv6 in brackets", "[fd00::1]:1", []string{"[2001:db8::1]"}, "2001:db8::1"},
		{"IPv6 with a port", "[fd00::1]:1", []string{"[2001:db8::1]:8080"}, "2001:db8::1"},
		{"IPv4 in IPv6", "[::ffff:10.0.0.1]:1", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"a proxy given as IPv4 in IPv6", "192.0.2.7:1", []string{"198.51.100.1"}, "198.51.100.1"},
		{"a zone", "[fe80::1%eth0]:1", nil, "fe80::1"},
		{"a unix socket", "@", []string{"198.51.100.1"}, "invalid IP"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := clientAddress(c.peer, forwardedFor(c.forwarded...), testProxies).String(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// Whatever a client sends, it is counted as the address its proxy saw, which
// stands to the right of it.
func FuzzClientAddress(f *testing.F) {
	for _, seed := range []string{"", "198.51.100.1", "10.0.0.1, 10.0.0.2", "[::1]:80", ",,", "a,b", "::ffff:1.2.3.4%x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sent string) {
		got := clientAddress("10.0.0.1:1", forwardedFor(sent), testProxies)
		if !got.IsValid() || got.Is4In6() || got.Zone() != "" {
			t.Errorf("%q gives %v", sent, got)
		}
		const seen = "203.0.113.7"
		for _, forwarded := range [][]string{{sent + "," + seen}, {sent, seen}, {sent, seen + ", 10.1.1.1"}} {
			if got := clientAddress("10.0.0.1:1", forwardedFor(forwarded...), testProxies); got.String() != seen {
				t.Errorf("%q gives %v, want %s", forwarded, got, seen)
			}
		}
	})
}

func TestNetworkOf(t *testing.T) {
	for address, want := range map[string]string{
		"203.0.113.7": "203.0.113.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::", "::1": "::",
	} {
		if got := networkOf(netip.MustParseAddr(address)).String(); got != want {
			t.Errorf("%s counts as %s, want %s", address, got, want)
		}
	}
	if networkOf(netip.Addr{}).IsValid() {
		t.Error("no address counts as one")
	}
}

// numbered is the n-th of many addresses.
func numbered(n int) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

// However many addresses come, few are kept, and those that stay away are not.
func TestAddressTableIsBounded(t *testing.T) {
	var table addressTable
	r := newRate(1)
	for n := range 5 * maxAddresses {
		if wait := table.attempt(r, numbered(n), 0); wait != 0 {
			t.Fatalf("address %d has to wait %s", n, wait)
		}
		if kept := len(table.newer) + len(table.older); kept > 2*maxAddresses {
			t.Fatalf("%d addresses are kept", kept)
		}
	}
	if table.attempt(r, numbered(5*maxAddresses-1), 0) == 0 {
		t.Error("the last address is forgotten")
	}
	for i := range 2 {
		table.attempt(r, numbered(0), time.Duration(i+1)*(r.burst+1))
	}
	if kept := len(table.newer) + len(table.older); kept != 2 {
		t.Errorf("%d addresses are kept of which only one came", kept)
	}

	for n := range 1000 {
		table.enter(1, numbered(n))
	}
	for n := range 1000 {
		if table.enter(1, numbered(n)) {
			t.Fatalf("address %d has two sessions", n)
		}
		table.leave(numbered(n))
	}
	if table.sessions != nil {
		t.Errorf("%d addresses without sessions are kept", len(table.sessions))
	}
}

// What an address has used is remembered from one generation to the next.
func TestAddressTableTurns(t *testing.T) {
	var table addressTable
	r, address := newRate(1), numbered(1)
	table.attempt(r, numbered(2), 0)
	if wait := table.attempt(r, address, r.burst); wait != 0 {
		t.Fatalf("has to wait %s", wait)
	}
	if wait := table.attempt(r, address, r.burst+2); wait == 0 { // the next generation
		t.Error("what it used is forgotten")
	}
	if wait := table.attempt(r, address, 2*r.burst+3); wait != 0 {
		t.Errorf("has to wait %s for what it used long ago", wait)
	}
}
