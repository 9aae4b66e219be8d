package adapter

// skimPeer skims a message, which is to be a broadcast.
func (l *local) skimPeer(message string, packed bool) (b skimmed, ok bool) {
	s := l.skim(message, packed)
	var uid, nsp string
	typed, whole := false, false
	s.members(func(key string) {
		switch key {
		case "type":
			typed = true
			if s.whole() != peerBroadcast {
				s.odd = true
			}
		case "data":
			whole = true
			s.broadcastData()
		case "uid":
			uid = s.text()
		case "nsp":
			nsp = s.text()
		default:
			s.skip()
		}
	})
	if !typed || !whole {
		return b, false
	}
	b, ok = s.read()
	b.uid, b.nsp = uid, nsp
	return b, ok
}

// skimData is skimPeer for the data of a message alone.
func (l *local) skimData(data entryMessage) (b skimmed, ok bool) {
	s := l.skim(data.text, data.packed)
	s.broadcastData()
	return s.read()
}

// broadcastData takes the data of a broadcast. The last of several counts.
func (s *skim) broadcastData() {
	s.id, s.packet, s.optional, s.options, s.except = "", notedPacket{}, false, wireOptions{}, place{}
	s.members(func(key string) {
		switch key {
		case "packet":
			s.notePacket()
		case "requestId":
			s.id = s.text()
		case "opts":
			s.noteOptions()
		default:
			s.skip()
		}
	})
	if !s.optional {
		s.everyone()
	}
}

// takeSkimmed handles a message of another node that is a broadcast of the usual form. It
// is false for all else, of which it has done nothing.
func (x *exchange) takeSkimmed(message string, packed bool) (handled bool) {
	b, ok := x.local.skimPeer(message, packed)
	if ok && b.uid != x.uid && b.nsp == x.nsp {
		x.serveSkimmed(b, "")
	}
	return ok
}

// takeSkimmedEntry is takeSkimmed for an entry of a stream, which is of another node.
func (x *exchange) takeSkimmedEntry(uid string, data entryMessage, offset string) (handled bool) {
	b, ok := x.local.skimData(data)
	if ok {
		b.uid = uid
		x.serveSkimmed(b, offset)
	}
	return ok
}

// serveSkimmed serves a broadcast, and tells a node that asked by an id where none of the
// clients here are to get it.
func (x *exchange) serveSkimmed(b skimmed, offset string) {
	x.peers.saw(b.uid)
	switch {
	case b.packet != nil:
		x.local.suit(b.packet)
		x.hand(b.packet, b.options, b.uid, b.id, offset)
	case b.id != "":
		x.reply(b.uid, countMessage(b.id, 0))
	}
}
