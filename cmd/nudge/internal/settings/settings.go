// Package settings gives command line flags a second and third place to be set:
// an environment variable and a .env file. It names the place in every error,
// and finds variables that were meant for it but are misspelt.
package settings

import (
	"strings"

	"github.com/spf13/pflag"
)

// Prefix starts the name of every variable that belongs to the program alone.
const Prefix = "NUDGE_"

// envAnnotation is where a flag keeps the name of its variable.
const envAnnotation = "settings_env"

// Bind adds a flag that the variable env sets as well, and says so in its usage.
func Bind(flags *pflag.FlagSet, value pflag.Value, name, env, usage string) {
	flag := flags.VarPF(value, name, "", usage+" (env "+env+")")
	if value.Type() == kindSwitch {
		flag.NoOptDefVal = "true" // the flag alone turns it on
	}
	flag.Annotations = map[string][]string{envAnnotation: {env}}
}

// groupAnnotation is where a flag keeps the title of its group.
const groupAnnotation = "settings_group"

// Group puts all flags under a title of their own in the help.
func Group(flags *pflag.FlagSet, title string) {
	flags.VisitAll(func(flag *pflag.Flag) { flag.Annotations[groupAnnotation] = []string{title} })
}

// GroupOf returns the title that a flag was put under, or "".
func GroupOf(flag *pflag.Flag) string {
	if titles := flag.Annotations[groupAnnotation]; len(titles) > 0 {
		return titles[0]
	}
	return ""
}

// EnvName returns the variable that flag was bound to, or "".
func EnvName(flag *pflag.Flag) string {
	if names := flag.Annotations[envAnnotation]; len(names) > 0 {
		return names[0]
	}
	return ""
}

// Environment is where variables come from.
type Environment struct {
	// Process holds the process's variables as os.Environ returns them.
	Process []string
	// File holds the variables of the .env file.
	File map[string]string
}

// lookup returns a variable's value and where it was set. A variable of the
// process hides the file's even when it is empty: so it is with dotenv, which
// fills in only what is absent.
func (e Environment) lookup(name string) (value string, source Source, ok bool) {
	for _, pair := range e.Process {
		if value, found := strings.CutPrefix(pair, name+"="); found {
			return value, fromEnvironment(name), true
		}
	}
	value, ok = e.File[name]
	return value, fromFile(name), ok
}

// Resolve sets each bound flag that the command line left alone from its
// variable. An empty variable counts as unset: the default stays. The error is
// an *Error.
func Resolve(flags *pflag.FlagSet, env Environment) error {
	var failed error
	flags.VisitAll(func(flag *pflag.Flag) {
		name := EnvName(flag)
		if failed != nil || name == "" || flag.Changed {
			return
		}
		value, source, ok := env.lookup(name)
		if !ok || value == "" {
			return
		}
		if err := flag.Value.Set(value); err != nil {
			failed = NewError(flag, value, source, err)
			return
		}
		flag.Annotations[sourceAnnotation] = []string{string(source)}
	})
	return failed
}
