-- CodeEntry::issued. KEYS: the slot. ARGV: shift, lifetime in microseconds, mac, subject, note; no mac for no code.
-- Answers the subject of the living code that ended, or nothing.
local ended, until_then = unpack(redis.call('HMGET', KEYS[1], 'subject', 'ends'))
redis.call('DEL', KEYS[1])
if ARGV[3] ~= '' then
  local ends = now + ARGV[2]
  redis.call('HSET', KEYS[1], 'mac', ARGV[3], 'subject', ARGV[4], 'ends', whole(ends), 'note', ARGV[5])
  forget(KEYS[1], ends)
end
return ended and tonumber(until_then) > now and ended
