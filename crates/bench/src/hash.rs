//! The reference of everything with a password: bare Argon2id, in one thread, in memory that is used again and again.

use std::time::{Duration, Instant};

use anyhow::anyhow;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::cpu::Cpu;

/// The service's defaults.
const MEMORY_KIB: u32 = 19_456;
const ITERATIONS: u32 = 2;
const LANES: u32 = 1;
const SALT: &[u8; 16] = b"a salt of sixtee";

/// What one hash took.
#[derive(Clone, Copy)]
pub(crate) struct HashTime {
    /// CPU time of the thread, in seconds.
    pub(crate) cpu: f64,
    /// Time by the clock on the wall, in seconds.
    pub(crate) wall: f64,
}

/// Hashes with one parameter set, again and again.
pub(crate) struct Hasher {
    argon2: Argon2<'static>,
    memory: Vec<Block>,
}

impl Hasher {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let params =
            Params::new(MEMORY_KIB, ITERATIONS, LANES, None).map_err(|error| anyhow!("Argon2id: {error}"))?;
        let memory = vec![Block::new(); params.block_count()];
        Ok(Self { argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params), memory })
    }

    fn digest(&mut self, password: &str) -> anyhow::Result<[u8; 32]> {
        let mut digest = [0; 32];
        self.argon2
            .hash_password_into_with_memory(password.as_bytes(), SALT, &mut digest, &mut self.memory)
            .map_err(|error| anyhow!("Argon2id: {error}"))?;
        Ok(digest)
    }

    /// The hash as it stands in the users' table.
    pub(crate) fn phc(&mut self, password: &str) -> anyhow::Result<String> {
        let digest = STANDARD_NO_PAD.encode(self.digest(password)?);
        let salt = STANDARD_NO_PAD.encode(SALT);
        Ok(format!("$argon2id$v=19$m={MEMORY_KIB},t={ITERATIONS},p={LANES}${salt}${digest}"))
    }
}

/// What one hash takes on average of `count`, in a thread of its own with nothing beside it.
pub(crate) async fn time(count: u32) -> anyhow::Result<HashTime> {
    tokio::task::spawn_blocking(move || {
        let mut hasher = Hasher::new()?;
        hasher.digest("to warm up")?; // fetches the memory from the system
        let (pid, tid) = (nix::unistd::getpid().as_raw(), nix::unistd::gettid().as_raw());
        let (before, start) = (Cpu::of_thread(pid, tid), Instant::now());
        for _ in 0..count {
            std::hint::black_box(hasher.digest(crate::site::PASSWORD)?);
        }
        let (wall, cpu) = (start.elapsed(), Cpu::of_thread(pid, tid).since(&before));
        let each = |time: Duration| time.as_secs_f64() / f64::from(count);
        Ok(HashTime { cpu: each(cpu), wall: each(wall) })
    })
    .await?
}

/// What one hash takes on average of `count`, while all cores hash, each in a loop of its own.
pub(crate) async fn on_all_cores(count: u32) -> anyhow::Result<HashTime> {
    let cores = u32::try_from(crate::machine::cores())?;
    let loops: Vec<_> = (0..cores).map(|_| tokio::spawn(time(count.div_ceil(cores)))).collect();
    let mut total = HashTime { cpu: 0.0, wall: 0.0 };
    for each in loops {
        let each = each.await??;
        total = HashTime { cpu: total.cpu + each.cpu, wall: total.wall + each.wall };
    }
    let cores = f64::from(cores);
    Ok(HashTime { cpu: total.cpu / cores, wall: total.wall / cores })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_written_as_the_service_reads_it() {
        let text = Hasher::new().unwrap().phc("weaves algebraic patterns").unwrap();
        let parts: Vec<_> = text.split('$').collect();
        assert_eq!(parts[1..4], ["argon2id", "v=19", "m=19456,t=2,p=1"]);
        assert_eq!((parts[4].len(), parts[5].len()), (22, 43));
    }
}
