package engineio

import (
	"bufio"
	"net/http"
	"reflect"
	"strings"
	"testing"
)

// A session's request is the handshake's, also where a handler before the engine
// has changed its URL.
func TestKeptRequest(t *testing.T) {
	const text = "GET /chat/socket.io/?EIO=4&transport=polling&a=%20b HTTP/1.1\r\nHost: chat.example\r\nCookie: a=b\r\nX: 1\r\nX: 2\r\n\r\n"
	for name, change := range map[string]func(*http.Request){
		"as it came":      func(*http.Request) {},
		"prefix taken":    func(r *http.Request) { r.URL.Path = strings.TrimPrefix(r.URL.Path, "/chat") },
		"another version": func(r *http.Request) { r.ProtoMajor, r.ProtoMinor, r.Proto = 2, 0, "HTTP/2.0" },
	} {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
		if err != nil {
			t.Fatal(err)
		}
		r.RemoteAddr = "192.0.2.1:1234"
		change(r)
		kept := keepRequest(r)
		got := kept.request()
		want := &http.Request{
			Method: r.Method, URL: r.URL, Proto: r.Proto, ProtoMajor: r.ProtoMajor, ProtoMinor: r.ProtoMinor,
			Header: r.Header, Host: r.Host, RemoteAddr: r.RemoteAddr, RequestURI: r.RequestURI,
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}
