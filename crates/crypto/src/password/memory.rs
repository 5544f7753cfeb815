//! The memory that Argon2 works in. To get it from the system anew for each hash would cost a third of the time.

use super::params::HashParams;
use argon2::Block;

/// Blocks of 1 KiB. glibc maps what is larger than 32 MiB by itself, and unmaps it when it is dropped; what is smaller it keeps
/// for later, once it was used (`M_MMAP_THRESHOLD`, mallopt(3)). Address space beyond what is written to costs nothing.
pub(super) const MAPPED_ALONE: usize = 33 << 10;

/// A hashing thread's memory for Argon2: made once, used by one hash after another.
pub(super) struct Memory {
    pub(super) blocks: Vec<Block>,
    keep: usize,
    #[cfg(test)]
    pub(super) computed: Vec<HashParams>,
}

impl Memory {
    /// Memory that is kept while hashes need no more than `params` do, and given back after an imported one that did.
    pub(super) fn for_params(params: HashParams) -> Self {
        let keep = match params {
            HashParams::Argon2id { memory_kib, .. } => usize::try_from(memory_kib).unwrap_or(0),
            HashParams::Bcrypt { .. } => 0,
        };
        Self {
            blocks: Vec::new(),
            keep,
            #[cfg(test)]
            computed: Vec::new(),
        }
    }

    /// Has `job` use `blocks` of it, whatever an earlier one left there.
    pub(super) fn lend<T>(&mut self, blocks: usize, job: impl FnOnce(&mut [Block]) -> T) -> T {
        if self.blocks.len() < blocks {
            self.blocks.reserve_exact(blocks.max(MAPPED_ALONE) - self.blocks.len());
            self.blocks.resize(blocks, Block::new());
        }
        let done = job(&mut self.blocks);
        if self.blocks.len() > self.keep {
            self.blocks = Vec::new();
        }
        done
    }
}
