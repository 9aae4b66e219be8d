package chat

import "errors"

// Why a message was not relayed, or a request not granted.
var (
	ErrInvalid      = errors.New("the message is malformed")
	ErrTooLarge     = errors.New("the message is too long")
	ErrBusy         = errors.New("too many messages are waiting")
	ErrUnavailable  = errors.New("the message could not be relayed in time")
	ErrUnknown      = errors.New("the message may or may not have been relayed")
	ErrShuttingDown = errors.New("the server is shutting down")
	ErrInternal     = errors.New("the server failed")
	ErrRateLimited  = errors.New("too much in a short time")
)

// codes are what clients tell the errors apart by. They are part of the
// protocol: README, "What a sender is told".
var codes = []struct {
	err    error
	code   string
	detail bool // the whole error is the sender's to read: it is about its message
}{
	{ErrInvalid, "invalid_message", true},
	{ErrTooLarge, "too_large", true},
	{ErrBusy, "busy", false},
	{ErrUnavailable, "unavailable", false},
	{ErrUnknown, "unknown", false},
	{ErrShuttingDown, "shutting_down", false},
	{ErrRateLimited, "rate_limited", false},
}

// Answer is what a sender is told of a message: the argument of its ack.
type Answer struct {
	OK    bool     `json:"ok"`
	Error *Problem `json:"error,omitempty"`
}

// Problem is why a message was not relayed.
type Problem struct {
	Code    string `json:"code"`    // for programs: one of a fixed set
	Message string `json:"message"` // for people
}

// Notice is the argument of the "error" event: the problem of a sender that
// asked for no ack.
type Notice struct {
	Problem
	Event string `json:"event"` // the event that was refused
}

// answerFor tells a sender of err in terms it may know. Details of the relay
// are for operators.
func answerFor(err error) Answer {
	if err == nil {
		return Answer{OK: true}
	}
	for _, known := range codes {
		if !errors.Is(err, known.err) {
			continue
		}
		message := known.err.Error()
		if known.detail {
			message = err.Error()
		}
		return Answer{Error: &Problem{Code: known.code, Message: message}}
	}
	return InternalAnswer()
}

// InternalAnswer is the answer where a handler failed.
func InternalAnswer() Answer {
	return Answer{Error: &Problem{Code: "internal", Message: ErrInternal.Error()}}
}
