-- Stores one message in the log of all and in its room, and has old peers told:
-- all of it or nothing. Answers its id, or that of the first with the same key.
local log, room, keys, order, rooms, keeper, count, sizes = unpack(KEYS)
local kind, mark, name, message, hash, length, age, bytes, roomBytes, logLength, logBytes, logAge, keysLength, keyAge, maxRooms, prefix, channel, before, behind = unpack(ARGV)

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
local kept = redis.call('ZCARD', rooms)
redis.call('LLEN', order)

-- How many bytes the rooms, all of them and the log take, by the counts below; the id of
-- the newest message; and when the time of what expires was renewed. No room has a space
-- in its name. What is not counted, since the counts were lost, is counted
-- when it is next written to, and expires else.
local counted = redis.call('HMGET', sizes, name, ' rooms', ' log', ' last', ' renewed')
local roomSize, allSize, logSize = tonumber(counted[1]), tonumber(counted[2]) or 0, tonumber(counted[3])

-- A room takes at least a block of Redis's, and one of what is trimmed from it; an entry
-- takes its values, and what an allocator rounds up.
local perRoom, perEntry = 10000, 100

-- What is too much goes so many at a time, which costs less than one by one.
local atOnce = 64

local function sizeOf(fields)
  local size = 0
  for _, value in ipairs(fields) do
    size = size + #value
  end
  return math.ceil(size * 1.2) + perEntry
end

local function measure(stream)
  local size = 0
  for _, entry in ipairs(redis.call('XRANGE', stream, '-', '+')) do
    size = size + sizeOf(entry[2])
  end
  return size
end

local function timeOf(id)
  return tonumber(string.match(id, '^%d+'))
end

-- Takes the oldest entries out of a stream that takes too many bytes, has atOnce more
-- entries than it may, or, as is looked now and then, some from before a time: more
-- than that are there only where a bound is new, and go with the next messages. Answers
-- its size.
local function shrink(stream, entries, size, mostBytes, mostEntries, since)
  local enough = mostBytes
  if size > mostBytes then
    enough, since = mostBytes * 15 / 16, 0
  elseif entries % 16 == 0 and since > 0 then
    local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
    if timeOf(oldest[1]) >= since then
      since = 0
    end
  else
    since = 0
  end
  for _ = 1, 16 do
    if since == 0 and size <= mostBytes and entries < mostEntries + math.min(atOnce, mostEntries / 16) then
      break
    end
    local before = entries
    for _, oldest in ipairs(redis.call('XRANGE', stream, '-', '+', 'COUNT', atOnce)) do
      if entries == 1 or size <= enough and entries <= mostEntries and timeOf(oldest[1]) >= since then
        break
      end
      size, entries = size - sizeOf(oldest[2]), entries - 1
    end
    if entries == before then
      break
    end
    redis.call('XTRIM', stream, 'MAXLEN', entries)
  end
  return size
end

local n = redis.call('INCR', count)
local entry = {'n', n, 'room', name, 'message', message, 'hash', hash}
local id = redis.call('XADD', log, '*', unpack(entry))
entry[2] = tostring(n)
local ms = timeOf(id)
local logged = redis.call('XLEN', log)
if logged == 1 then
  -- The log had expired. Its next id is behind its last, whatever the clock did since.
  logSize = 0
  local lastMS, lastSeq = string.match(counted[4] or '', '^(%d+)-(%d+)$')
  if lastMS and ms <= tonumber(lastMS) then
    redis.call('DEL', log)
    id = redis.call('XADD', log, string.format('%s-%d', lastMS, lastSeq + 1), unpack(entry))
    ms = timeOf(id)
  end
end
local horizon = math.max(0, ms - tonumber(age))
logSize = logSize and logSize + sizeOf(entry) or measure(log)
logSize = shrink(log, logged, logSize, tonumber(logBytes), tonumber(logLength), math.max(0, ms - tonumber(logAge)))

-- The log and the keys get a little more time than they need, and it is renewed when that
-- has gone by.
local more = math.floor(logAge / 64)
local renew = math.abs(ms - (tonumber(counted[5]) or 0)) >= more
if renew then
  redis.call('HSET', sizes, ' renewed', ms)
end
if renew or logged == 1 then
  redis.call('PEXPIRE', log, logAge + more)
end

if tonumber(length) > 0 then
  local added = redis.pcall('XADD', room, id, 'message', message)
  if type(added) == 'table' and added.err then
    -- The clock went back, and the log was lost: the room's order begins anew.
    redis.call('DEL', room)
    redis.call('XADD', room, id, 'message', message)
  end
  local entries = redis.call('XLEN', room)
  local size = entries == 1 and perRoom or roomSize
  size = size and size + sizeOf({'message', message}) or perRoom + measure(room)
  size = shrink(room, entries, size, tonumber(roomBytes), tonumber(length), horizon)
  redis.call('PEXPIRE', room, age)
  kept = kept + redis.call('ZADD', rooms, ms, name)
  allSize = allSize - (roomSize or 0) + size

  -- The room that was silent longest goes first; the lobby goes when it has expired.
  for _ = 1, 100 do
    if allSize <= tonumber(bytes) and kept <= tonumber(maxRooms) then
      break
    end
    local quiet = redis.call('ZRANGE', rooms, 0, 1, 'WITHSCORES')
    local oldest = quiet[1]
    if oldest == 'lobby' and tonumber(quiet[2]) >= horizon then
      oldest = quiet[3]
    end
    if not oldest or oldest == name then
      break
    end
    kept = kept - redis.call('ZREM', rooms, oldest)
    redis.call('UNLINK', prefix .. oldest)
    allSize = allSize - (tonumber(redis.call('HGET', sizes, oldest)) or 0)
    redis.call('HDEL', sizes, oldest)
  end
  redis.call('HSET', sizes, name, size, ' rooms', allSize, ' log', logSize, ' last', id)
else
  redis.call('HSET', sizes, ' log', logSize, ' last', id)
end

if kind ~= 'foreign' then
  redis.call('HSET', keys, mark, id)
  local marks = redis.call('RPUSH', order, mark)
  local over = marks - tonumber(keysLength)
  if over >= atOnce or marks % 32 == 0 then
    local oldest = redis.call('LRANGE', order, 0, atOnce - 1)
    local gone = 0
    for i, of in ipairs(redis.call('HMGET', keys, unpack(oldest))) do
      if i > over and of and timeOf(of) >= ms - tonumber(keyAge) then
        break
      end
      gone = i
    end
    if gone > 0 then
      redis.call('LTRIM', order, gone, -1)
      redis.call('HDEL', keys, unpack(oldest, 1, gone))
    end
  end
  if renew or marks == 1 then
    redis.call('PEXPIRE', keys, keyAge + more)
    redis.call('PEXPIRE', order, keyAge + more)
  end
end

if channel ~= '' then
  redis.call('PUBLISH', channel, before .. id .. behind)
end
return id
