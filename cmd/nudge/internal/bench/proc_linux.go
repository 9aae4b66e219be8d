package bench

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// ticks is how many of /proc's units of CPU time make a second: 100 on every
// architecture that Go runs on.
const ticks = 100

// readProcess reads what a process has used so far (proc(5), stat).
func readProcess(pid int) (usage, error) {
	path := filepath.Join("/proc", strconv.Itoa(pid), "stat")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return usage{}, fmt.Errorf("%w: %d", ErrNoProcess, pid)
	}
	if err != nil {
		return usage{}, err
	}
	// The name, in parentheses, may hold anything; fields are counted after it.
	end := bytes.LastIndexByte(text, ')')
	fields := bytes.Fields(text[end+1:])
	const userField, systemField, rssField = 14 - 3, 15 - 3, 24 - 3
	if len(fields) <= rssField {
		return usage{}, fmt.Errorf("%s: only %d fields", path, len(fields))
	}
	user, err1 := strconv.ParseInt(string(fields[userField]), 10, 64)
	system, err2 := strconv.ParseInt(string(fields[systemField]), 10, 64)
	pages, err3 := strconv.ParseInt(string(fields[rssField]), 10, 64)
	if err := errors.Join(err1, err2, err3); err != nil {
		return usage{}, fmt.Errorf("%s: %w", path, err)
	}
	return usage{
		user:   time.Duration(user) * time.Second / ticks,
		system: time.Duration(system) * time.Second / ticks,
		rss:    pages * int64(os.Getpagesize()),
	}, nil
}
