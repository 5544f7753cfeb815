-- The clock of every rule: that of the Redis server, in microseconds. Lua's own way to print a number keeps fourteen
-- digits only, so what is stored is formatted. ARGV[1] is added; it is 0 outside of tests.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2] + ARGV[1]
local function whole(number) return string.format('%.0f', number) end
-- Cleans up when nothing of the key can count any more; the rules themselves go by the times that are stored.
local function forget(key, at) redis.call('PEXPIRE', key, whole(math.max(1, math.ceil((at - now) / 1000)))) end
