package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"nudge/cmd/nudge/internal/settings"
)

// usageError is a command line that says nothing this program understands.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...)}
}

// strictUsage makes cmd and all below it answer what they do not understand
// with a usageError or a settings.Error.
func strictUsage(cmd *cobra.Command) {
	cmd.SetFlagErrorFunc(flagError)
	cmd.Args = noArguments
	switch cmd.Name() {
	case "help", "emit": // they look at their arguments themselves
		cmd.Args = cobra.ArbitraryArgs
	}
	for _, sub := range cmd.Commands() {
		strictUsage(sub)
	}
}

func noArguments(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case cmd.HasSubCommands():
		return unknownCommand(cmd, args)
	}
	return usagef("%s takes no argument %q; see %s --help", cmd.CommandPath(), settings.Redact(args[0]), cmd.CommandPath())
}

// unknownCommand is the error for args[0], which is no subcommand of cmd.
func unknownCommand(cmd *cobra.Command, args []string) error {
	name := strings.Join(args[:min(1, len(args))], "")
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return usagef("unknown command %q for %s%s", settings.Redact(name), cmd.CommandPath(), hint(cmd, "", name, names))
}

// flagError words what pflag found wrong with the flags of cmd.
func flagError(cmd *cobra.Command, err error) error {
	var (
		invalid   *pflag.InvalidValueError
		missing   *pflag.ValueRequiredError
		unknown   *pflag.NotExistError
		malformed *pflag.InvalidSyntaxError
	)
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return err
	case errors.As(err, &invalid):
		flag, cause := invalid.GetFlag(), invalid.Unwrap()
		if flag.Value.Type() == "bool" {
			cause = errors.New("want true or false")
		}
		return settings.NewError(flag, invalid.GetValue(), settings.CommandLine, cause)
	case errors.As(err, &missing):
		return usagef("--%s needs a value: %s", missing.GetFlag().Name, missing.GetFlag().Usage)
	case errors.As(err, &unknown):
		return unknownFlag(cmd, unknown)
	case errors.As(err, &malformed):
		return usagef("malformed flag %q; see %s --help", settings.Redact(malformed.GetSpecifiedFlag()), cmd.CommandPath())
	}
	return &usageError{err.Error()}
}

// unknownFlag is the error for a flag that cmd does not have. One dash before a
// word is a letter each to pflag, but to who wrote it a flag by its name.
func unknownFlag(cmd *cobra.Command, err *pflag.NotExistError) error {
	dashes, name := "--", err.GetSpecifiedName()
	if letters := err.GetSpecifiedShortnames(); letters != "" {
		dashes = "-"
		name, _, _ = strings.Cut(letters, "=")
	}
	var names []string
	cmd.Flags().VisitAll(func(flag *pflag.Flag) { names = append(names, flag.Name) })
	return usagef("unknown flag %q for %s%s", dashes+settings.Redact(name), cmd.CommandPath(), hint(cmd, "--", name, names))
}

// hint suggests the name that was probably meant, or the help.
func hint(cmd *cobra.Command, prefix, name string, known []string) string {
	if nearest := settings.Nearest(name, known); nearest != "" {
		return fmt.Sprintf("; did you mean %s%s?", prefix, nearest)
	}
	return fmt.Sprintf("; see %s --help", cmd.CommandPath())
}
