//! Clauses of `AuditLog`.

pub mod cuts;
pub mod finding;
pub mod rows;
pub mod seals;

/// Tests an adapter of `AuditLog`, given an async function that makes a fresh [`StoreHarness`](crate::StoreHarness)
/// whose audit is under [`given::audit_key`](crate::given::audit_key).
#[macro_export]
macro_rules! audit_log {
    ($fresh:expr) => {
        $crate::clauses!($fresh, audit_log: {
            rows: [
                a_row_says_what_its_event_said,
                a_row_keeps_the_least_event_too,
                every_action_and_outcome_can_be_kept,
                a_row_carries_the_digest_of_the_key,
                rows_come_by_id_and_in_pages,
                events_of_one_effect_keep_their_order,
                many_events_at_once_are_all_kept,
            ],
            seals: [
                an_audit_begins_without_seals,
                a_seal_is_kept_as_it_was_made,
                a_seal_marks_its_rows,
                what_is_not_sealed_comes_by_id_and_limited,
                a_seal_may_leave_rows_to_the_next_one,
                a_number_is_given_once,
                a_seal_follows_the_last,
                a_row_is_sealed_once,
                seals_come_by_number_and_in_pages,
                of_many_equal_seals_one_is_appended,
                of_many_different_seals_one_is_appended,
                the_end_moves_with_each_seal,
                a_seal_may_leave_numbers_out,
                a_seal_over_rows_that_are_not_there_is_not_appended,
                rows_of_a_seal_come_by_id_and_in_pages,
                a_twin_is_found_wherever_it_stands,
            ],
            cuts: [
                a_cut_removes_seals_with_their_rows_and_nothing_else,
                one_cut_follows_the_other,
                of_many_equal_cuts_one_is_made,
                the_last_seal_is_never_cut,
                sealing_goes_on_after_a_cut,
            ],
            finding: [
                events_come_newest_first_and_in_pages,
                every_filter_leaves_what_matches,
                a_time_of_day_has_a_beginning_and_an_end,
                times_and_places_may_be_far_away,
            ],
        });
    };
}
