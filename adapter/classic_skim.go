package adapter

// skimClassic reports whether a broadcast [uid, packet, opts] is for nobody here, and so
// need not be read.
func (l *local) skimClassic(payload string) (nobody bool) {
	s := l.skim(payload, true)
	n := 0
	s.elements(func() {
		if n++; n == 3 {
			s.options()
		} else {
			s.skip()
		}
	})
	return n == 3 && s.nobody()
}

// skimClassicRequest is skimClassic for a request for a broadcast that is to be answered.
func (l *local) skimClassicRequest(payload string) (m classicMessage, nobody bool) {
	if isJSON(payload) {
		return m, false // no node asks for that so
	}
	s := l.skim(payload, true)
	typed, listed := false, false
	s.members(func(key string) {
		switch key {
		case "uid":
			m.uid = s.text()
		case "requestId":
			m.requestID = s.text()
		case "type":
			typed = true
			if s.whole() != classicBroadcast {
				s.odd = true
			}
		case "opts":
			listed = true
			s.options()
		default:
			s.skip()
		}
	})
	return m, typed && listed && m.requestID != "" && s.nobody()
}

// skimRequest answers to a broadcast that nobody here is to get, without reading it. It
// is false for all else, of which it has done nothing.
func (c *classic) skimRequest(payload string) (handled bool) {
	m, nobody := c.local.skimClassicRequest(payload)
	if nobody && m.uid != c.uid {
		c.respondCount(m, 0)
	}
	return nobody
}
