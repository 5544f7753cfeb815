-- Keeps a session in the place that was taken for it, and only there; the place's life goes on.
-- KEYS: the session, the mark of its account. ARGV: the token of the place, what is to be kept.
if redis.call('GET', KEYS[1]) == 'place:' .. ARGV[1] and redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
end
