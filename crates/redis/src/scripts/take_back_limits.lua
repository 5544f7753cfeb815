-- RateLimits::take_back. KEYS: the logs. ARGV: shift, then `latest` or `all` for each.
for number, key in ipairs(KEYS) do
  redis.call(ARGV[number + 1] == 'all' and 'DEL' or 'RPOP', key)
end
