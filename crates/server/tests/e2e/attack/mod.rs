//! Attacks on the real programs in production mode: each is what somebody would try, and what they get for it.

mod crowd;
mod dead_tokens;
mod enumeration;
mod guessing;
mod proxies;
mod races;
mod stopwatch;
mod theft;
