//! Clauses of `Codes`.

use crate::{CodesHarness, race};
use chrono::TimeDelta;
use evently_auth_domain::account::UserId;
use evently_auth_domain::code::{CodeCheck, CodeMac, CodeSlot, StoredCode, TakenCode};
use evently_auth_domain::code_note::SealedNote;
use evently_auth_domain::ports::Codes;
use std::sync::Arc;

/// Tests an adapter of `Codes`, given an async function that makes a fresh [`CodesHarness`].
#[macro_export]
macro_rules! codes {
    ($fresh:expr) => {
        $crate::clauses!($fresh, codes: [
            the_code_comes_back_as_it_was_put,
            a_code_is_accepted_once,
            a_code_belongs_to_its_slot,
            wrong_attempts_count_down,
            the_third_wrong_attempt_kills_the_code,
            the_third_attempt_may_be_the_right_one,
            a_success_starts_the_count_anew,
            a_new_code_replaces_the_old_one_and_the_count,
            a_new_code_tells_whose_code_it_ended,
            putting_nothing_starts_the_count_alone,
            an_empty_slot_counts_alike,
            a_code_that_was_given_back_works_once_more,
            a_code_that_was_given_back_keeps_its_count,
            a_code_that_was_given_back_keeps_its_end,
            guesses_meanwhile_count_against_a_code_that_was_given_back,
            a_code_that_was_given_back_replaces_no_newer_one,
            giving_back_twice_changes_nothing,
            a_code_is_not_given_back_after_its_end,
            a_code_is_forgotten_after_ten_minutes,
            a_count_is_forgotten_ten_minutes_after_it_began,
            a_code_outlives_no_count_that_it_did_not_start,
            at_most_three_of_many_guesses_are_compared,
            at_most_one_of_many_is_accepted,
            many_checks_of_an_empty_slot_count_alike,
        ]);
    };
}

const SLOT: CodeSlot = CodeSlot([1; 32]);
const OTHER_SLOT: CodeSlot = CodeSlot([2; 32]);
const RIGHT: CodeMac = CodeMac([3; 32]);
const WRONG: CodeMac = CodeMac([4; 32]);
const ADA: UserId = UserId(42);

fn code(mac: CodeMac) -> StoredCode {
    StoredCode { mac, subject: ADA, note: Some(SealedNote(mac.0[..7].to_vec())) }
}

fn rejected(remaining: u32) -> CodeCheck {
    CodeCheck::Rejected { remaining }
}

fn is_accepted(check: &CodeCheck) -> bool {
    matches!(check, CodeCheck::Accepted(TakenCode { code: StoredCode { subject: ADA, .. }, .. }))
}

impl CodesHarness {
    async fn put(&self, slot: CodeSlot, mac: Option<CodeMac>) {
        self.codes.put(slot, mac.map(code)).await.unwrap();
    }

    async fn check(&self, slot: CodeSlot, mac: CodeMac) -> CodeCheck {
        self.codes.check(slot, mac).await.unwrap()
    }

    async fn is_accepted(&self, slot: CodeSlot, mac: CodeMac) -> bool {
        is_accepted(&self.check(slot, mac).await)
    }

    /// What an accepted check takes.
    async fn take(&self, slot: CodeSlot, mac: CodeMac) -> TakenCode {
        match self.check(slot, mac).await {
            CodeCheck::Accepted(taken) => taken,
            rejected @ CodeCheck::Rejected { .. } => panic!("{rejected:?}"),
        }
    }

    async fn restore(&self, slot: CodeSlot, taken: TakenCode) {
        self.codes.restore(slot, taken).await.unwrap();
    }

    async fn check_many(&self, slot: CodeSlot, attempts: Vec<CodeMac>) -> Vec<CodeCheck> {
        let codes = &self.codes;
        race(attempts.len(), |number| check(codes.clone(), slot, attempts[number])).await
    }
}

async fn check(codes: Arc<dyn Codes>, slot: CodeSlot, mac: CodeMac) -> CodeCheck {
    codes.check(slot, mac).await.unwrap()
}

/// For which account, and with which note: any bytes, or none.
pub async fn the_code_comes_back_as_it_was_put(given: CodesHarness) {
    for note in [None, Some(vec![0]), Some((0..=255).cycle().take(2_000).collect())] {
        let code = StoredCode { note: note.map(SealedNote), ..code(RIGHT) };
        given.codes.put(SLOT, Some(code.clone())).await.unwrap();
        for _ in 0..2 {
            let taken = given.take(SLOT, RIGHT).await;
            assert_eq!(taken.code, code);
            given.restore(SLOT, taken).await;
        }
    }
}

/// An accepted code is gone.
pub async fn a_code_is_accepted_once(given: CodesHarness) {
    given.put(SLOT, Some(RIGHT)).await;
    assert!(given.is_accepted(SLOT, RIGHT).await);
    assert_eq!(given.check(SLOT, RIGHT).await, rejected(2));
}

/// A slot knows nothing of another.
pub async fn a_code_belongs_to_its_slot(given: CodesHarness) {
    given.put(SLOT, Some(RIGHT)).await;
    assert_eq!(given.check(OTHER_SLOT, RIGHT).await, rejected(2));
    assert_eq!(given.check(SLOT, WRONG).await, rejected(2));
    assert!(given.is_accepted(SLOT, RIGHT).await);
}

/// 2, 1, 0, 0.
pub async fn wrong_attempts_count_down(given: CodesHarness) {
    given.put(SLOT, Some(RIGHT)).await;
    for remaining in [2, 1, 0, 0] {
        assert_eq!(given.check(SLOT, WRONG).await, rejected(remaining));
    }
}

/// The right code comes too late.
pub async fn the_third_wrong_attempt_kills_the_code(given: CodesHarness) {
    given.put(SLOT, Some(RIGHT)).await;
    for remaining in [2, 1, 0] {
        assert_eq!(given.check(SLOT, WRONG).await, rejected(remaining));
    }
    assert_eq!(given.check(SLOT, RIGHT).await, rejected(0));
}

/// Two typing errors are forgiven.
pub async fn the_third_attempt_may_be_the_right_one(given: CodesHarness) {
    given.put(SLOT, Some(RIGHT)).await;
    given.check(SLOT, WRONG).await;
    given.check(SLOT, WRONG).await;
    assert!(given.is_accepted(SLOT, RIGHT).await);
}

/// The count goes with the accepted code.
pub async fn a_success_starts_the_count_anew(given: CodesHarness) {
    given.put(SLOT, Some(RIGHT)).await;
    given.check(SLOT, WRONG).await;
    given.check(SLOT, WRONG).await;
    assert!(given.is_accepted(SLOT, RIGHT).await);
    assert_eq!(given.check(SLOT, WRONG).await, rejected(2));
}

/// `put` replaces what the slot held.
pub async fn a_new_code_replaces_the_old_one_and_the_count(given: CodesHarness) {
    let newer = CodeMac([5; 32]);
    given.put(SLOT, Some(RIGHT)).await;
    given.check(SLOT, WRONG).await;
    given.put(SLOT, Some(newer)).await;
    assert_eq!(given.check(SLOT, RIGHT).await, rejected(2), "the old code");
    assert!(given.is_accepted(SLOT, newer).await, "the new code");
}

/// `put` says for whom the code was that ended thereby; one that was used, guessed at too often or too old is none.
pub async fn a_new_code_tells_whose_code_it_ended(given: CodesHarness) {
    let codes = given.codes.as_ref();
    let of = |id| Some(StoredCode { subject: UserId(id), ..code(RIGHT) });
    assert_eq!(codes.put(SLOT, of(i64::MAX)).await.unwrap(), None, "an empty slot");
    assert_eq!(codes.put(OTHER_SLOT, of(2)).await.unwrap(), None, "another slot");
    assert_eq!(codes.put(SLOT, of(2)).await.unwrap(), Some(UserId(i64::MAX)));
    assert_eq!(codes.put(SLOT, None).await.unwrap(), Some(UserId(2)));
    assert_eq!(codes.put(SLOT, of(3)).await.unwrap(), None, "none was there");
    given.check(SLOT, WRONG).await;
    assert_eq!(codes.put(SLOT, of(4)).await.unwrap(), Some(UserId(3)), "guessed at once");
    given.check(SLOT, RIGHT).await;
    assert_eq!(codes.put(SLOT, of(5)).await.unwrap(), None, "used");
    for _ in 0..3 {
        given.check(SLOT, WRONG).await;
    }
    assert_eq!(codes.put(SLOT, of(6)).await.unwrap(), None, "guessed at three times");
    (given.advance)(TimeDelta::minutes(10)).await;
    assert_eq!(codes.put(SLOT, of(7)).await.unwrap(), None, "too old");
}

/// `put` without a code ends the code that was there as well.
pub async fn putting_nothing_starts_the_count_alone(given: CodesHarness) {
    given.put(SLOT, Some(RIGHT)).await;
    for _ in 0..2 {
        given.check(SLOT, WRONG).await;
    }
    given.put(SLOT, None).await;
    for remaining in [2, 1, 0, 0] {
        assert_eq!(given.check(SLOT, RIGHT).await, rejected(remaining));
    }
}

/// Nobody can tell an empty slot from a full one.
pub async fn an_empty_slot_counts_alike(given: CodesHarness) {
    for remaining in [2, 1, 0, 0] {
        assert_eq!(given.check(SLOT, RIGHT).await, rejected(remaining));
    }
}

/// `restore` undoes the check that took it.
pub async fn a_code_that_was_given_back_works_once_more(given: CodesHarness) {
    given.put(SLOT, Some(RIGHT)).await;
    let taken = given.take(SLOT, RIGHT).await;
    assert_eq!(taken.code, code(RIGHT));
    given.restore(SLOT, taken).await;
    assert!(given.is_accepted(SLOT, RIGHT).await);
    assert_eq!(given.check(SLOT, RIGHT).await, rejected(2));
}

/// Two wrong attempts before stay two; the right one is not counted.
pub async fn a_code_that_was_given_back_keeps_its_count(given: CodesHarness) {
    given.put(SLOT, Some(RIGHT)).await;
    given.check(SLOT, WRONG).await;
    given.check(SLOT, WRONG).await;
    for _ in 0..2 {
        let taken = given.take(SLOT, RIGHT).await;
        given.restore(SLOT, taken).await;
    }
    assert_eq!(given.check(SLOT, WRONG).await, rejected(0));
    assert_eq!(given.check(SLOT, RIGHT).await, rejected(0), "the code is dead");
}

/// Ten minutes from its beginning, and so for the count.
pub async fn a_code_that_was_given_back_keeps_its_end(given: CodesHarness) {
    given.put(SLOT, Some(RIGHT)).await;
    given.check(SLOT, WRONG).await;
    (given.advance)(TimeDelta::seconds(300)).await;
    let taken = given.take(SLOT, RIGHT).await;
    given.restore(SLOT, taken).await;
    (given.advance)(TimeDelta::seconds(295)).await;
    assert_eq!(given.check(SLOT, WRONG).await, rejected(1), "just before its end");
    (given.advance)(TimeDelta::seconds(5)).await;
    assert_eq!(given.check(SLOT, RIGHT).await, rejected(2), "at its end");
}

/// A code gains no guesses by having been away.
pub async fn guesses_meanwhile_count_against_a_code_that_was_given_back(given: CodesHarness) {
    for (slot, before, since) in [(SLOT, 1, 1), (OTHER_SLOT, 0, 2)] {
        given.put(slot, Some(RIGHT)).await;
        for _ in 0..before {
            given.check(slot, WRONG).await;
        }
        let taken = given.take(slot, RIGHT).await;
        for _ in 0..since {
            given.check(slot, WRONG).await;
        }
        given.restore(slot, taken).await;
        assert_eq!(given.check(slot, WRONG).await, rejected(0));
        assert_eq!(given.check(slot, RIGHT).await, rejected(0), "the code is dead");
    }
    let slot = CodeSlot([3; 32]);
    given.put(slot, Some(RIGHT)).await;
    given.check(slot, WRONG).await;
    let taken = given.take(slot, RIGHT).await;
    given.check(slot, WRONG).await;
    given.check(slot, WRONG).await;
    given.restore(slot, taken).await;
    assert_eq!(given.check(slot, RIGHT).await, rejected(0), "three guesses in all");
}

/// The newer one and its count stay as they are.
pub async fn a_code_that_was_given_back_replaces_no_newer_one(given: CodesHarness) {
    let newer = CodeMac([5; 32]);
    given.put(SLOT, Some(RIGHT)).await;
    let taken = given.take(SLOT, RIGHT).await;
    given.put(SLOT, Some(newer)).await;
    given.restore(SLOT, taken).await;
    assert_eq!(given.check(SLOT, RIGHT).await, rejected(2), "the old code");
    assert!(given.is_accepted(SLOT, newer).await, "the newer code");
}

/// A restore whose answer was lost may be tried again.
pub async fn giving_back_twice_changes_nothing(given: CodesHarness) {
    given.put(SLOT, Some(RIGHT)).await;
    given.check(SLOT, WRONG).await;
    let taken = given.take(SLOT, RIGHT).await;
    given.restore(SLOT, taken.clone()).await;
    given.restore(SLOT, taken).await;
    assert_eq!(given.check(SLOT, WRONG).await, rejected(1));
    assert!(given.is_accepted(SLOT, RIGHT).await);
}

/// Its time went on while it was away.
pub async fn a_code_is_not_given_back_after_its_end(given: CodesHarness) {
    given.put(SLOT, Some(RIGHT)).await;
    (given.advance)(TimeDelta::seconds(300)).await;
    let taken = given.take(SLOT, RIGHT).await;
    (given.advance)(TimeDelta::seconds(300)).await;
    given.restore(SLOT, taken).await;
    assert_eq!(given.check(SLOT, RIGHT).await, rejected(2));
}

/// A code lives for ten minutes.
pub async fn a_code_is_forgotten_after_ten_minutes(given: CodesHarness) {
    given.put(SLOT, Some(RIGHT)).await;
    given.put(OTHER_SLOT, Some(RIGHT)).await;
    (given.advance)(TimeDelta::seconds(595)).await;
    assert!(given.is_accepted(SLOT, RIGHT).await);
    (given.advance)(TimeDelta::seconds(5)).await;
    assert_eq!(given.check(OTHER_SLOT, RIGHT).await, rejected(2));
}

/// Later attempts do not prolong it.
pub async fn a_count_is_forgotten_ten_minutes_after_it_began(given: CodesHarness) {
    assert_eq!(given.check(SLOT, WRONG).await, rejected(2));
    (given.advance)(TimeDelta::seconds(300)).await;
    assert_eq!(given.check(SLOT, WRONG).await, rejected(1));
    assert_eq!(given.check(SLOT, WRONG).await, rejected(0));
    (given.advance)(TimeDelta::seconds(295)).await;
    assert_eq!(given.check(SLOT, WRONG).await, rejected(0), "just before its end");
    (given.advance)(TimeDelta::seconds(5)).await;
    assert_eq!(given.check(SLOT, WRONG).await, rejected(2), "at its end");
}

/// The count that a first wrong attempt starts late does not keep the code alive.
pub async fn a_code_outlives_no_count_that_it_did_not_start(given: CodesHarness) {
    given.put(SLOT, Some(RIGHT)).await;
    (given.advance)(TimeDelta::seconds(540)).await;
    assert_eq!(given.check(SLOT, WRONG).await, rejected(2));
    (given.advance)(TimeDelta::seconds(60)).await;
    assert_eq!(given.check(SLOT, RIGHT).await, rejected(1));
}

/// 64 wrong guesses at once: the count-down is given out once, and then nothing is left.
pub async fn at_most_three_of_many_guesses_are_compared(given: CodesHarness) {
    given.put(SLOT, Some(RIGHT)).await;
    let results = given.check_many(SLOT, vec![WRONG; 64]).await;
    for remaining in [2, 1] {
        let told = results.iter().filter(|result| **result == rejected(remaining)).count();
        assert_eq!(told, 1, "checks that were told {remaining}");
    }
    assert_eq!(results.iter().filter(|result| **result == rejected(0)).count(), 62);
    assert_eq!(given.check(SLOT, RIGHT).await, rejected(0), "the code is dead");
}

/// 64 checks with the right code at once: one is accepted.
pub async fn at_most_one_of_many_is_accepted(given: CodesHarness) {
    for round in 0..8 {
        let slot = CodeSlot([round; 32]);
        given.put(slot, Some(RIGHT)).await;
        let results = given.check_many(slot, vec![RIGHT; 64]).await;
        assert_eq!(results.iter().filter(|result| is_accepted(result)).count(), 1);
    }
}

/// Also when many ask at once.
pub async fn many_checks_of_an_empty_slot_count_alike(given: CodesHarness) {
    let results = given.check_many(SLOT, vec![RIGHT; 64]).await;
    for remaining in [2, 1] {
        assert_eq!(results.iter().filter(|result| **result == rejected(remaining)).count(), 1);
    }
    assert_eq!(results.iter().filter(|result| **result == rejected(0)).count(), 62);
}
