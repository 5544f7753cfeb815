-- RateLimits::acquire: in every budget or in none. Answers {1 for admitted or 0, number of the budget, remaining, reset}.
local refused
for number, key in ipairs(KEYS) do
  local remaining, reset = status(key, tonumber(ARGV[2 * number]), tonumber(ARGV[2 * number + 1]))
  if remaining == 0 and (not refused or reset >= refused[4]) then
    refused = {0, number, 0, reset}
  end
end
if refused then
  return refused
end
for number, key in ipairs(KEYS) do
  local window = tonumber(ARGV[2 * number + 1])
  redis.call('LTRIM', key, spent(key, window), -1)
  redis.call('RPUSH', key, whole(now))
  forget(key, now + window)
end
return {1, unpack(tightest())}
