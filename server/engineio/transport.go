package engineio

import "github.com/zishang520/engine.io/v2/transports"

// transportView is a session's transport as socket.io/v2 asks for it: to read,
// for volatile packets and for handlers that want its name.
type transportView struct {
	transports.Transport
	s *Socket
}

// Transport describes the transport the session is on at this moment.
func (s *Socket) Transport() transports.Transport {
	return transportView{s.srv.noTransport, s}
}

// Name is "polling" or "websocket".
func (v transportView) Name() string {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	if v.s.ws != nil {
		return transports.WEBSOCKET
	}
	return transports.POLLING
}

// Writable tells whether a packet would leave at once.
func (v transportView) Writable() bool {
	v.s.mu.Lock()
	defer v.s.mu.Unlock()
	return v.s.writable()
}

func (v transportView) Sid() string           { return v.s.id }
func (v transportView) Protocol() int         { return v.s.Protocol() }
func (v transportView) ReadyState() string    { return v.s.ReadyState() }
func (v transportView) SupportsBinary() bool  { return v.s.revision != revision3Base64 }
func (v transportView) HandlesUpgrades() bool { return v.Name() == transports.WEBSOCKET }
