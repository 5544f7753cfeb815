-- CodeEntry::restore. KEYS: the slot. ARGV: shift, most attempts, mac, subject, end, attempts before, their end,
-- note; 0 attempts for none.
local most, taken_end = tonumber(ARGV[2]), tonumber(ARGV[5])
local mac, ends, since, since_until = unpack(redis.call('HMGET', KEYS[1], 'mac', 'ends', 'made', 'until'))
if (mac and tonumber(ends) > now) or taken_end <= now then
  return 0
end
local made, made_until = tonumber(ARGV[6]), tonumber(ARGV[7])
if made_until <= now then
  made, made_until = 0, 0
end
since, since_until = tonumber(since or 0), tonumber(since_until or 0)
if since_until > now then
  if made == 0 then
    made_until = since_until
  end
  made = math.min(made + since, most)
end
redis.call('DEL', KEYS[1])
local last = 0
if made > 0 then
  redis.call('HSET', KEYS[1], 'made', made, 'until', whole(made_until))
  last = made_until
end
if made < most then
  redis.call('HSET', KEYS[1], 'mac', ARGV[3], 'subject', ARGV[4], 'ends', ARGV[5], 'note', ARGV[8])
  last = math.max(last, taken_end)
end
forget(KEYS[1], last)
return 1
