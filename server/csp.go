package server

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// contentSecurityPolicy allows a document what it needs and nothing else: its
// own origin's files, the scripts and styles written into it, by their hashes,
// and connections to its own origin and to the origins in connect.
func contentSecurityPolicy(document []byte, connect []string) string {
	scripts, styles := inlineHashes(document)
	directives := []string{
		"default-src 'none'",
		sources("script-src", scripts),
		sources("style-src", styles),
		sources("connect-src", connect),
		"img-src 'self'",
		"font-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
	}
	return strings.Join(directives, "; ")
}

func sources(directive string, more []string) string {
	return strings.Join(append([]string{directive, "'self'"}, more...), " ")
}

// inlineHashes returns the CSP sources of the scripts and style sheets that are
// written into document, each once.
func inlineHashes(document []byte) (scripts, styles []string) {
	tokens := html.NewTokenizer(bytes.NewReader(document))
	seen := map[string]bool{}
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return scripts, styles // the document's end: it is read from memory
		case html.StartTagToken:
			token := tokens.Token()
			isScript := token.Data == "script" && !hasAttribute(token, "src")
			if !isScript && token.Data != "style" {
				continue
			}
			if tokens.Next() != html.TextToken {
				continue // nothing written in it
			}
			source := hashSource(tokens.Text())
			switch {
			case seen[token.Data+source]:
			case isScript:
				scripts = append(scripts, source)
			default:
				styles = append(styles, source)
			}
			seen[token.Data+source] = true
		}
	}
}

func hasAttribute(token html.Token, name string) bool {
	for _, attribute := range token.Attr {
		if attribute.Key == name {
			return true
		}
	}
	return false
}

func hashSource(text []byte) string {
	sum := sha256.Sum256(text)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// pageConfig is the file by which the page says what it was built for.
const pageConfig = "config.json"

// connectSources returns the CSP sources of the server that the page was built
// for, read from its config: none where that is the server that serves it.
func connectSources(config []byte) ([]string, error) {
	var built struct {
		Server string `json:"server"`
	}
	if err := json.Unmarshal(config, &built); err != nil {
		return nil, fmt.Errorf("page: %s: %w", pageConfig, err)
	}
	if built.Server == "" {
		return nil, nil
	}
	server, err := url.Parse(built.Server)
	sockets := map[string]string{"http": "ws", "https": "wss"}
	// What is more than an origin, or would end the directive, is no source.
	if err != nil || sockets[server.Scheme] == "" || server.Host == "" ||
		built.Server != server.Scheme+"://"+server.Host || strings.ContainsAny(server.Host, " \t\r\n;,'\"") {
		return nil, fmt.Errorf("page: %s: server is not an origin such as http://localhost:8000; "+
			"build the page again with NEXT_PUBLIC_SERVER_URL set to one, or unset", pageConfig)
	}
	return []string{built.Server, sockets[server.Scheme] + "://" + server.Host}, nil
}
