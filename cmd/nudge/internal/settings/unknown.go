package settings

import (
	"maps"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// Stray is a variable that looks meant for the program but sets nothing.
type Stray struct {
	// Name is the variable.
	Name string
	// Source is where it was set.
	Source Source
	// Nearest is the variable that was probably meant, or "".
	Nearest string
}

// Strays returns the variables of env that start with Prefix and are bound to
// no flag, by name.
func Strays(flags *pflag.FlagSet, env Environment) []Stray {
	meant := make(map[string]string) // what one might write: what it is called
	flags.VisitAll(func(flag *pflag.Flag) {
		if name := EnvName(flag); name != "" {
			meant[name] = name
			meant[Prefix+strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))] = name
			meant[Prefix+name] = name
		}
	})
	found := make(map[string]Source)
	for name := range env.File {
		found[name] = fromFile(name)
	}
	values := maps.Clone(env.File)
	if values == nil {
		values = make(map[string]string)
	}
	for _, pair := range env.Process {
		name, value, _ := strings.Cut(pair, "=")
		found[name], values[name] = fromEnvironment(name), value
	}

	var strays []Stray
	for _, name := range slices.Sorted(maps.Keys(found)) {
		if !strings.HasPrefix(name, Prefix) || meant[name] == name || isServiceLink(name, values[name]) {
			continue
		}
		nearest := Nearest(name, slices.Sorted(maps.Keys(meant)))
		strays = append(strays, Stray{Name: name, Source: found[name], Nearest: meant[nearest]})
	}
	return strays
}

// isServiceLink reports whether a variable is one that Kubernetes sets in every
// pod beside a Service named nudge.
func isServiceLink(name, value string) bool {
	rest := strings.TrimPrefix(name, Prefix)
	return strings.HasPrefix(rest, "SERVICE_") || strings.HasPrefix(rest, "PORT_") ||
		rest == "PORT" && strings.Contains(value, "://")
}
