// Command bare is the least that a server can do for a fan-out: it answers the
// handshakes with ready bytes, makes one frame of each message, and writes that
// to every client. What it costs is what the kernel and the runtime ask for.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"log"
	"net"

	"github.com/gobwas/ws"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8000", "address to listen on")
	batch := flag.Bool("batch", false, "write messages that came meanwhile together")
	flag.Parse()
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	h := newHub(*batch)
	log.Printf("listening on %s", listener.Addr())
	for {
		conn, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(h, conn)
	}
}

// maxFrame bounds a client's frame, in bytes.
const maxFrame = 1 << 20

// serve takes a client until it ends.
func serve(h *hub, conn net.Conn) {
	defer func() {
		h.remove(conn)
		_ = conn.Close()
	}()
	if _, err := ws.Upgrade(conn); err != nil {
		return
	}
	// No pings: nobody here waits for an answer to one.
	open := textFrame(`0{"sid":"bare","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`)
	if _, err := conn.Write(open); err != nil {
		return
	}
	in := bufio.NewReaderSize(conn, 512)
	for {
		header, err := ws.ReadHeader(in)
		if err != nil || header.OpCode == ws.OpClose || header.Length > maxFrame {
			return
		}
		text := make([]byte, header.Length)
		if _, err := io.ReadFull(in, text); err != nil {
			return
		}
		ws.Cipher(text, header.Mask, 0)
		if err := take(h, conn, text); err != nil {
			return
		}
	}
}

var (
	connectPacket = []byte("40")
	messagePrefix = []byte(`42["event:message",`)
	eventPrefix   = []byte(`42`)
	echoEvent     = []byte(`"echo",`)
)

// take does what a packet asks for.
func take(h *hub, conn net.Conn, packet []byte) error {
	if bytes.Equal(packet, connectPacket) {
		return h.welcome(conn, textFrame(`40{"sid":"bare"}`))
	}
	if object, ok := bytes.CutPrefix(packet, messagePrefix); ok {
		payload, err := json.Marshal(string(bytes.TrimSuffix(object, []byte("]"))))
		if err != nil {
			return err
		}
		h.deliver(textFrame(`42["message",` + string(payload) + `]`))
		return nil
	}
	if event, ok := bytes.CutPrefix(packet, eventPrefix); ok {
		number, arguments, _ := bytes.Cut(event, []byte("["))
		if argument, ok := bytes.CutPrefix(arguments, echoEvent); ok {
			_, err := conn.Write(textFrame("43" + string(number) + "[" + string(argument)))
			return err
		}
	}
	return nil
}

// textFrame is a whole frame, ready to be written.
func textFrame(text string) []byte {
	return ws.MustCompileFrame(ws.NewTextFrame([]byte(text)))
}
