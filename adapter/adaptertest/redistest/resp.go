//go:build unix

package redistest

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// replyError is an error that the server answered with.
type replyError string

func (e replyError) Error() string { return string(e) }

// command runs one command on a connection of its own. The answer is text, a
// line for each value in it.
func (s *Server) command(args ...string) (string, error) {
	conn, err := s.connect()
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(commandTimeout)); err != nil {
		return "", err
	}
	r := bufio.NewReader(conn)
	if p := s.password(); p != "" {
		if _, err := roundTrip(conn, r, []string{"AUTH", p}); err != nil {
			return "", err
		}
	}
	return roundTrip(conn, r, args)
}

func (s *Server) connect() (net.Conn, error) {
	dialer := &net.Dialer{Timeout: commandTimeout}
	if s.ca == "" {
		return dialer.Dial("tcp", s.Addr())
	}
	pem, err := os.ReadFile(s.ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return tls.DialWithDialer(dialer, "tcp", s.Addr(), &tls.Config{RootCAs: roots})
}

func roundTrip(w io.Writer, r *bufio.Reader, args []string) (string, error) {
	request := fmt.Appendf(nil, "*%d\r\n", len(args))
	for _, a := range args {
		request = fmt.Appendf(request, "$%d\r\n%s\r\n", len(a), a)
	}
	if _, err := w.Write(request); err != nil {
		return "", err
	}
	var lines []string
	if err := readReply(r, &lines); err != nil {
		return "", err
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\r\n"), nil
}

// readReply reads one value of RESP 2 and adds its lines.
func readReply(r *bufio.Reader, lines *[]string) error {
	head, err := r.ReadString('\n')
	if err != nil {
		return err
	}
	head = strings.TrimSuffix(head, "\r\n")
	if head == "" {
		return errors.New("an empty line for an answer")
	}
	kind, rest := head[0], head[1:]
	switch kind {
	case '+', ':':
		*lines = append(*lines, rest)
		return nil
	case '-':
		return replyError(rest)
	}
	n, err := strconv.Atoi(rest)
	switch {
	case err != nil:
		return fmt.Errorf("the answer %q", head)
	case n < 0:
		*lines = append(*lines, "") // nil
		return nil
	case kind == '$':
		text := make([]byte, n+len("\r\n"))
		if _, err := io.ReadFull(r, text); err != nil {
			return err
		}
		*lines = append(*lines, string(text[:n]))
		return nil
	case kind == '*':
		for range n {
			if err := readReply(r, lines); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("the answer %q", head)
}
