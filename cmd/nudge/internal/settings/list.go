package settings

import "strings"

// list is a flag's value that holds several, separated by commas. The first value
// given starts it anew, later ones lengthen it.
type list[T any] struct {
	to    *[]T
	parse func(string) (T, error)
	show  func(T) string
	kind  string
	given bool
}

func (l *list[T]) Set(s string) error {
	var all []T
	if l.given {
		all = append(all, *l.to...)
	}
	for part := range strings.SplitSeq(s, ",") {
		item, err := l.parse(strings.TrimSpace(part))
		if err != nil {
			return err
		}
		all = append(all, item)
	}
	*l.to, l.given = all, true
	return nil
}

func (l *list[T]) String() string {
	shown := make([]string, 0, len(*l.to))
	for _, item := range *l.to {
		shown = append(shown, l.show(item))
	}
	return strings.Join(shown, ",")
}

func (l *list[T]) Type() string { return l.kind }
