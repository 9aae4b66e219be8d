package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// connectPolling opens a Socket.IO connection on HTTP requests, all on one TCP
// connection, and returns its session.
func (t *target) connectPolling(ctx context.Context) (w *wire, sid string, err error) {
	w, err = t.open(ctx)
	if err != nil {
		return nil, "", err
	}
	if sid, err = w.handshakePolling(t); err != nil {
		_ = w.Close()
		return nil, "", err
	}
	return w, sid, nil
}

func (w *wire) handshakePolling(t *target) (sid string, err error) {
	opened, err := w.get(t, "")
	if err != nil {
		return "", err
	}
	var session struct {
		SID string `json:"sid"`
	}
	if len(opened) == 0 || opened[0] != '0' || json.Unmarshal(opened[1:], &session) != nil || session.SID == "" {
		return "", fmt.Errorf("%w: %.100q instead of a session", ErrRefused, opened)
	}
	if err := w.post(t, session.SID, "40"); err != nil {
		return "", err
	}
	answer, err := w.get(t, session.SID)
	if err != nil {
		return "", err
	}
	return session.SID, checkConnect(answer)
}

// connectUpgrade opens a Socket.IO connection as browsers do: polling first,
// then a websocket that takes over while a poll is pending.
func (t *target) connectUpgrade(ctx context.Context) (*wire, error) {
	polling, sid, err := t.connectPolling(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = polling.Close() }()
	if err := polling.ask(http.MethodGet, t, sid, ""); err != nil {
		return nil, err
	}
	w, err := t.open(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.upgrade(t, polling, sid); err != nil {
		_ = w.Close()
		return nil, err
	}
	return w, nil
}

// upgrade takes the session sid over from polling, which waits for a poll's
// answer.
func (w *wire) upgrade(t *target, polling *wire, sid string) error {
	if err := w.switchProtocols(t, sid); err != nil {
		return err
	}
	if err := w.writeText("2probe"); err != nil {
		return err
	}
	probed, err := w.readText()
	if err != nil {
		return fmt.Errorf("waiting for the probe's answer: %w", err)
	}
	if !bytes.Equal(probed, []byte("3probe")) {
		return fmt.Errorf("%w: %.100q instead of the probe's answer", ErrRefused, probed)
	}
	status, body, err := polling.readAnswer()
	if err != nil {
		return fmt.Errorf("waiting for the last poll: %w", err)
	}
	if status != http.StatusOK {
		return refusal(status, body)
	}
	return w.writeText("5")
}

// get polls, and returns the payload.
func (w *wire) get(t *target, sid string) ([]byte, error) {
	return w.exchange(http.MethodGet, t, sid, "")
}

// post sends a payload.
func (w *wire) post(t *target, sid, payload string) error {
	_, err := w.exchange(http.MethodPost, t, sid, payload)
	return err
}

func (w *wire) exchange(method string, t *target, sid, payload string) ([]byte, error) {
	if err := w.ask(method, t, sid, payload); err != nil {
		return nil, err
	}
	status, body, err := w.readAnswer()
	if err != nil {
		return nil, fmt.Errorf("waiting for the answer to a %s: %w", method, err)
	}
	if status != http.StatusOK {
		return nil, refusal(status, body)
	}
	return body, nil
}

// ask sends a request of the polling transport.
func (w *wire) ask(method string, t *target, sid, payload string) error {
	request := method + " " + t.path + "?EIO=4&transport=polling"
	if sid != "" {
		request += "&sid=" + sid
	}
	request += " HTTP/1.1\r\nHost: " + t.host + "\r\n"
	if method == http.MethodPost {
		request += "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: " + strconv.Itoa(len(payload)) + "\r\n"
	}
	if _, err := io.WriteString(w.Conn, request+"\r\n"+payload); err != nil {
		return fmt.Errorf("sending a %s: %w", method, err)
	}
	return nil
}
