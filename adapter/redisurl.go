package adapter

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/redis/rueidis"
)

// ErrURL is wrapped by every error about a Redis URL that cannot be read. The
// text names the part that is wrong and never holds any of the URL, which may
// be a password in the wrong place.
var ErrURL = errors.New("bad Redis URL")

// hidden stands for credentials wherever a URL is shown.
const hidden = "xxxxx"

// redisURL is a Redis URL that has been read.
type redisURL struct {
	option  rueidis.ClientOption
	network string // "tcp", "tcp4", "tcp6" or "unix"
	shown   string // the URL without its secrets, in its full form
}

// RedactURL returns a Redis URL in a form that may be logged: with its host,
// port and database, and its credentials replaced. Of a URL that cannot be read,
// only a known scheme remains, as there is no telling where its password is.
func RedactURL(raw string) string {
	if raw == "" {
		return ""
	}
	if u, err := parseRedisURL(raw); err == nil {
		return u.shown
	}
	if scheme, _, ok := strings.Cut(strings.ToLower(strings.TrimSpace(raw)), "://"); ok && knownScheme(scheme) {
		return scheme + "://" + hidden
	}
	return hidden
}

func knownScheme(scheme string) bool {
	switch scheme {
	case "redis", "rediss", "valkey", "valkeys", "unix":
		return true
	}
	return false
}

// parseRedisURL reads every form that ioredis takes for a URL: a port, a
// path of a Unix socket, "host", "host:port" and "//host" with or without
// credentials, redis:// and rediss://; and those of rueidis: unix:// and the
// query parameters of its ParseURL. "" is localhost:6379, as it is there.
func parseRedisURL(raw string) (redisURL, error) {
	s := strings.TrimSpace(raw)
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return redisURL{}, badURL("it has a control character in it")
	}
	if isDigits(s) {
		s = "localhost:" + s
	}
	scheme, authority, path, err := splitURL(s)
	if err != nil {
		return redisURL{}, err
	}
	path, query, _ := strings.Cut(path, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return redisURL{}, badURL("its query (after ?) cannot be decoded: write % as %25 and ; as %3B")
	}
	user, err := credentials(&authority, values)
	if err != nil {
		return redisURL{}, err
	}

	var u redisURL
	if scheme == "unix" {
		u, err = unixURL(authority, path, values)
	} else {
		u, err = tcpURL(scheme, authority, path, values)
	}
	if err != nil {
		return redisURL{}, err
	}
	u.option.Username = user.Username()
	u.option.Password, _ = user.Password()
	u.shown = showURL(scheme, u)
	return u, nil
}

// configuredURL reads a URL, and has configure, if any, go over what it says.
func configuredURL(raw string, configure func(*rueidis.ClientOption)) (redisURL, error) {
	u, err := parseRedisURL(raw)
	if err == nil && configure != nil {
		configure(&u.option)
	}
	return u, err
}

// splitURL cuts s into a scheme, what may hold credentials and a host, and
// the rest, which begins with "/" or "?" or is empty.
func splitURL(s string) (scheme, authority, rest string, err error) {
	if strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//") {
		// A bare path is one as it stands, without escapes.
		path, query, _ := strings.Cut(s, "?")
		return "unix", "", escapePath(path) + "?" + query, nil
	}
	scheme, rest = "redis", strings.TrimPrefix(s, "//")
	if before, after, ok := strings.Cut(s, "://"); ok && isScheme(before) {
		scheme, rest = strings.ToLower(before), after
	}
	if !knownScheme(scheme) {
		return "", "", "", badURL("its scheme is not redis, rediss or unix")
	}
	authority = rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority, rest = rest[:end], rest[end:]
	} else {
		rest = ""
	}
	// An @ or # further on is most likely part of a password that was not
	// escaped; read any other way, half of it would be taken for a host.
	if strings.ContainsAny(rest, "@#") {
		return "", "", "", badURL("it has an @ or # after the host: in a password write / as %2F, ? as %3F, # as %23, elsewhere @ as %40")
	}
	return scheme, authority, rest, nil
}

// credentials takes the user name and password off authority, or out of the
// parameters "username" and "password" that ioredis takes too.
func credentials(authority *string, values url.Values) (*url.Userinfo, error) {
	name, password := values.Get("username"), values.Get("password")
	values.Del("username")
	values.Del("password")
	at := strings.LastIndexByte(*authority, '@')
	if at < 0 {
		return url.UserPassword(name, password), nil
	}
	rawName, rawPassword, _ := strings.Cut((*authority)[:at], ":")
	*authority = (*authority)[at+1:]
	decodedName, err1 := url.PathUnescape(rawName)
	decodedPassword, err2 := url.PathUnescape(rawPassword)
	if err1 != nil || err2 != nil {
		return nil, badURL("its user name or password has a % that is no escape: write it as %25")
	}
	if decodedName != "" {
		name = decodedName
	}
	if decodedPassword != "" {
		password = decodedPassword
	}
	return url.UserPassword(name, password), nil
}

func unixURL(authority, path string, values url.Values) (redisURL, error) {
	if authority != "" || path == "" || path == "/" {
		return redisURL{}, badURL("a Unix socket is written unix:///path/to.sock")
	}
	decoded, err := url.PathUnescape(path)
	if err != nil {
		return redisURL{}, badURL("its path has a % that is no escape: write it as %25")
	}
	option, err := parameters("redis", "localhost:6379", values)
	if err != nil {
		return redisURL{}, err
	}
	option.InitAddress = []string{decoded}
	return redisURL{option: option, network: "unix"}, nil
}

func tcpURL(scheme, authority, path string, values url.Values) (redisURL, error) {
	host, port, err := hostPort(authority)
	if err != nil {
		return redisURL{}, err
	}
	network := "tcp"
	switch family := values.Get("family"); family {
	case "", "0":
	case "4", "6":
		network += family
	default:
		return redisURL{}, badURL("its parameter family is not 0, 4 or 6")
	}
	values.Del("family")
	if db := strings.Trim(path, "/"); db != "" {
		values.Set("db", db)
	}
	option, err := parameters(scheme, net.JoinHostPort(host, port), values)
	if err != nil {
		return redisURL{}, err
	}
	return redisURL{option: option, network: network}, nil
}

// parameters has rueidis read the parameters it knows.
func parameters(scheme, hostport string, values url.Values) (rueidis.ClientOption, error) {
	if db := values.Get("db"); db != "" {
		if n, err := strconv.Atoi(db); err != nil || n < 0 {
			return rueidis.ClientOption{}, badURL("its database, after the host or in db, is not a number from 0")
		}
	}
	clean := url.URL{Scheme: scheme, Host: hostport, RawQuery: values.Encode()}
	option, err := rueidis.ParseURL(clean.String())
	if err != nil {
		// The text of that error quotes a value.
		return rueidis.ClientOption{}, badURL("one of its parameters dial_timeout, write_timeout (as 3s) or skip_verify (true or false) cannot be read")
	}
	if file := values.Get("ca"); file != "" {
		if option.TLSConfig == nil {
			return rueidis.ClientOption{}, badURL("its parameter ca is for rediss://")
		}
		if option.TLSConfig.RootCAs, err = readCA(file); err != nil {
			return rueidis.ClientOption{}, err
		}
	}
	return option, nil
}

// readCA reads the certificates of the authorities to trust in place of the
// system's.
func readCA(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, badURL("the file of its parameter ca cannot be read")
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, badURL("the file of its parameter ca has no certificate in PEM form")
	}
	return roots, nil
}

func hostPort(authority string) (host, port string, err error) {
	host, port = authority, ""
	if colon := strings.LastIndexByte(authority, ':'); colon >= 0 && !strings.HasSuffix(authority, "]") {
		host, port = authority[:colon], authority[colon+1:]
	}
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		host = host[1 : len(host)-1]
		if net.ParseIP(host) == nil {
			return "", "", badURL("its host in [ ] is not an IPv6 address")
		}
	} else if !isHost(host) {
		return "", "", badURL("its host is not a name or an address (write IPv6 in [ ], and credentials before an @)")
	}
	if host == "" {
		host = "localhost"
	}
	if port == "" {
		port = "6379"
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", "", badURL("its port is not a number from 1 to 65535")
	}
	return host, port, nil
}

func showURL(scheme string, u redisURL) string {
	var b strings.Builder
	b.WriteString(scheme + "://")
	if u.option.Password != "" || u.option.Username != "" {
		b.WriteString(hidden + "@") // a name may well be a token
	}
	// Further addresses come from the query.
	if u.network == "unix" {
		b.WriteString(escapePath(u.option.InitAddress[0]))
	} else {
		b.WriteString(u.option.InitAddress[0])
	}
	if db := u.option.SelectDB; db != 0 && u.network == "unix" {
		fmt.Fprintf(&b, "?db=%d", db)
	} else if db != 0 {
		fmt.Fprintf(&b, "/%d", db)
	}
	return b.String()
}

// escapePath writes a path so that splitURL takes it for one.
func escapePath(path string) string {
	return strings.ReplaceAll((&url.URL{Path: path}).EscapedPath(), "@", "%40")
}

func badURL(what string) error { return fmt.Errorf("%w: %s", ErrURL, what) }

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func isScheme(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '+' && r != '.' && r != '-'
	})
}

func isHost(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
	})
}
