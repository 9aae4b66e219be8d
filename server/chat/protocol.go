package chat

// The chat protocol, version 1: PROTOCOL.md says what each event means. These are
// its types, the same as those of frontend/src/chat/protocol.ts.

// Version is that of the protocol.
const Version = 1

// Lobby is the room of the old kind, which old pages and Node servers see too.
const Lobby = "lobby"

// The events of version 1.
const (
	EventHello    = "hello"
	EventMessage  = "chat:message"
	EventPresence = "chat:presence"
	EventResync   = "chat:resync"
	EventTyping   = "chat:typing" // from the client as well
	EventJoin     = "chat:join"
	EventLeave    = "chat:leave"
	EventSend     = "chat:send"
	EventHistory  = "chat:history"
	EventName     = "chat:name"
)

// The bounds of version 1. Texts and names are measured in code points.
const (
	MaxText     = 4000
	MaxName     = 40
	MaxRoomName = 64
	MaxRooms    = 20
	MaxPage     = 100
	MaxPeople   = 200

	minAuthKey  = 16
	maxAuthKey  = 128
	maxKey      = 64
	defaultPage = 50
)

// The features that a server may be without.
const (
	FeatureHistory  = "history"
	FeaturePresence = "presence"
	FeatureTyping   = "typing"
	FeatureRooms    = "rooms"
)

// Auth is what a client says of itself in the auth of its connection.
type Auth struct {
	Chat int    `json:"chat"`
	Key  string `json:"key"`
	Name string `json:"name,omitempty"`
}

// Person is someone in the chat: a hash of the client's key, and a name.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Message is one message, as it is stored and as it comes.
type Message struct {
	ID   string  `json:"id"` // its place in the one order of all messages
	Room string  `json:"room"`
	Time int64   `json:"time"` // milliseconds since 1970, by the store's clock
	From *Person `json:"from"` // nil: from a publisher that knows no version 1
	Text string  `json:"text"`
	Key  string  `json:"key,omitempty"` // what its sender called it
}

// Limits are the bounds that a server keeps.
type Limits struct {
	Text    int `json:"text"`
	Name    int `json:"name"`
	Rooms   int `json:"rooms"`
	History int `json:"history"` // messages that each room keeps
}

// Hello is the server's first event on each connection.
type Hello struct {
	Version  int      `json:"version"`
	Node     string   `json:"node"`
	Time     int64    `json:"time"`
	You      Person   `json:"you"`
	Features []string `json:"features"`
	Limits   Limits   `json:"limits"`
}

// JoinRequest is the argument of EventJoin.
type JoinRequest struct {
	Room  string `json:"room"`
	After string `json:"after,omitempty"`
	Last  int    `json:"last,omitempty"`
}

// JoinAnswer is what EventJoin answers.
type JoinAnswer struct {
	OK       bool      `json:"ok"`
	Room     string    `json:"room"`
	Messages []Message `json:"messages"`
	More     bool      `json:"more"`
	Gap      bool      `json:"gap"`
	People   []Person  `json:"people"`
	Count    int       `json:"count"`
}

// LeaveRequest is the argument of EventLeave. The answer says no more than ok.
type LeaveRequest struct {
	Room string `json:"room"`
}

// SendRequest is the argument of EventSend.
type SendRequest struct {
	Room string `json:"room"`
	Key  string `json:"key"`
	Text string `json:"text"`
}

// SendAnswer is what EventSend answers.
type SendAnswer struct {
	OK   bool   `json:"ok"`
	ID   string `json:"id"`
	Time int64  `json:"time"`
}

// HistoryRequest is the argument of EventHistory.
type HistoryRequest struct {
	Room   string `json:"room"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
	Last   int    `json:"last,omitempty"`
}

// HistoryAnswer is what EventHistory answers.
type HistoryAnswer struct {
	OK       bool      `json:"ok"`
	Messages []Message `json:"messages"`
	More     bool      `json:"more"`
	Gap      bool      `json:"gap"`
}

// NameRequest is the argument of EventName.
type NameRequest struct {
	Name string `json:"name"`
}

// NameAnswer is what EventName answers.
type NameAnswer struct {
	OK  bool   `json:"ok"`
	You Person `json:"you"`
}

// TypingRequest is the argument of EventTyping from a client.
type TypingRequest struct {
	Room   string `json:"room"`
	Typing bool   `json:"typing"`
}

// TypingEvent is the argument of EventTyping from a server.
type TypingEvent struct {
	Room   string `json:"room"`
	From   Person `json:"from"`
	Typing bool   `json:"typing"`
}

// PresenceEvent is the argument of EventPresence.
type PresenceEvent struct {
	Room    string   `json:"room"`
	Joined  []Person `json:"joined"`
	Left    []Person `json:"left"`
	Changed []Person `json:"changed"`
	Count   int      `json:"count"`
}

// ResyncEvent is the argument of EventResync.
type ResyncEvent struct {
	Room string `json:"room"`
}
