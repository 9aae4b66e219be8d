package engineio

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"weak"

	"github.com/zishang520/engine.io/v2/types"
)

// keptRequest is what a session keeps of its handshake's request: what cannot
// be made again. It holds on to none of the connection's buffers.
type keptRequest struct {
	url    *url.URL // nil where uri has all of it
	uri    string
	host   string
	remote string
	header http.Header
	tls    *tls.ConnectionState
	proto  [2]uint8 // major and minor version of HTTP
}

func keepRequest(r *http.Request) keptRequest {
	k := keptRequest{url: r.URL, uri: r.RequestURI, host: r.Host, remote: r.RemoteAddr, header: r.Header, tls: r.TLS,
		proto: [2]uint8{uint8(r.ProtoMajor), uint8(r.ProtoMinor)}}
	if r.URL.RequestURI() == r.RequestURI {
		k.url = nil
	}
	return k
}

// request makes the request anew.
func (k *keptRequest) request() *http.Request {
	u := k.url
	if u == nil {
		u, _ = url.ParseRequestURI(k.uri) // as it was parsed before
	}
	return &http.Request{
		Method: http.MethodGet, URL: u,
		Proto:      fmt.Sprintf("HTTP/%d.%d", k.proto[0], k.proto[1]),
		ProtoMajor: int(k.proto[0]), ProtoMinor: int(k.proto[1]),
		Header: k.header, Host: k.host, RemoteAddr: k.remote, RequestURI: k.uri, TLS: k.tls,
	}
}

// noResponse stands in for the handshake's response, which is long gone.
type noResponse struct{}

func (noResponse) Header() http.Header       { return http.Header{} }
func (noResponse) Write([]byte) (int, error) { return 0, http.ErrHandlerTimeout }
func (noResponse) WriteHeader(int)           {}

// Request is the handshake's request; its response cannot be written to. It is
// made anew where nobody holds it any more: handlers rarely ask for it, and it
// takes more memory than the rest of an idle session.
func (s *Socket) Request() *types.HttpContext {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx := s.context.Value()
	if ctx == nil {
		ctx = types.NewHttpContext(noResponse{}, s.handshake.request())
		ctx.Flush() // ends the goroutine that waits for the request's end
		s.context = weak.Make(ctx)
	}
	return ctx
}

// RemoteAddress is the client's address, without the port. Where proxies are
// trusted, it is the one that they forward.
func (s *Socket) RemoteAddress() string {
	if trusted := s.srv.cfg.Limits.TrustedProxies; len(trusted) > 0 {
		if address := clientAddress(s.handshake.remote, s.handshake.header, trusted); address.IsValid() {
			return address.String()
		}
	}
	host, _, err := net.SplitHostPort(s.handshake.remote)
	if err != nil {
		return s.handshake.remote
	}
	return host
}
