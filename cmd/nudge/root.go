package main

import (
	"strings"

	"github.com/spf13/cobra"
)

// newRoot returns the command nudge with all its subcommands.
func newRoot(p process) *cobra.Command {
	root := &cobra.Command{
		Use:   "nudge",
		Short: "A Socket.IO chat server that takes a Node server's place",
		Long: `nudge serves a Socket.IO v4 chat. It takes the place of a Node server
(socket.io and ioredis) in a running deployment: same page, same port, same
Redis channel, same PORT and REDIS_URL.`,
		Example: `  # Relay in process, on port 8000 of every interface
  nudge serve

  # One node of a cluster
  PORT=8001 REDIS_URL=redis://redis:6379 nudge serve

  # Is it up?
  nudge healthcheck --ready`,
		SilenceErrors: true, // run prints the one line
		SilenceUsage:  true,
	}
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	root.AddCommand(newServe(p), newHealthcheck(p), newBench(p), newEmit(p), newVersion())

	root.InitDefaultCompletionCmd()
	completion, _, err := root.Find([]string{"completion"})
	if err == nil {
		describeCompletion(completion)
	}
	root.SetHelpCommand(newHelp(root))
	root.InitDefaultHelpCmd()

	for _, cmd := range append(root.Commands(), root) {
		showHelpWithoutArguments(cmd)
	}
	strictUsage(root)
	return root
}

// describeCompletion says how the scripts that cobra writes are put to use.
func describeCompletion(cmd *cobra.Command) {
	cmd.Short = "Write a shell's completion script: bash, zsh, fish or powershell"
	cmd.Long = `Write the script that lets a shell complete nudge's commands, flags and
their values. The help of each shell's command says where the script goes.`
	cmd.Example = `  # This bash, now
  source <(nudge completion bash)

  # Every fish from now on
  nudge completion fish > ~/.config/fish/completions/nudge.fish`
}

// newHelp returns the command that shows another's help. Unlike cobra's own it
// fails on a command that does not exist.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Show the help of a command",
		ValidArgsFunction: func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, cmd := range root.Commands() {
				if cmd.IsAvailableCommand() && strings.HasPrefix(cmd.Name(), typed) {
					names = append(names, cmd.Name()+"\t"+cmd.Short)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				if cmd == nil {
					cmd = root
				}
				return unknownCommand(cmd, rest)
			}
			return cmd.Help()
		},
	}
}

// showHelpWithoutArguments makes a command that only groups others runnable, so
// that its arguments are checked rather than passed over.
func showHelpWithoutArguments(cmd *cobra.Command) {
	if !cmd.Runnable() {
		cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
}
