package adapter

import (
	"context"
	"encoding/base64"

	"github.com/redis/rueidis"
	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io/v2/socket"
)

// packSession writes a session as Node does.
func (s *streams) packSession(session *socket.SessionToPersist) []byte {
	w := newPackedWriter(s.log).object(4)
	w.key("sid").string(string(session.Sid))
	w.key("pid").string(string(session.Pid))
	w.key("rooms").strings(sortedRooms(session.Rooms))
	data := session.Data
	if data == nil {
		data = map[string]any{}
	}
	w.key("data").value(data)
	return w.end().buf
}

// readSession reads what packSession has written, as base64.
func readSession(text string) (*socket.SessionToPersist, error) {
	packed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, wireError("the session is no base64")
	}
	v, err := readPacked(packed)
	if err != nil {
		return nil, err
	}
	fields, _ := v.(map[string]any)
	sid, ok1 := fields["sid"].(string)
	pid, ok2 := fields["pid"].(string)
	if !ok1 || !ok2 || sid == "" {
		return nil, wireError("the session has no ids")
	}
	rooms, err := readRooms(fields["rooms"])
	if err != nil {
		return nil, err
	}
	return &socket.SessionToPersist{
		Sid: socket.SocketId(sid), Pid: socket.PrivateSessionId(pid),
		Rooms: types.NewSet(append(rooms, socket.Room(sid))...), Data: fields["data"],
	}, nil
}

// takeSession takes a session out of Redis, so that it is restored once.
func (s *streams) takeSession(ctx context.Context, client rueidis.Client, pid socket.PrivateSessionId) (*socket.SessionToPersist, error) {
	text, err := client.Do(ctx, client.B().Getdel().Key(sessionKey+string(pid)).Build()).ToString()
	if rueidis.IsRedisNil(err) {
		return nil, errNoSession
	}
	if err != nil {
		return nil, err
	}
	return readSession(text)
}
