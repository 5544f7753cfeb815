-- CodeEntry::check. KEYS: the slot. ARGV: shift, lifetime in microseconds, most attempts, mac of the attempt.
-- Answers {1, attempts before, their end, subject, end, note} for an accepted code, {0, remaining, …} else.
local most = tonumber(ARGV[3])
local mac, subject, ends, note, made, made_until =
  unpack(redis.call('HMGET', KEYS[1], 'mac', 'subject', 'ends', 'note', 'made', 'until'))
local function rejected(remaining) return {0, remaining, 0, 0, 0, ''} end
made, made_until = tonumber(made or 0), tonumber(made_until or 0)
if made_until <= now then
  made, made_until = 0, now + ARGV[2]
end
if made >= most then
  redis.call('HDEL', KEYS[1], 'mac', 'subject', 'ends', 'note')
  return rejected(0)
end
made = made + 1
local alive = mac and tonumber(ends) > now
if alive and mac == ARGV[4] then
  redis.call('DEL', KEYS[1])
  return {1, made - 1, whole(made_until), subject, ends, note or ''}
end
if not alive or made >= most then
  redis.call('HDEL', KEYS[1], 'mac', 'subject', 'ends', 'note')
  ends = 0
end
redis.call('HSET', KEYS[1], 'made', made, 'until', whole(made_until))
forget(KEYS[1], math.max(tonumber(ends), made_until))
return rejected(most - made)
