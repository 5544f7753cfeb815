-- RateLimits::acquire: in every budget or in none. KEYS: the logs, each once. Answers {1 for admitted or 0, number of the
-- budget, remaining, reset}.
local logs, refused = statuses(), nil
for number, log in ipairs(logs) do
  if log.remaining == 0 and (not refused or log.reset >= refused[4]) then
    refused = {0, number, 0, log.reset}
  end
end
if refused then
  return refused
end
for number, key in ipairs(KEYS) do
  local log = logs[number]
  if log.gone > 0 then
    redis.call('LPOP', key, log.gone)
  end
  redis.call('RPUSH', key, whole(now))
  forget(key, now + log.window)
  log.remaining = log.remaining - 1
  -- The first to leave is the one that came first, which may be this one.
  if log.reset == 0 then
    log.reset = log.window
  end
end
return {1, tightest(logs)}
