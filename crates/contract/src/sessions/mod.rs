//! Clauses of `Sessions`.

pub mod ending;
pub mod listing;
pub mod opening;
pub mod rotating;
pub mod touching;

/// Tests an adapter of `Sessions`, given an async function that makes a fresh [`StoreHarness`](crate::StoreHarness).
#[macro_export]
macro_rules! sessions {
    ($fresh:expr) => {
        $crate::clauses!($fresh, sessions: {
            opening: [
                an_opened_session_is_found_as_it_was_opened,
                times_survive_to_the_microsecond,
                opening_is_a_login_and_no_change,
                a_rehashed_password_is_kept,
                effects_happen_with_the_opening,
                an_account_that_may_not_sign_in_is_refused,
                another_password_by_now_is_refused,
                a_refused_opening_changes_nothing,
                an_opening_races_a_password_change,
                an_unknown_session_is_not_found,
                a_session_is_found_whatever_its_state,
            ],
            rotating: [
                the_current_generation_moves_on,
                times_survive_to_the_microsecond,
                another_generation_moves_nothing,
                what_is_not_proven_moves_nothing,
                what_was_idle_for_too_long_does_not_rotate,
                a_generation_seen_stays_seen,
                rotation_never_moves_the_end,
                what_is_not_live_does_not_rotate,
                of_many_rotations_one_moves_on,
                rotation_races_the_end,
            ],
            touching: [
                a_touch_is_noted,
                the_latest_generation_seen_never_goes_back,
                the_last_access_never_goes_back,
                an_event_is_written_with_the_touch,
                touching_nothing_has_no_effects,
                many_touches_leave_the_latest,
            ],
            ending: [
                one_session_ends,
                an_owned_session_ends,
                somebody_elses_session_does_not_end,
                all_of_an_account_end,
                all_but_one_end,
                an_ended_session_ends_no_more,
                an_ended_session_is_never_live_again,
                effects_happen_with_the_end,
                an_end_of_nothing_has_no_effects,
                of_many_ends_one_counts,
            ],
            listing: [
                live_sessions_come_newest_first,
                ended_and_expired_sessions_are_not_listed,
                expired_sessions_are_swept,
                a_sweep_has_a_limit,
            ],
        });
    };
}
