-- What is kept of a session; its place, when nothing is.
-- KEYS[1]: the session. ARGV: the token of a place, its life in milliseconds, how marks of changed accounts begin.
-- Answers 0 with the place, 1 when neither is to be had, 2 with what is kept and the milliseconds that it has left.
-- The mark lives in the slot of the session: whose it is is known only once it was read.
local kept = redis.call('GET', KEYS[1])
if not kept then
  redis.call('SET', KEYS[1], 'place:' .. ARGV[1], 'PX', ARGV[2])
  return { 0, '', 0 }
end
local owner = string.match(kept, '^live:(%d+):')
if not owner or redis.call('EXISTS', ARGV[3] .. owner) == 1 then
  return { 1, '', 0 }
end
return { 2, kept, redis.call('PTTL', KEYS[1]) }
