//! Decisions from a seed: SplitMix64, the same numbers on every machine.

/// A stream of numbers that its seed determines.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of `0..count`; `count` is at least 1.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        let scaled = u128::from(self.next()) * count as u128;
        usize::try_from(scaled >> 64).unwrap_or_default()
    }

    /// Yes in `per_mille` of a thousand cases.
    pub(crate) fn chance(&mut self, per_mille: usize) -> bool {
        self.below(1_000) < per_mille
    }
}
