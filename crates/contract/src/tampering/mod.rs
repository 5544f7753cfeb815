//! What somebody who owns the tables can do to the audit, and that it is found: on real tables, with their triggers out
//! of the way. SQLite and PostgreSQL understand every statement in here.

pub mod ages;
pub mod anew;
pub mod cuts;
pub mod ends;
pub mod hiding;
pub mod rows;

use crate::Advance;
use chrono::TimeDelta;
use evently_auth_domain::Auth;
use evently_auth_domain::audit::{AuditAction, AuditEvent, AuditOutcome, AuditRecord};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{AuditLog, Outbox};
use futures_util::future::BoxFuture;
use std::any::Any;
use std::sync::Arc;

/// Runs statements past every trigger and foreign key.
pub type Sql = Box<dyn Fn(String) -> BoxFuture<'static, ()> + Send + Sync>;

/// For `tampering!`: an empty audit, whose rows are kept for 30 days, and a way around everything that guards it.
pub struct TamperHarness {
    /// The use cases over the tables.
    pub auth: Auth,
    /// Writes events.
    pub outbox: Arc<dyn Outbox>,
    /// The audit.
    pub audit_log: Arc<dyn AuditLog>,
    /// Lets time pass.
    pub advance: Advance,
    /// What an attacker with the owner's rights does.
    pub sql: Sql,
    /// What must live as long as the tables.
    pub keep: Box<dyn Any + Send + Sync>,
}

impl TamperHarness {
    /// Writes `count` events, a second apart.
    pub async fn tell(&self, count: usize) {
        for _ in 0..count {
            (self.advance)(TimeDelta::seconds(1)).await;
            let now = self.auth.now();
            let event = AuditEvent::local(AuditAction::LoggedIn, AuditOutcome::Success, now);
            let event = event.with(format!("at {now}"));
            self.outbox.put(Effects::audit(event)).await.unwrap();
        }
        (self.advance)(TimeDelta::seconds(1)).await;
    }

    /// Rows 1 to 9 under seals 1 to 3.
    pub async fn chain(&self) {
        for _ in 0..3 {
            self.tell(3).await;
            assert_eq!(self.auth.seal_audit(100).await.unwrap().map(|sealed| sealed.rows), Some(3));
        }
        assert_eq!(self.findings().await, Vec::<String>::new());
        let ids: Vec<_> = self.rows().await.iter().map(|row| row.id).collect();
        assert_eq!(ids, (1..=9).collect::<Vec<_>>());
    }

    /// A chain whose first seals are older than rows are kept: rows 1 to 9 are, rows 10 and 11 are not.
    pub async fn aged(&self) {
        self.chain().await;
        (self.advance)(TimeDelta::days(20)).await;
        self.goes_on().await;
        (self.advance)(TimeDelta::days(12)).await;
    }

    /// Every row.
    pub async fn rows(&self) -> Vec<AuditRecord> {
        self.audit_log.rows(0, 10_000).await.unwrap()
    }

    /// Runs a statement past every guard.
    pub async fn sql(&self, sql: impl Into<String>) {
        (self.sql)(sql.into()).await;
    }

    /// What a verification finds, in words.
    pub async fn findings(&self) -> Vec<String> {
        let report = self.auth.verify_audit().await.unwrap();
        report.findings.iter().map(ToString::to_string).collect()
    }

    /// Two more events, and a seal over all `rows` that have none.
    pub async fn goes_on_with(&self, rows: usize) {
        self.tell(2).await;
        assert_eq!(self.auth.seal_audit(100).await.unwrap().map(|sealed| sealed.rows), Some(rows));
    }

    /// Two more events, and a seal over them.
    pub async fn goes_on(&self) {
        self.goes_on_with(2).await;
    }
}

/// Columns that an attacker copies along; the id is given by the table.
const CONTENT: &str =
    "at, action, outcome, actor, subject, sid, ip_address, user_agent, request_id, detail, mac";

/// Tests an adapter of `AuditLog` over tables, given an async function that makes a fresh
/// [`TamperHarness`](crate::tampering::TamperHarness).
#[macro_export]
macro_rules! tampering {
    ($fresh:expr) => {
        $crate::clauses!($fresh, tampering: {
            rows: [
                a_changed_row_is_named,
                a_row_that_cannot_be_read_holds_nobody_up,
                a_removed_row_is_named,
                an_inserted_row_is_named,
                a_copy_of_a_genuine_row_is_named,
                reordered_rows_are_named,
                a_changed_seal_is_named,
                a_seal_with_the_last_of_all_numbers_is_no_silent_end,
            ],
            ends: [
                rows_cut_off_at_the_end_are_named,
                rows_cut_off_with_their_seals_are_named,
                seals_cut_off_without_their_rows_are_named,
                an_end_that_was_cut_off_too_is_missed,
                an_end_that_was_moved_along_is_forged,
                an_older_end_before_a_longer_chain_is_told,
                a_whole_older_state_is_told_by_a_seal_that_somebody_wrote_down,
                what_was_cut_off_stays_missing_when_sealing_goes_on,
                a_chain_of_a_version_without_ends_gets_one,
            ],
            cuts: [
                what_is_old_is_cut_and_the_rest_verifies,
                a_forged_start_is_found,
                a_forged_start_can_be_taken_away,
                a_start_that_is_gone_is_missed,
                rows_and_seals_from_before_the_cut_are_told,
            ],
            ages: [
                what_passes_for_old_is_not_cut,
                what_passes_for_young_is_cut_with_what_follows,
                a_front_that_proves_nothing_is_not_cut,
                what_was_tampered_with_before_it_was_cut_is_said_for_ever,
                rows_whose_seal_is_gone_are_not_cut,
                rows_that_waited_for_their_seals_are_cut_like_others,
            ],
            hiding: [
                rows_marked_with_seals_that_cannot_be_are_named,
                a_copy_under_a_lower_number_is_named,
                a_row_that_was_cut_does_not_come_back_as_a_new_one,
            ],
            anew: [
                an_end_that_was_set_back_stays_told_when_sealing_goes_on,
                tail_and_end_set_back_leave_a_gap,
                an_end_that_was_set_back_to_the_start_hides_nothing,
                what_was_sealed_anew_was_sealed_late,
            ],
        });
    };
}
