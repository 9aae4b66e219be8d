package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// A release build sets these with -ldflags "-X main.version=… -X main.commit=…";
// else they come from what the Go toolchain recorded.
var version, commit string

// build says what this binary was made from.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`   // "" where the build knew of no repository
	Modified bool   `json:"modified"` // the tree differed from the commit
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func newVersion() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show the version, commit, Go version and platform",
		Example: `  nudge version
  nudge version --json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			info, _ := debug.ReadBuildInfo()
			b := describeBuild(info)
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(b)
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), b)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "answer with a JSON object")
	return cmd
}

// describeBuild reads info, which is nil where the binary carries none.
func describeBuild(info *debug.BuildInfo) build {
	b := build{
		Version:  "unknown",
		Go:       runtime.Version(),
		Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
	if info != nil {
		if info.Main.Version != "" {
			b.Version = info.Main.Version
		}
		for _, setting := range info.Settings {
			switch setting.Key {
			case "vcs.revision":
				b.Commit = setting.Value
			case "vcs.modified":
				b.Modified = setting.Value == "true"
			}
		}
	}
	if version != "" {
		b.Version = version
	}
	if commit != "" {
		b.Commit, b.Modified = commit, false
	}
	return b
}

// String is the build in one line.
func (b build) String() string {
	source := "commit unknown"
	if b.Commit != "" {
		source = "commit " + b.Commit
	}
	if b.Modified {
		source += ", modified"
	}
	return fmt.Sprintf("nudge %s (%s) %s %s", b.Version, source, b.Go, b.Platform)
}
