package chat

import (
	"fmt"
	"time"
)

// Requests are the events that Session.Handle takes.
func Requests() []string {
	return []string{EventJoin, EventLeave, EventSend, EventHistory, EventName, EventTyping}
}

// Handle takes one event, whose first argument was arg, as JSON; nil where there was
// none. It may wait for the store. answer is called once, with what the client is to
// know, maybe later.
func (s *Session) Handle(event string, arg []byte, answer func(any)) {
	var result any
	var err error
	switch event {
	case EventJoin:
		result, err = s.join(arg)
	case EventLeave:
		result, err = s.leave(arg)
	case EventSend:
		if err = s.send(arg, answer); err == nil {
			return
		}
	case EventHistory:
		result, err = s.history(arg)
	case EventName:
		result, err = s.name(arg)
	case EventTyping:
		result, err = s.sayTyping(arg)
	default:
		err = fmt.Errorf("%w: there is no event %q", ErrInvalid, event)
	}
	if err != nil {
		s.chat.count(err)
		result = answerFor(err)
	}
	answer(result)
}

func (s *Session) join(arg []byte) (any, error) {
	var request JoinRequest
	if err := decode(arg, &request); err != nil {
		return nil, err
	}
	q, err := queryOf(request.Room, "", request.After, request.Last)
	if err != nil {
		return nil, err
	}
	// First the room, then what was said: a message between the two comes twice, not
	// never.
	entered, err := s.enter(request.Room)
	if err != nil {
		return nil, err
	}
	page, err := s.page(q)
	if err != nil {
		if entered {
			s.exit(request.Room)
		}
		return nil, err
	}
	some, count := s.chat.presence.in(request.Room, s.id)
	return JoinAnswer{
		OK: true, Room: request.Room, Messages: page.Messages, More: page.More, Gap: page.Gap,
		People: some, Count: count,
	}, nil
}

func (s *Session) leave(arg []byte) (any, error) {
	var request LeaveRequest
	if err := decode(arg, &request); err != nil {
		return nil, err
	}
	if err := checkRoom(request.Room); err != nil {
		return nil, err
	}
	s.exit(request.Room)
	return Answer{OK: true}, nil
}

// send answers once the message is stored, unless it returns an error.
func (s *Session) send(arg []byte, answer func(any)) error {
	var request SendRequest
	if err := decode(arg, &request); err != nil {
		return err
	}
	if err := s.in(request.Room); err != nil {
		return err
	}
	if err := checkKey(request.Key, 1, maxKey); err != nil {
		return err
	}
	if err := checkText(request.Text); err != nil {
		return err
	}
	if request.Room == Lobby {
		before, behind := OldForm(request.Text)
		const id = len("18446744073709551615-18446744073709551615")
		if n := len(before) + id + len(behind); n > s.chat.cfg.MaxMessage {
			return fmt.Errorf("%w: %d bytes, %d are allowed", ErrTooLarge, n, s.chat.cfg.MaxMessage)
		}
	}
	if s.sending.Add(1) > maxSending {
		s.sending.Add(-1)
		return fmt.Errorf("%w: %d messages wait for their answers", ErrRateLimited, maxSending)
	}
	draft := Draft{Room: request.Room, Key: request.Key, From: s.chat.presence.person(s.id), Text: request.Text}
	s.chat.cfg.Store.Append(draft, func(r Receipt, err error) {
		s.sending.Add(-1)
		if err != nil {
			s.chat.count(err)
			answer(answerFor(err))
			return
		}
		answer(SendAnswer{OK: true, ID: r.ID, Time: r.Time})
	})
	return nil
}

func (s *Session) history(arg []byte) (any, error) {
	var request HistoryRequest
	if err := decode(arg, &request); err != nil {
		return nil, err
	}
	if err := s.in(request.Room); err != nil {
		return nil, err
	}
	q, err := queryOf(request.Room, request.Before, request.After, request.Last)
	if err != nil {
		return nil, err
	}
	page, err := s.page(q)
	if err != nil {
		return nil, err
	}
	return HistoryAnswer{OK: true, Messages: page.Messages, More: page.More, Gap: page.Gap}, nil
}

func (s *Session) name(arg []byte) (any, error) {
	const rate, burst = 1, 5
	var request NameRequest
	if err := decode(arg, &request); err != nil {
		return nil, err
	}
	if err := checkName(request.Name); err != nil {
		return nil, err
	}
	if !s.names.allow(time.Now(), rate, burst) {
		return nil, ErrRateLimited
	}
	return NameAnswer{OK: true, You: s.chat.presence.rename(s.id, request.Name)}, nil
}

func (s *Session) sayTyping(arg []byte) (any, error) {
	const rate, burst = 2, 10
	var request TypingRequest
	if err := decode(arg, &request); err != nil {
		return nil, err
	}
	if err := s.in(request.Room); err != nil {
		return nil, err
	}
	if !s.typing.allow(time.Now(), rate, burst) {
		return nil, ErrRateLimited
	}
	e := TypingEvent{Room: request.Room, From: s.chat.presence.person(s.id), Typing: request.Typing}
	if s.chat.presence.typing(e) && s.chat.cfg.Peers != nil {
		s.chat.cfg.Peers.Typing(e)
	}
	return Answer{OK: true}, nil
}

func queryOf(room, before, after string, last int) (Query, error) {
	if err := checkRoom(room); err != nil {
		return Query{}, err
	}
	if before != "" && after != "" {
		return Query{}, fmt.Errorf("%w: \"before\" and \"after\" exclude each other", ErrInvalid)
	}
	for _, id := range []string{before, after} {
		if err := checkID(id); err != nil {
			return Query{}, err
		}
	}
	if last == 0 && after != "" {
		last = MaxPage
	}
	last, err := checkLast(last)
	return Query{Room: room, Before: before, After: after, Last: last}, err
}

// page reads a part of the history, which is never null in JSON.
func (s *Session) page(q Query) (Page, error) {
	page, err := s.chat.cfg.Store.Page(s.ctx, q)
	if page.Messages == nil {
		page.Messages = []Message{}
	}
	return page, err
}
