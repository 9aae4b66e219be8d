package descriptors

import "testing"

func TestReserve(t *testing.T) {
	for limit, want := range map[int]int{0: 0, 16: 8, 256: 32, 1024: 64, 20_000: 1250, 1 << 20: 1 << 16} {
		if got := Reserve(limit); got != want {
			t.Errorf("of %d descriptors %d are reserved, want %d", limit, got, want)
		}
	}
}
