-- SlidingLog::status: how many more would pass at `now`, and how long until one more than that. A log is a list of
-- the times of admitted requests, oldest first; it holds no more of them than the limit says.
local function status(key, max, window)
  local log = redis.call('LRANGE', key, 0, -1)
  local counted = 0
  for _, at in ipairs(log) do
    if at + window > now then
      counted = counted + 1
    end
  end
  local leaving = log[#log - counted + math.max(0, counted - max) + 1]
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
