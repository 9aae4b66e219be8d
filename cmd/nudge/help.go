package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"nudge/cmd/nudge/internal/settings"
)

// groupFlags has the help of cmd show the flags that were put in groups below
// the others, each group under its title.
func groupFlags(cmd *cobra.Command) {
	usage := cmd.UsageFunc()
	cmd.SetUsageFunc(func(cmd *cobra.Command) error {
		var titles []string
		groups := map[string]*pflag.FlagSet{}
		cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
			title := settings.GroupOf(flag)
			if title == "" {
				return
			}
			if groups[title] == nil {
				titles = append(titles, title)
				groups[title] = pflag.NewFlagSet(title, pflag.ContinueOnError)
				groups[title].SortFlags = false
			}
			groups[title].AddFlag(flag)
			flag.Hidden = true
		})
		err := usage(cmd)
		for _, title := range titles {
			groups[title].VisitAll(func(flag *pflag.Flag) { flag.Hidden = false })
			if err == nil {
				_, err = fmt.Fprintf(cmd.OutOrStderr(), "\n%s:\n%s", title, groups[title].FlagUsages())
			}
		}
		return err
	})
}
