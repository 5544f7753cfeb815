-- A log is a list of the times of admitted requests, oldest first; it holds no more of them than the limit says.

-- How many at its head count no more at `now`: those that nobody forgot yet, so they are mostly few. They are read in
-- pieces that double, for a log may be long.
local function spent(key, window)
  local gone, piece = 0, 4
  while true do
    local times = redis.call('LRANGE', key, gone, gone + piece - 1)
    for index, at in ipairs(times) do
      if at + window > now then
        return gone + index - 1
      end
    end
    gone = gone + #times
    if #times < piece then
      return gone
    end
    piece = piece * 2
  end
end

-- SlidingLog::status: how many more would pass at `now`, and how long until one more than that.
local function status(key, max, window)
  local gone = spent(key, window)
  local counted = redis.call('LLEN', key) - gone
  local leaving = redis.call('LINDEX', key, gone + math.max(0, counted - max))
  return math.max(0, max - counted), leaving and leaving + window - now or 0
end

-- The tightest of the budgets, as {its number, remaining, reset}. KEYS: the logs. ARGV: shift, then max and window in
-- microseconds of each.
local function tightest()
  local tight
  for number, key in ipairs(KEYS) do
    local remaining, reset = status(key, tonumber(ARGV[2 * number]), tonumber(ARGV[2 * number + 1]))
    if not tight or remaining < tight[2] or (remaining == tight[2] and reset > tight[3]) then
      tight = {number, remaining, reset}
    end
  end
  return tight
end
