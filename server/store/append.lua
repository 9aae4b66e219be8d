-- Stores one message in the log of all and in its room, and has old peers told:
-- all of it or nothing. Answers its id, or that of the first with the same key.
local log, room, keys, order, rooms, keeper, count = unpack(KEYS)
local kind, mark, name, message, hash, length, age, logLength, keysLength, maxRooms, prefix, channel, before, behind = unpack(ARGV)

if kind == 'foreign' then
  -- The node that lost its turn must not store what the next one does.
  if redis.call('GET', keeper) ~= mark then
    return redis.error_reply('FENCED')
  end
else
  local first = redis.call('HGET', keys, mark)
  if first then
    return first
  end
end

-- What holds something else fails here, before anything is stored.
redis.call('ZCARD', rooms)
redis.call('LLEN', order)

local n = redis.call('INCR', count)
local id = redis.call('XADD', log, 'MAXLEN', '~', logLength, '*', 'n', n, 'room', name, 'message', message, 'hash', hash)
local ms = tonumber(string.match(id, '^%d+'))
local horizon = string.format('%d', math.max(0, ms - tonumber(age)))

if tonumber(length) > 0 then
  local added = redis.pcall('XADD', room, 'MAXLEN', length, id, 'message', message)
  if type(added) == 'table' and added.err then
    -- The clock went back, and the log was lost: the room's order begins anew.
    redis.call('DEL', room)
    redis.call('XADD', room, id, 'message', message)
  end
  redis.call('XTRIM', room, 'MINID', horizon)
  redis.call('PEXPIRE', room, age)
  redis.call('ZADD', rooms, ms, name)
  if redis.call('ZCARD', rooms) > tonumber(maxRooms) then
    local quiet = redis.call('ZRANGE', rooms, 0, 1)
    local oldest = quiet[1] == 'lobby' and quiet[2] or quiet[1]
    redis.call('ZREM', rooms, oldest)
    redis.call('DEL', prefix .. oldest)
  end
end

if kind ~= 'foreign' then
  redis.call('HSET', keys, mark, id)
  redis.call('RPUSH', order, mark)
  for _ = 1, 10 do
    local oldest = redis.call('LINDEX', order, 0)
    local of = oldest and redis.call('HGET', keys, oldest)
    if redis.call('LLEN', order) <= tonumber(keysLength) and of and tonumber(string.match(of, '^%d+')) >= tonumber(horizon) then
      break
    end
    redis.call('LPOP', order)
    if oldest then
      redis.call('HDEL', keys, oldest)
    end
  end
  redis.call('PEXPIRE', keys, age)
  redis.call('PEXPIRE', order, age)
end

if channel ~= '' then
  redis.call('PUBLISH', channel, before .. id .. behind)
end
return id
