package settings

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/spf13/pflag"
)

// Host is the name or IP address of an interface; "" is all of them. An IPv6
// address may be in brackets, which are dropped.
func Host(to *string) pflag.Value {
	return &value[string]{to: to, kind: "host", show: func(s string) string { return s }, parse: parseHost}
}

func parseHost(s string) (string, error) {
	inner := s
	if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
		inner = s[1 : len(s)-1]
	}
	if _, err := netip.ParseAddr(inner); err == nil {
		return inner, nil
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || strings.ContainsRune(":/[]@", r) }) {
		return "", errors.New("want a host name or IP address alone, such as 127.0.0.1 or ::1; the port goes to --port")
	}
	return s, nil
}

// Origins is a list of web origins: each "*" for any, or a scheme and host with
// a port where it is not the scheme's own. Each value may hold several,
// separated by commas; the first given replaces the default.
func Origins(to *[]string) pflag.Value {
	return &list[string]{to: to, kind: "origins", parse: parseOrigin, show: func(s string) string { return s }}
}

var errOrigin = errors.New(`want "*" or origins such as https://chat.example.com or http://localhost:3000, separated by commas`)

// parseOrigin returns the origin as a browser sends it: lower case, without the
// scheme's own port.
func parseOrigin(s string) (string, error) {
	if s == "*" {
		return s, nil
	}
	u, err := url.Parse(strings.ToLower(s))
	if err != nil || u.Scheme == "" || u.Hostname() == "" {
		return "", errOrigin
	}
	if u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil || strings.ContainsAny(s, "?#") {
		return "", fmt.Errorf("an origin ends after its host and port: %w", errOrigin)
	}
	host := u.Host
	if strings.Contains(u.Hostname(), ":") && !strings.HasPrefix(host, "[") {
		return "", errOrigin // net/url takes h:: for a host "h:" with an empty port
	}
	if port := u.Port(); u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		host = strings.TrimSuffix(host, ":"+port)
	}
	return u.Scheme + "://" + strings.TrimSuffix(host, ":"), nil
}

// Networks is a list of networks, such as 10.0.0.0/8 or fd00::/8, or of single
// addresses, given as Origins is.
func Networks(to *[]netip.Prefix) pflag.Value {
	return &list[netip.Prefix]{to: to, kind: "networks", parse: parseNetwork, show: netip.Prefix.String}
}

func parseNetwork(s string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(s); err == nil && address.Zone() == "" {
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	network, err := netip.ParsePrefix(s)
	if err != nil {
		return network, errors.New("want addresses or networks such as 10.0.0.1, 10.0.0.0/8 or fd00::/8, separated by commas")
	}
	return network.Masked(), nil
}
