package main

import (
	"time"

	"github.com/spf13/pflag"

	"nudge/cmd/nudge/internal/settings"
	"nudge/server"
)

// chatOptions are those of version 1 of the chat protocol.
type chatOptions struct {
	on            bool
	nodeName      string
	historyLength int
	historyAge    time.Duration
	historyBytes  int
}

// defaultChat returns the defaults of server.Config.
func defaultChat() chatOptions {
	return chatOptions{on: true, historyLength: 1000, historyAge: 24 * time.Hour, historyBytes: 128 << 20}
}

func (o *chatOptions) bind(flags *pflag.FlagSet) {
	settings.Bind(flags, settings.Switch(&o.on), "chat", "NUDGE_CHAT",
		"keep messages, and speak the chat protocol with clients that ask for it; on all nodes or none")
	settings.Bind(flags, settings.Bound(&o.historyLength), "history-length", "NUDGE_HISTORY_LENGTH",
		"messages that are kept of each room, on all nodes; 0: none")
	settings.Bind(flags, settings.Duration(&o.historyAge), "history-age", "NUDGE_HISTORY_AGE",
		"how long they are kept")
	settings.Bind(flags, settings.SizeFrom(&o.historyBytes, 1<<20), "history-bytes", "NUDGE_HISTORY_BYTES",
		"memory that they take in all, in Redis or in this process, on all nodes; at least 1MiB")
	settings.Bind(flags, settings.Text(&o.nodeName, "name", settings.NotEmpty), "node-name", "NUDGE_NODE_NAME",
		"what clients and /readyz are told this node is called; default: the host's name and four characters")
}

// apply sets them in the server's configuration.
func (o *chatOptions) apply(cfg *server.Config) {
	cfg.DisableChat = !o.on
	cfg.NodeName = o.nodeName
	cfg.HistoryLength = orNone(o.historyLength)
	cfg.HistoryAge = o.historyAge
	cfg.HistoryBytes = o.historyBytes
}
