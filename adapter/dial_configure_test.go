package adapter_test

import (
	"context"
	"crypto/tls"
	"net"
	"sync/atomic"
	"testing"

	"github.com/redis/rueidis"

	"nudge/adapter"
	"nudge/adapter/adaptertest/redistest"
)

// TestConfigure: what a URL cannot say reaches every connection, also those that are made
// anew after credentials have changed.
func TestConfigure(t *testing.T) {
	redis := redistest.Start(t)
	var password atomic.Value
	rotate := func(to string) {
		password.Store(to)
		redis.Do("ACL", "SETUSER", "node", "reset", "on", ">"+to, "~*", "&*", "+@all")
		redis.Do("CLIENT", "KILL", "USER", "node")
	}
	rotate("first")
	var dialed atomic.Int64
	configure := func(o *rueidis.ClientOption) {
		o.AuthCredentialsFn = func(rueidis.AuthCredentialsContext) (rueidis.AuthCredentials, error) {
			return rueidis.AuthCredentials{Username: "node", Password: password.Load().(string)}, nil
		}
		o.DialCtxFn = func(ctx context.Context, addr string, dialer *net.Dialer, _ *tls.Config) (net.Conn, error) {
			dialed.Add(1)
			return dialer.DialContext(ctx, "tcp", addr)
		}
	}
	// The URL's own credentials are none that Redis takes.
	url := "redis://nobody:nothing@" + redis.Addr()

	client, err := adapter.Dial(t.Context(), adapter.DialConfig{URL: url, Configure: configure})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	connected := map[string]func() bool{"Dial": func() bool {
		return client.Do(t.Context(), client.B().Ping().Build()).Error() == nil
	}}
	bridge := startBridge(t, url, func(cfg *adapter.BridgeConfig) { cfg.Configure = configure })
	connected["Bridge"] = func() bool { return bridge.State().Connected }
	for kind, of := range everyKind {
		cluster, err := of(adapter.ClusterConfig{URL: url, Key: kind, Configure: configure})
		if err != nil {
			t.Fatal(err)
		}
		newLocalServerWith(t, cluster)
		connected[kind] = func() bool { return cluster.State().Connected }
	}
	all := func() bool {
		for _, is := range connected {
			if !is() {
				return false
			}
		}
		return true
	}
	eventually(t, "connections", all)
	before := dialed.Load()
	rotate("second")
	eventually(t, "other connections", func() bool { return all() && dialed.Load() >= before+int64(len(connected)) })
}
