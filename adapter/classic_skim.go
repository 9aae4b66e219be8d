package adapter

// skimClassic skims a broadcast [uid, packet, opts].
func (l *local) skimClassic(payload string) (b skimmed, ok bool) {
	s := l.skim(payload, true)
	n := 0
	s.elements(func() {
		switch n++; n {
		case 2:
			s.notePacket()
		case 3:
			s.noteOptions()
		default:
			s.skip()
		}
	})
	if n != 3 {
		return b, false
	}
	return s.read()
}

// skimClassicRequest skims a request for a broadcast that is to be answered.
func (l *local) skimClassicRequest(payload string) (b skimmed, ok bool) {
	if isJSON(payload) {
		return b, false // no node asks for that so
	}
	s := l.skim(payload, true)
	var uid string
	typed := false
	s.members(func(key string) {
		switch key {
		case "uid":
			uid = s.text()
		case "requestId":
			s.id = s.text()
		case "type":
			typed = true
			if s.whole() != classicBroadcast {
				s.odd = true
			}
		case "packet":
			s.notePacket()
		case "opts":
			s.noteOptions()
		default:
			s.skip()
		}
	})
	if !typed || !s.optional || s.id == "" {
		return b, false
	}
	b, ok = s.read()
	b.uid = uid
	return b, ok
}
