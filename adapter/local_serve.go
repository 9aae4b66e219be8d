package adapter

import "github.com/zishang520/socket.io/v2/socket"

// serveRooms does what another node asks of this one's sockets, by the fields of its
// request: change is AddSockets or DelSockets.
func serveRooms(fields map[string]any, change func(*socket.BroadcastOptions, []socket.Room)) error {
	o, err := readOptions(fields["opts"])
	if err != nil {
		return err
	}
	rooms, err := readRooms(fields["rooms"])
	if err != nil {
		return err
	}
	change(o.options(), rooms)
	return nil
}

// serveDisconnect disconnects the sockets that another node's request is for.
func (l *local) serveDisconnect(fields map[string]any) error {
	o, err := readOptions(fields["opts"])
	if err != nil {
		return err
	}
	l.DisconnectSockets(o.options(), fields["close"] == true)
	return nil
}
