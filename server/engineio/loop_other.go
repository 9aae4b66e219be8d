//go:build !linux

package engineio

import "errors"

// loop is Linux's: elsewhere each websocket is read by a goroutine of its own.
type loop struct{}

func newLoop() (*loop, error)      { return nil, errors.ErrUnsupported }
func (*loop) run()                 {}
func (*loop) close()               {}
func (*loop) add(*websocket) error { return errors.ErrUnsupported }
func (*loop) remove(*websocket)    {}
