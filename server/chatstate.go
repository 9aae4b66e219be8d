package server

// chatState is version 1 of the chat protocol in the body of /readyz.
type chatState struct {
	Store     string            `json:"store"` // "redis" or "memory"
	Connected bool              `json:"connected"`
	Queued    int               `json:"queued"`  // messages that wait to be stored
	Foreign   int               `json:"foreign"` // those of other publishers that are not known to be
	Keeper    bool              `json:"keeper"`  // this node stores those
	Unlike    int               `json:"unlike"`  // nodes that keep messages by other settings
	Counts    map[string]uint64 `json:"counts"`
}

// chatState is nil where version 1 is not spoken; the reason says why the store is
// not connected.
func (s *Server) chatState() (state *chatState, reason string) {
	switch {
	case s.clients == nil:
		return nil, ""
	case s.store == nil:
		return &chatState{Store: "memory", Connected: true, Keeper: true, Counts: map[string]uint64{}}, ""
	}
	of := s.store.State()
	return &chatState{
		Store: "redis", Connected: of.Connected, Queued: of.Queued, Foreign: of.Foreign, Keeper: of.Keeper, Unlike: of.Unlike,
		Counts: map[string]uint64{"gaps": of.Lost, "dropped_foreign": of.Dropped},
	}, of.LastError
}
