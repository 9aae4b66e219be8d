package adapter

import (
	"context"

	"github.com/redis/rueidis"
)

const (
	// fewEntries and manyEntries bound how many entries are read at once.
	fewEntries, manyEntries = 10, 500
	// manyBytes is how long the data of those may be before fewer are read.
	manyBytes = 1 << 20
)

// eachEntry calls f with the entries behind one, up to another one, in order, until it
// returns an error. How many are read at once goes by how long the last were: all that
// a stream holds of the longest would be gigabytes.
func (s *streams) eachEntry(ctx context.Context, client rueidis.Client, behind, upTo string, f func(rueidis.XRangeEntry) error) error {
	for count := fewEntries; ; {
		entries, err := client.Do(ctx, client.B().Xrange().Key(s.stream.name).Start("("+behind).End(upTo).Count(int64(count)).Build()).AsXRange()
		if err != nil {
			return err
		}
		size := 0
		for _, entry := range entries {
			behind = entry.ID
			size += len(entry.FieldValues["data"])
			if err := f(entry); err != nil {
				return err
			}
		}
		switch {
		case len(entries) < count:
			return nil
		case size < manyBytes:
			count = min(2*count, manyEntries)
		default:
			count = max(count/2, fewEntries)
		}
	}
}
