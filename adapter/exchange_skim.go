package adapter

// skimMessage handles a broadcast of another node that nobody here is to get, without
// reading it. It is false for all else, of which it has done nothing.
func (x *exchange) skimMessage(message string, packed bool) (handled bool) {
	s := x.local.skim(message, packed)
	var uid, nsp, id string
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
			id = s.broadcastData()
		case "uid":
			uid = s.text()
		case "nsp":
			nsp = s.text()
		default:
			s.skip()
		}
	})
	if !s.nobody() || !typed || !whole {
		return false
	}
	if uid != x.uid && nsp == x.nsp {
		x.peers.saw(uid)
		x.countNone(uid, id)
	}
	return true
}

// skimEntry is skimMessage for the data of an entry of a stream, which is of another node.
func (x *exchange) skimEntry(uid string, data entryMessage) (handled bool) {
	s := x.local.skim(data.text, data.packed)
	id := s.broadcastData()
	if !s.nobody() {
		return false
	}
	x.peers.saw(uid)
	x.countNone(uid, id)
	return true
}

// broadcastData takes the data of a broadcast, and gives the id by which answers to it
// are expected, "" where none are.
func (s *skim) broadcastData() (id string) {
	listed := false
	s.members(func(key string) {
		switch key {
		case "requestId":
			id = s.text()
		case "opts":
			listed = true
			s.options()
		default:
			s.skip()
		}
	})
	if !listed {
		s.everyone()
	}
	return id
}

// countNone tells a node that asked by an id that none of the clients here has got its
// broadcast.
func (x *exchange) countNone(uid, id string) {
	if id != "" {
		x.reply(uid, countMessage(id, 0))
	}
}
