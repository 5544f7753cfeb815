//! Attacks on the real programs in production mode: each is what somebody would try, and what they get for it.

mod accounts;
mod bodies;
mod concealment;
mod crowd;
mod dead_tokens;
mod enumeration;
mod forgery;
mod forgery_corpus;
mod forgery_damage;
mod forgery_signer;
mod grants;
mod guessing;
mod injection;
mod matrix;
mod needles;
mod origins;
mod proxies;
mod races;
mod raw;
mod secrets;
mod stalling;
mod stopwatch;
mod theft;
mod wire;
