//! The memory that Argon2 works in. To get it from the system anew for each hash would cost a third of the time.

use super::params::HashParams;
use argon2::Block;

/// A hashing thread's memory for Argon2: made once, used by one hash after another.
pub(super) struct Memory {
    pub(super) blocks: Vec<Block>,
    keep: usize,
    #[cfg(test)]
    pub(super) computed: Vec<HashParams>,
}

impl Memory {
    /// Memory that keeps what `params` need, and gives back what an imported hash needs on top.
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
            self.blocks.resize(blocks, Block::new());
        }
        let done = job(&mut self.blocks);
        if self.blocks.len() > self.keep {
            self.blocks.truncate(self.keep);
            self.blocks.shrink_to_fit();
        }
        done
    }
}
