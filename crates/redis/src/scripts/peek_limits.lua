-- RateLimits::peek.
return tightest()
