//go:build unix

package redistest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// StartTLS runs a redis-server that speaks TLS only, with a certificate made
// for it, of the names localhost and 127.0.0.1. It vouches for itself: a client
// must be told to trust [Server.CAFile], or not to verify.
func StartTLS(tb testing.TB, args ...string) *Server {
	tb.Helper()
	s := New(tb, args...)
	cert, key := certificate(tb, s.dir)
	s.ca = cert
	s.base = append(s.base, "--port", "0", "--tls-port", strconv.Itoa(s.port),
		"--tls-auth-clients", "no", "--tls-replication", "yes",
		"--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert)
	s.Start()
	return s
}

// CAFile is the PEM file of the authority that vouches for the server's
// certificate, empty for a server without TLS.
func (s *Server) CAFile() string { return s.ca }

// certificate writes a self-signed certificate and its key to dir.
func certificate(tb testing.TB, dir string) (certFile, keyFile string) {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatalf("redistest: make a key: %v", err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "localhost"},
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		tb.Fatalf("redistest: make a certificate: %v", err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatalf("redistest: write a key: %v", err)
	}
	write := func(name, kind string, der []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			tb.Fatalf("redistest: %v", err)
		}
		return file
	}
	return write("cert.pem", "CERTIFICATE", cert), write("key.pem", "PRIVATE KEY", keyDER)
}
