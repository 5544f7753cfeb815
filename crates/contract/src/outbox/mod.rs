//! Clauses of `Outbox`.

pub mod claiming;
pub mod operating;
pub mod settling;
pub mod sweeping;

/// Tests an adapter of `Outbox`, given an async function that makes a fresh [`StoreHarness`](crate::StoreHarness).
#[macro_export]
macro_rules! outbox {
    ($fresh:expr) => {
        $crate::clauses!($fresh, outbox: {
            claiming: [
                a_claimed_mail_is_whole,
                times_survive_to_the_microsecond,
                a_claimed_mail_is_claimed_by_nobody_else,
                a_lease_that_ended_is_claimed_again,
                a_claim_has_a_limit,
                codes_come_before_notices_and_older_before_newer,
                what_is_due_longer_comes_first,
                many_claims_at_once_share_the_mails,
                effects_without_a_change_are_written,
            ],
            settling: [
                a_sent_mail_is_done,
                an_expired_mail_is_done,
                a_retry_comes_at_its_time,
                a_dead_mail_waits_for_an_operator,
                only_the_attempt_that_holds_a_mail_settles_it,
                a_late_attempt_settles_while_nobody_else_claimed,
                an_attempt_settles_once,
                an_attempt_from_before_a_requeue_settles_nothing,
                an_unknown_mail_is_not_settled,
                of_many_settlements_one_counts,
            ],
            operating: [
                mails_are_listed_newest_first,
                a_list_can_be_of_one_status,
                a_list_has_a_limit,
                named_dead_mails_are_requeued,
                all_dead_mails_are_requeued,
                only_dead_mails_are_requeued,
                the_queue_is_counted,
            ],
            sweeping: [
                settled_mails_are_swept_by_when_they_were_written,
                dead_and_queued_mails_are_not_swept,
                a_sweep_has_a_limit,
            ],
        });
    };
}
