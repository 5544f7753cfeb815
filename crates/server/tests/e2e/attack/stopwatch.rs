//! Whether two kinds of requests can be told apart by the time that they take.
//!
//! **Samples.** Rounds; in each, every kind is measured once, in an order drawn anew. What a busy machine does to one kind
//! it does to its neighbours in the round as well, and no kind always follows the same other one.
//!
//! **Statistic.** *p* = how often a sample of one kind is slower than one of the other, over all pairs: the Mann-Whitney
//! *U* as a fraction, and just the chance of an attacker who has to say which of two answers was which. It goes by ranks: a
//! stall of a second weighs no more than one of a millisecond, and no distribution is assumed.
//!
//! **Threshold.** With n samples of each kind and no difference, p deviates from ½ by √((2n+1)/12n²): 0.0373 for
//! n = 120, 0.0305 for n = 180. The threshold is 5.4 such deviations, |p − ½| ≤ 0.20 and 0.16: one false alarm in ten
//! million comparisons, on any machine. Load can hide a small difference, but cannot make one up.
//!
//! **Resolution.** For times that spread normally the smallest difference that fails is 0.74 of their standard deviation
//! for n = 120, and 0.60 for n = 180. What that is in microseconds each measurement says of its own samples: on an idle
//! machine about a tenth of a login, and as much of an attempt at a code. And each has controls, requests in which a
//! difference is planted: sampling goes on until they are told apart, and fails when they never are.

use std::time::Duration;

/// How many deviations the chance may be from a coin's.
const DEVIATIONS: f64 = 5.4;

/// How often a sample of `these` is slower than one of `those`; a tie counts half.
pub(super) fn slower(these: &[Duration], those: &[Duration]) -> f64 {
    let mut halves = 0_u32;
    for this in these {
        for that in those {
            halves += match this.cmp(that) {
                std::cmp::Ordering::Less => 0,
                std::cmp::Ordering::Equal => 1,
                std::cmp::Ordering::Greater => 2,
            };
        }
    }
    let pairs = u32::try_from(these.len() * those.len()).unwrap();
    f64::from(halves) / (2.0 * f64::from(pairs))
}

/// Whether they can be told apart.
pub(super) fn differ(these: &[Duration], those: &[Duration]) -> bool {
    let [n, m] = [these, those].map(|samples| f64::from(u32::try_from(samples.len()).unwrap()));
    let deviation = ((n + m + 1.0) / (12.0 * n * m)).sqrt();
    (slower(these, those) - 0.5).abs() > DEVIATIONS * deviation
}

/// Whether there are `least` samples of each kind at least, and so many that each of `planted` differs from `those`: on a
/// busy machine it takes more, up to three times as many. What is asked about has no say in it.
pub(super) fn enough(least: usize, those: &[Duration], planted: &[Vec<Duration>]) -> bool {
    // Looked at now and then alone: it takes a while.
    let is_time = those.len() >= least && (those.len() - least).is_multiple_of(30);
    is_time && (those.len() >= 3 * least || planted.iter().all(|these| differ(these, those)))
}

/// The smallest difference by which samples like these can be told from others, to an eighth.
pub(super) fn resolution(samples: &[Duration]) -> Duration {
    let mut difference = Duration::from_micros(1);
    while !differ(&samples.iter().map(|sample| *sample + difference).collect::<Vec<_>>(), samples) {
        difference += difference / 8 + Duration::from_nanos(1);
    }
    difference
}

/// Numbers that are the same in each run: xorshift64 (Marsaglia 2003).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % end
    }

    /// 0 to `end`, in any order.
    pub(super) fn order(&mut self, end: usize) -> Vec<usize> {
        let mut order: Vec<_> = (0..end).collect();
        for last in (1..end).rev() {
            order.swap(last, self.below(last + 1));
        }
        order
    }
}

/// The median.
pub(super) fn middle(samples: &[Duration]) -> Duration {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

/// Times as of a busy machine: about a millisecond, and one in ten many times that.
fn busy(dice: &mut Dice) -> Vec<Duration> {
    let sample = |dice: &mut Dice| {
        let stall = if dice.below(10) == 0 { dice.below(40_000) } else { 0 };
        Duration::from_micros(u64::try_from(800 + dice.below(400) + stall).unwrap())
    };
    (0..120).map(|_| sample(dice)).collect()
}

#[test]
fn kinds_that_take_the_same_time_are_never_told_apart() {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for _ in 0..200 {
        let (these, mut those) = (busy(&mut dice), busy(&mut dice));
        assert!(!differ(&these, &those), "{}", slower(&these, &those));
        // The machine stops for a second, once in the measurement of one kind alone.
        those[7] += Duration::from_secs(1);
        assert!(!differ(&these, &those), "{}", slower(&these, &those));
    }
}

#[test]
fn a_planted_difference_is_found_in_either_direction() {
    let mut dice = Dice(0x2545_F491_4F6C_DD1D);
    for _ in 0..200 {
        let (these, mut those) = (busy(&mut dice), busy(&mut dice));
        those.iter_mut().for_each(|sample| *sample += Duration::from_micros(250));
        assert!(differ(&these, &those) && differ(&those, &these), "{}", slower(&these, &those));
    }
}
