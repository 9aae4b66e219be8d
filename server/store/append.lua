-- Stores one message in the log of all and in its room, and has old peers told:
-- all of it or nothing. Answers its id, or that of the first with the same key.
local log, room, keys, order, rooms, keeper, count, sizes = unpack(KEYS)
local kind, mark, name, message, hash, length, age, bytes, roomBytes, logLength, logBytes, keysLength, maxRooms, prefix, channel, before, behind = unpack(ARGV)

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

-- How many bytes the rooms, all of them and the log take, by the counts below. No room
-- has a space in its name. What is not counted, since the counts were lost, is counted
-- when it is next written to, and expires else.
local counted = redis.call('HMGET', sizes, name, ' rooms', ' log')
local roomSize, allSize, logSize = tonumber(counted[1]), tonumber(counted[2]) or 0, tonumber(counted[3])

-- A room takes at least a block of Redis's, and one of what is trimmed from it; an entry
-- takes its values, and what an allocator rounds up.
local perRoom, perEntry = 10000, 100

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

-- Takes the oldest entries out of a stream that is over its bounds, at most a hundred:
-- the rest goes with the next messages. Answers its size.
local function shrink(stream, size, mostBytes, mostEntries, since)
  local entries = redis.call('XLEN', stream)
  for _ = 1, 100 do
    local over = size > mostBytes or entries > mostEntries
    if entries <= 1 or not over and since == 0 then
      break
    end
    local oldest = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
    if not over and timeOf(oldest[1]) >= since then
      break
    end
    redis.call('XDEL', stream, oldest[1])
    size, entries = size - sizeOf(oldest[2]), entries - 1
  end
  return size
end

local n = redis.call('INCR', count)
local entry = {'n', n, 'room', name, 'message', message, 'hash', hash}
local id = redis.call('XADD', log, '*', unpack(entry))
local ms = timeOf(id)
local horizon = math.max(0, ms - tonumber(age))
entry[2] = tostring(n)
logSize = shrink(log, logSize and logSize + sizeOf(entry) or measure(log), tonumber(logBytes), tonumber(logLength), 0)
redis.call('HSET', sizes, ' log', logSize)

if tonumber(length) > 0 then
  local size = redis.call('EXISTS', room) == 0 and perRoom or roomSize
  local added = redis.pcall('XADD', room, id, 'message', message)
  if type(added) == 'table' and added.err then
    -- The clock went back, and the log was lost: the room's order begins anew.
    redis.call('DEL', room)
    redis.call('XADD', room, id, 'message', message)
    size = perRoom
  end
  size = size and size + sizeOf({'message', message}) or perRoom + measure(room)
  size = shrink(room, size, tonumber(roomBytes), tonumber(length), horizon)
  redis.call('PEXPIRE', room, age)
  redis.call('ZADD', rooms, ms, name)
  allSize = allSize - (roomSize or 0) + size
  redis.call('HSET', sizes, name, size)

  -- The room that was silent longest goes first; the lobby goes when it has expired.
  for _ = 1, 100 do
    if allSize <= tonumber(bytes) and redis.call('ZCARD', rooms) <= tonumber(maxRooms) then
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
    redis.call('ZREM', rooms, oldest)
    redis.call('UNLINK', prefix .. oldest)
    allSize = allSize - (tonumber(redis.call('HGET', sizes, oldest)) or 0)
    redis.call('HDEL', sizes, oldest)
  end
  redis.call('HSET', sizes, ' rooms', allSize)
end

if kind ~= 'foreign' then
  redis.call('HSET', keys, mark, id)
  redis.call('RPUSH', order, mark)
  for _ = 1, 10 do
    local oldest = redis.call('LINDEX', order, 0)
    local of = oldest and redis.call('HGET', keys, oldest)
    if redis.call('LLEN', order) <= tonumber(keysLength) and of and timeOf(of) >= horizon then
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
