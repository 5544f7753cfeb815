//! Clauses of `Users`.

pub mod admins;
pub mod changing;
pub mod creating;
pub mod deleting;
pub mod expecting;
pub mod finding;
pub mod listing;
pub mod replacing;
pub mod sweeping;
pub mod taking;

use crate::StoreHarness;
use crate::given::at;
use evently_auth_domain::account::User;
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{ChangedUser, UserChange};

/// A change of nothing, to be filled in.
fn nothing() -> UserChange {
    UserChange { at: at(9), ..UserChange::default() }
}

async fn try_change(store: &StoreHarness, user: &User, change: UserChange) -> ChangedUser {
    store.users.change(user.id, change, Effects::default()).await.unwrap()
}

/// A change that happens, and is kept.
async fn change(store: &StoreHarness, user: &User, change: UserChange) -> User {
    match try_change(store, user, change).await {
        ChangedUser::Changed(changed) => {
            assert_eq!(
                store.users.find(user.id).await.unwrap().as_ref(),
                Some(&changed),
                "what was answered is kept"
            );
            changed
        }
        other => panic!("not changed: {other:?}"),
    }
}

/// Tests an adapter of `Users`, given an async function that makes a fresh [`StoreHarness`](crate::StoreHarness).
#[macro_export]
macro_rules! users {
    ($fresh:expr) => {
        $crate::clauses!($fresh, users: {
            creating: [
                a_created_account_is_found_as_it_was_created,
                times_survive_to_the_microsecond,
                ids_are_positive_and_grow_no_twins,
                an_id_is_never_used_twice,
                an_address_is_unique,
                a_username_is_unique,
                of_many_equal_creations_one_succeeds,
                of_many_creations_with_one_address_one_succeeds,
                of_many_creations_with_one_username_one_succeeds,
                effects_happen_with_the_creation,
                a_refused_creation_has_no_effects,
                an_event_without_a_subject_is_about_the_new_account,
                an_event_with_a_subject_keeps_it,
            ],
            replacing: [
                a_never_verified_account_of_the_address_is_replaced,
                a_running_claim_keeps_its_username,
                an_ended_claim_loses_its_username,
                both_can_be_replaced_at_once,
                a_refused_creation_brings_back_what_it_replaced,
                an_adopted_account_is_not_replaced,
                of_many_replacements_one_is_left,
                a_pending_address_is_free,
            ],
            finding: [
                an_unknown_account_is_not_found,
                credentials_are_found_by_address_username_and_id,
                a_pending_address_names_nobody,
                the_unverified_holder_is_unproven,
                a_verified_holder_hides_who_wants_the_address,
                the_latest_to_want_an_address_is_unproven,
                who_wants_an_address_no_more_is_not_unproven,
            ],
            changing: [
                each_member_can_be_changed,
                members_that_are_left_out_stay,
                a_name_can_be_cleared,
                a_change_says_when,
                another_address_clears_the_pending_one,
                another_address_may_come_with_a_pending_one,
                verification_ends_the_claim,
                adoption_ends_the_claim,
                anything_else_leaves_the_claim,
                an_unknown_account_is_missing,
            ],
            taking: [
                a_taken_address_is_refused,
                a_taken_username_is_refused,
                ones_own_address_and_username_are_not_taken,
                an_address_is_taken_away_from_a_never_verified_account,
                a_username_is_not_taken_away_from_a_never_verified_account,
                of_many_changes_to_one_address_one_succeeds,
                creations_and_changes_share_no_username,
            ],
            expecting: [
                each_expectation_holds_or_makes_the_change_stale,
                of_many_changes_that_expect_the_same_one_succeeds,
                effects_happen_with_the_change,
                all_sessions_but_one_can_end_with_a_change,
                a_refused_change_has_no_effects,
            ],
            admins: [
                the_last_admin_cannot_be_demoted,
                the_last_admin_cannot_be_deactivated,
                the_last_admin_cannot_lose_verification,
                the_last_admin_cannot_be_deleted,
                an_admin_that_cannot_sign_in_does_not_count,
                an_admin_that_does_not_count_can_go,
                the_last_admin_can_change_otherwise,
                two_demotions_at_once_leave_an_admin,
                many_steps_at_once_leave_an_admin,
            ],
            deleting: [
                a_deleted_account_is_gone_with_its_sessions,
                its_address_and_username_are_free_again,
                its_audit_events_stay,
                an_unknown_account_has_nothing_to_delete,
                of_many_deletions_one_succeeds,
            ],
            listing: [
                a_new_store_has_nobody,
                accounts_come_by_id,
                pages_are_cut_out_and_counted,
                role_and_status_filter,
                filters_add_up,
                a_query_looks_into_address_username_and_name,
                a_query_knows_no_case,
                a_query_is_literal,
            ],
            sweeping: [
                an_ended_claim_is_swept,
                a_running_claim_is_not_swept,
                an_account_without_a_claim_is_not_swept,
                a_sweep_has_a_limit,
            ],
        });
    };
}
