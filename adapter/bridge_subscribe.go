package adapter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/redis/rueidis"
)

var errUnsubscribed = errors.New("redis ended the subscription")

// subscription is a dedicated connection that is subscribed to the channel.
type subscription struct {
	fail    context.CancelCauseFunc // called when it ends, with the reason
	release func()
	over    chan struct{} // closed when no message comes from it any more
}

// subscribe returns when Redis has confirmed the subscription. It calls fail
// when the subscription ends.
func (b *Bridge) subscribe(ctx context.Context, client rueidis.Client, conns *connSet, fail context.CancelCauseFunc) (*subscription, error) {
	// Dedicate takes no context either: it makes its connection at once.
	stop := context.AfterFunc(ctx, conns.closeAll)
	defer stop()
	dedicated, release := client.Dedicate()
	s := &subscription{fail: fail, release: release, over: make(chan struct{})}

	timeout, cancel := context.WithTimeout(ctx, timeoutOf(b.url))
	defer cancel()
	if client.Mode() == rueidis.ClientModeCluster {
		// The first command chooses the node, by its key: the one that owns
		// the channel's slot, to which messages are published too.
		if err := dedicated.Do(timeout, probe(client, b.cfg.Channel)).Error(); err != nil {
			s.abort(conns)
			return nil, err
		}
	}
	ended := dedicated.SetPubSubHooks(b.hooks(s))
	go s.watch(ended)
	if err := dedicated.Do(timeout, client.B().Subscribe().Channel(b.cfg.Channel).Build()).Error(); err != nil {
		s.abort(conns)
		<-s.over
		return nil, err
	}
	return s, nil
}

// hooks are called by the connection's reader, one at a time.
func (b *Bridge) hooks(s *subscription) rueidis.PubSubHooks {
	return rueidis.PubSubHooks{
		OnMessage: func(m rueidis.PubSubMessage) {
			if m.Channel == b.cfg.Channel {
				b.receive(m.Message)
			}
		},
		OnSubscription: func(e rueidis.PubSubSubscription) {
			b.log.Debug("subscription", slog.String("event", e.Kind), slog.Int64("channels", e.Count))
			if e.Kind == "unsubscribe" {
				s.fail(errUnsubscribed)
			}
		},
	}
}

// watch ends the subscription with its connection.
func (s *subscription) watch(ended <-chan error) {
	defer close(s.over)
	err, told := <-ended
	if !told || err == nil {
		err = errors.New("the connection ended")
	}
	s.fail(fmt.Errorf("subscription: %w", err))
}

// abort gives up a subscription that was not confirmed.
func (s *subscription) abort(conns *connSet) {
	conns.closeAll()
	s.release()
}

// end closes the subscription's connection and returns when all that was read
// from it has been taken in.
func (s *subscription) end(conns *connSet) {
	conns.closeAll()
	<-s.over
	s.release()
}

// probe is a command that any Redis answers, any user may send and, in a
// cluster, goes to the node that owns the channel's slot.
func probe(client rueidis.Client, channel string) rueidis.Completed {
	return client.B().Arbitrary("ECHO").Keys(channel).Build()
}
