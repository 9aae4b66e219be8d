package store

import (
	"context"
	"strconv"
	"time"

	"github.com/redis/rueidis"
)

const (
	leaseLength = 5 * time.Second
	leaseTick   = time.Second
	// wantedFor is how long a wish for the lease lasts, which is said again each tick.
	wantedFor = 3 * leaseTick
)

// lease is held by one node at a time, by its token. Who asks for it while another has
// it is given it when that one would renew it.
type lease struct {
	client      rueidis.Client
	key, wanted string // what it is, and the wish for it, are kept under
	token       string
}

var (
	leaseMillis  = strconv.FormatInt(leaseLength.Milliseconds(), 10)
	wantedMillis = strconv.FormatInt(wantedFor.Milliseconds(), 10)

	takeLease = rueidis.NewLuaScript(`
local lease, wanted = unpack(KEYS)
local token, length, wish = unpack(ARGV)
local holder = redis.call('GET', lease)
if not holder or holder == token then
  redis.call('SET', lease, token, 'PX', length)
  return 1
end
if wish then
  local before = redis.call('GET', wanted)
  if not before or before == token then
    redis.call('SET', wanted, token, 'PX', wish)
  end
end
return 0`)
	renewLease = rueidis.NewLuaScript(`
local lease, wanted = unpack(KEYS)
local token, length = unpack(ARGV)
if redis.call('GET', lease) ~= token then
  return 0
end
local next = redis.call('GET', wanted)
if next then
  redis.call('DEL', wanted)
  redis.call('SET', lease, next, 'PX', length)
  return 0
end
return redis.call('PEXPIRE', lease, length)`)
	endLease = rueidis.NewLuaScript(`return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1]) or 0`)
)

// take takes the lease, unless another has it, who is asked for it where wanting says
// so.
func (l lease) take(ctx context.Context, wanting bool) (bool, error) {
	args := []string{l.token, leaseMillis}
	if wanting {
		args = append(args, wantedMillis)
	}
	return takeLease.Exec(ctx, l.client, []string{l.key, l.wanted}, args).AsBool()
}

// renew lengthens it; false: another has it now.
func (l lease) renew(ctx context.Context) (bool, error) {
	return renewLease.Exec(ctx, l.client, []string{l.key, l.wanted}, []string{l.token, leaseMillis}).AsBool()
}

// end gives it up.
func (l lease) end(ctx context.Context) error {
	return endLease.Exec(ctx, l.client, []string{l.key}, []string{l.token}).Error()
}
