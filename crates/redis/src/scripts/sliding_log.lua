-- A log is a list of the times of admitted requests, oldest first; it holds no more of them than the limit says.

-- How many at its head count no more at `now`, and the first that counts. Those are what nobody forgot yet, so they are
-- mostly few; they are read in pieces that double, for a log may be long.
local function spent(key, window)
  local gone, piece = 0, 4
  while true do
    local times = redis.call('LRANGE', key, gone, gone + piece - 1)
    for index, at in ipairs(times) do
      if at + window > now then
        return gone + index - 1, at
      end
    end
    gone = gone + #times
    if #times < piece then
      return gone
    end
    piece = piece * 2
  end
end

-- SlidingLog::status of the log of each key: how many more would pass at `now`, how long until one more than that, and
-- how many count no more. ARGV: shift, then max and window in microseconds of each.
local function statuses()
  local logs = {}
  for number, key in ipairs(KEYS) do
    local max, window = tonumber(ARGV[2 * number]), tonumber(ARGV[2 * number + 1])
    local gone, leaving = spent(key, window)
    local counted = redis.call('LLEN', key) - gone
    if counted > max then
      leaving = redis.call('LINDEX', key, gone + counted - max)
    end
    local reset = leaving and leaving + window - now or 0
    logs[number] = {remaining = math.max(0, max - counted), reset = reset, gone = gone, window = window}
  end
  return logs
end

-- The tightest of them, as its number, remaining and reset.
local function tightest(logs)
  local tight = 1
  for number, log in ipairs(logs) do
    local least = logs[tight]
    if log.remaining < least.remaining or (log.remaining == least.remaining and log.reset > least.reset) then
      tight = number
    end
  end
  return tight, logs[tight].remaining, logs[tight].reset
end
