package engineio

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// clientAddress is where a request comes from: its peer, or where that is a
// trusted proxy, the right-most address in X-Forwarded-For that is none. What is
// left of it, the client may have made up; and where something there is no
// address, all left of that. Invalid where the peer has no IP address.
func clientAddress(peer string, header http.Header, trusted []netip.Prefix) netip.Addr {
	address := parseAddress(peer)
	if !isTrusted(address, trusted) {
		return address
	}
	lines := header["X-Forwarded-For"]
	for i := len(lines) - 1; i >= 0; i-- {
		for line, more := lines[i], true; more; {
			var hop string
			line, hop, more = cutLast(line, ',')
			if hop = strings.TrimSpace(hop); hop == "" {
				continue // as in a list that ends with a comma
			}
			next := parseAddress(hop)
			if !next.IsValid() {
				return address
			}
			if address = next; !isTrusted(address, trusted) {
				return address
			}
		}
	}
	return address
}

// cutLast cuts s at the last sep; without one, all of it is after.
func cutLast(s string, sep byte) (before, after string, found bool) {
	if i := strings.LastIndexByte(s, sep); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return "", s, false
}

func isTrusted(address netip.Addr, trusted []netip.Prefix) bool {
	return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(address) })
}

// parseAddress reads an address with or without port and brackets, and returns
// it without zone, an IPv4 address that is mapped into IPv6 as IPv4.
func parseAddress(s string) netip.Addr {
	address, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	if err != nil {
		withPort, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}
		}
		address = withPort.Addr()
	}
	return address.Unmap().WithZone("")
}

// networkOf is what an address is counted as: the whole /64 of an IPv6 address,
// since one client has them all.
func networkOf(address netip.Addr) netip.Addr {
	if !address.Is6() {
		return address
	}
	prefix, _ := address.Prefix(64) // which every IPv6 address has
	return prefix.Addr()
}

// unmapAll gives networks of IPv4 addresses mapped into IPv6 as those of IPv4,
// the form that clientAddress has addresses in.
func unmapAll(networks []netip.Prefix) []netip.Prefix {
	unmapped := make([]netip.Prefix, 0, len(networks))
	for _, p := range networks {
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		unmapped = append(unmapped, p)
	}
	return unmapped
}
