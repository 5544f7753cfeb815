-- RateLimits::peek.
return {tightest(statuses())}
