//go:build !unix

package engineio

import "errors"

// canReadDescriptors tells whether connections are read and written by their
// descriptors here, without waiting.
const canReadDescriptors = false

func readDescriptor(uintptr, []byte) (int, error)  { return 0, errors.ErrUnsupported }
func writeDescriptor(uintptr, []byte) (int, error) { return 0, errors.ErrUnsupported }
