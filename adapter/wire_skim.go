package adapter

// skim looks through a broadcast for whether anyone here is in one of its rooms. Where
// nobody is, it need not be read. It takes the exceptions for nothing: who is in a room
// and in an exception, too, has it read, and is then left out.
type skim struct {
	wireCursor
	local    *local
	somebody bool
}

func (l *local) skim(message string, packed bool) skim {
	return skim{wireCursor: cursorAt(message, packed), local: l}
}

// nobody reports, behind the last part, that the broadcast is for nobody here. If it is
// false the broadcast is to be read.
func (s *skim) nobody() bool { return s.end() && !s.somebody }

// options takes the options of a broadcast.
func (s *skim) options() {
	listed := false
	s.members(func(key string) {
		if key != "rooms" {
			s.skip()
			return
		}
		listed = true
		rooms := 0
		s.elements(func() {
			rooms++
			if room := s.room(); !s.odd && !s.somebody {
				s.somebody = s.local.hasRoom(room)
			}
		})
		if rooms == 0 {
			s.everyone()
		}
	})
	if !listed {
		s.everyone()
	}
}

// everyone is called where a broadcast is not for single rooms.
func (s *skim) everyone() { s.somebody = s.somebody || s.local.hasAnyone() }
