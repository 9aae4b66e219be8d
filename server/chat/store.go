package chat

import "context"

// Store keeps the messages of all rooms in one order and has each delivered on
// every node, by [Chat.Deliver] in that order.
type Store interface {
	// Append stores a message and has it delivered: both or neither. It never
	// waits; done is called once, with an error that wraps one of this package's
	// where it was not stored, or may not have been. A draft whose sender and key
	// were stored before is not stored again: done gets the first one's receipt. So
	// for 24 h at least, and the newest 100,000 messages.
	Append(d Draft, done func(Receipt, error))
	// Foreign takes what others published on the channel, in the channel's order,
	// to be stored in the lobby once, by whichever node's turn it is.
	Foreign(messages []Foreign)
	// Page reads a part of a room's history. Its errors wrap this package's.
	Page(ctx context.Context, q Query) (Page, error)
}

// Draft is a message that is to be stored.
type Draft struct {
	Room string
	Key  string // the sender's name for it
	From Person
	Text string
}

// Receipt is where and when a message was stored.
type Receipt struct {
	ID   string
	Time int64 // milliseconds since 1970
}

// Foreign is a message of the old kind.
type Foreign struct {
	Text    string // what it says
	Payload []byte // how it came
}

// Query says which part of a room's history is wanted: the newest messages, with
// After those behind that id, with Before those next to it.
type Query struct {
	Room          string
	Before, After string // ids; at most one of them
	Last          int    // how many at most
}

// Page is a part of a room's history, oldest first.
type Page struct {
	Messages []Message
	More     bool // there are others before the first; with After, behind the last
	Gap      bool // with After: what followed it may be kept no longer
}

// Peers tells the other nodes who is on this one, and takes from them what
// [Chat.PeerPeople], [Chat.PeerGone] and [Chat.PeerTyping] are then told.
type Peers interface {
	// Tell says what has become of people here, by id; nil: they have left. It
	// never waits, and takes the map.
	Tell(changes map[string]*Standing)
	// Typing passes it on, or loses it. It never waits.
	Typing(e TypingEvent)
}

// Standing is how one person stands on one node.
type Standing struct {
	Name  string   `json:"name"`
	Named int64    `json:"named"` // when the name was given, ms since 1970: the newest counts
	Rooms []string `json:"rooms"`
}

// Clients are this node's clients of version 1.
type Clients interface {
	// Emit sends an event to all in a room, once with each of args. Volatile: not
	// to those who are behind.
	Emit(room, event string, volatile bool, args ...any)
}

// Client is one connection of version 1.
type Client interface {
	Emit(event string, arg any)
	// Join has it get what is emitted to a room. False: it may be in no more rooms.
	Join(room string) bool
	Leave(room string)
}
