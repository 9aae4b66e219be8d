//go:build !unix

package engineio

import "errors"

// canReadDescriptors tells whether connections are read and written by their
// descriptors here, without waiting.
const canReadDescriptors = false

func receiveFrom(int, []byte) (int, error) { return 0, errors.ErrUnsupported }
func sendTo(int, []byte) (int, error)      { return 0, errors.ErrUnsupported }
