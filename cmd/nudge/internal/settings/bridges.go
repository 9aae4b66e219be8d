package settings

import (
	"errors"
	"strings"

	"github.com/spf13/pflag"

	"nudge/server"
)

// Bridges is a list of channels and events, such as PRICES=price, given as Origins is.
// The last = is what divides them. Which events there may be is the server's to judge.
func Bridges(to *[]server.Bridge) pflag.Value {
	return &list[server.Bridge]{to: to, kind: "channel=event", parse: parseBridge, show: server.Bridge.String}
}

func parseBridge(s string) (server.Bridge, error) {
	at := strings.LastIndexByte(s, '=')
	if at <= 0 || at == len(s)-1 {
		return server.Bridge{}, errors.New("want CHANNEL=event, such as PRICES=price, several separated by commas")
	}
	return server.Bridge{Channel: s[:at], Event: s[at+1:]}, nil
}
