//! Which secrets are too weak for production: short, monotonous, repeated, counted or published ones; and which
//! passwords everybody tries first.

use crate::secret::SecretText;

/// The fewest bytes of a secret: those of SHA-256 (RFC 7518, 3.2).
pub(crate) const MIN_BYTES: usize = 32;

/// The fewest different bytes; a random secret has more, even one of 32 decimal digits.
const MIN_DIFFERENT: usize = 6;

/// Words of templates and tutorials, without case and punctuation.
const PLACEHOLDERS: &[&str] = &[
    "changeme",
    "changethis",
    "changeit",
    "changeinproduction",
    "replaceme",
    "replacethis",
    "replacewith",
    "yoursecret",
    "yourjwt",
    "yoursuper",
    "your256bit",
    "mysecret",
    "supersecret",
    "topsecret",
    "placeholder",
    "donotuse",
    "notsecure",
    "insecure",
    "examplesecret",
    "secretkey",
    "jwtsecret",
    "secretjwt",
    "defaultsecret",
    "password",
    "developmentsecret",
    "devsecret",
    "astringsecretatleast",
];

/// Secrets from the documentation of widely used software and standards.
const PUBLISHED: &[&str] = &[
    // FastAPI's tutorial
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    // RFC 7515, appendix A.1
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
];

/// Passwords of images, tutorials and compose files, and those that are guessed first.
const KNOWN_PASSWORDS: &[&str] = &[
    "123456",
    "12345678",
    "123456789",
    "admin",
    "auth",
    "change-me",
    "change_me",
    "changeit",
    "changeme",
    "db",
    "default",
    "demo",
    "dev",
    "evently",
    "evently_auth",
    "evently-auth",
    "example",
    "foobared", // redis.conf
    "guest",
    "mysecretpassword", // the PostgreSQL image's page
    "pass",
    "passw0rd",
    "password",
    "password123",
    "postgres",
    "postgresql",
    "qwerty",
    "redis",
    "root",
    "secret",
    "test",
    "user",
    "your-password",
    "your_password",
    "yourpassword",
];

/// Whether `password` is one that everybody knows, or the name of its own `user`; if so, what is wrong with it.
pub(crate) fn check_known(password: Option<&SecretText>, user: Option<&str>) -> Result<(), String> {
    let Some(password) = password.map(|password| password.expose().trim()) else { return Ok(()) };
    if user.is_some_and(|user| user.eq_ignore_ascii_case(password)) {
        return Err("its password is the name of its user".into());
    }
    if KNOWN_PASSWORDS.contains(&password.to_lowercase().as_str()) {
        return Err("its password is one that everybody knows".into());
    }
    Ok(())
}

/// Whether `secret` has enough bytes; if not, what is wrong with it.
pub(crate) fn check_length(secret: &SecretText, min_bytes: usize) -> Result<(), String> {
    let bytes = secret.expose().len();
    if bytes < min_bytes { Err(format!("it has {bytes} bytes, {min_bytes} are needed")) } else { Ok(()) }
}

/// Whether `secret` may protect a production system; if not, what is wrong with it.
pub(crate) fn check(secret: &SecretText) -> Result<(), String> {
    check_length(secret, MIN_BYTES)?;
    let text = secret.expose();
    if PUBLISHED.contains(&text.trim()) {
        return Err("it is a published example".into());
    }
    let letters: String = text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    if PLACEHOLDERS.iter().any(|word| letters.contains(word)) {
        return Err("it looks like a placeholder".into());
    }
    let mut different: Vec<u8> = text.bytes().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < MIN_DIFFERENT {
        return Err(format!("it has only {} different characters", different.len()));
    }
    if repeats(text.as_bytes()) {
        return Err("it repeats a shorter text".into());
    }
    if is_sequence(text.as_bytes()) {
        return Err("it counts, or walks along the alphabet".into());
    }
    Ok(())
}

/// Whether more than three of four characters are next to the one before, or the same.
fn is_sequence(text: &[u8]) -> bool {
    let is_step = |pair: &&[u8]| matches!(pair, [a, b] if a.abs_diff(*b) <= 1);
    text.windows(2).filter(is_step).count() * 4 > text.len() * 3
}

/// Whether `text` is a shorter one over and over, the last time perhaps in part.
fn repeats(text: &[u8]) -> bool {
    (1..=text.len() / 2).any(|period| text.iter().zip(text.iter().skip(period)).all(|(a, b)| a == b))
}
