//! The times that decide what retention cuts.

use super::TamperHarness;
use chrono::TimeDelta;
use evently_auth_domain::audit::{AuditAction, AuditOutcome};

pub(super) const UNPROVEN: &str =
    "what was cut by age had been tampered with: see the events audit.cut that failed";

/// Only a seal that proves itself says how old it is, and all that came before it.
pub async fn what_passes_for_old_is_not_cut(audit: TamperHarness) {
    audit.aged().await;
    audit.goes_on().await;
    let first = "(SELECT at FROM audit_seals AS first WHERE first.number = 1)";
    audit.sql(format!("UPDATE audit_seals SET at = {first} WHERE number = 4")).await;
    audit.sql(format!("UPDATE audit_log SET at = {first} WHERE sealed_by = 4")).await;
    let refused = audit.auth.sweep().await.unwrap_err().to_string();
    assert!(refused.contains("audit verify"), "{refused}");
    // What is old is cut, and nothing else.
    assert_eq!(audit.rows().await[0].id, 10);
    let expected = ["seal 4 was changed", "row 10 was changed", "row 11 was changed"];
    assert_eq!(audit.findings().await, expected);
}

/// What is older than a seal that proves itself is cut, whatever it says; and that it lied is said from then on.
pub async fn what_passes_for_young_is_cut_with_what_follows(audit: TamperHarness) {
    audit.aged().await;
    audit.goes_on().await;
    let last = "(SELECT at FROM audit_seals AS last WHERE last.number = 5)";
    audit.sql(format!("UPDATE audit_log SET at = {last} WHERE id = 2")).await;
    audit.sql(format!("UPDATE audit_seals SET at = {last} WHERE number = 2")).await;
    assert_eq!(audit.auth.sweep().await.unwrap().audit, 9);
    assert_eq!(audit.findings().await, [UNPROVEN]);
    // It keeps nobody from the rows that follow.
    audit.goes_on_with(3).await;
    assert_eq!(audit.findings().await, [UNPROVEN]);
}

/// An error for the log, rather than silence.
pub async fn a_front_that_proves_nothing_is_not_cut(audit: TamperHarness) {
    audit.aged().await;
    audit.goes_on().await;
    let last = "(SELECT at FROM audit_seals AS last WHERE last.number = 5)";
    audit.sql(format!("UPDATE audit_seals SET at = {last} WHERE number < 5")).await;
    let refused = audit.auth.sweep().await.unwrap_err().to_string();
    assert!(refused.contains("audit verify"), "{refused}");
    assert_eq!(audit.rows().await.len(), 13);
}

/// The evidence outlives the rows, and the event that names it.
pub async fn what_was_tampered_with_before_it_was_cut_is_said_for_ever(audit: TamperHarness) {
    audit.aged().await;
    audit.sql("UPDATE audit_log SET detail = 'x' WHERE id = 5").await;
    audit.sql("DELETE FROM audit_log WHERE id = 8").await;
    assert_eq!(audit.auth.sweep().await.unwrap().audit, 8);
    assert_eq!(audit.findings().await, [UNPROVEN]);
    let told = audit.rows().await.pop().unwrap().event;
    assert_eq!((told.action, told.outcome), (AuditAction::AuditCut, AuditOutcome::Failure));
    assert!(told.detail.unwrap().ends_with("; 2 findings, the first: row 5 was changed"));
    for _ in 0..2 {
        audit.tell(2).await;
        audit.auth.seal_audit(100).await.unwrap();
        (audit.advance)(TimeDelta::days(40)).await;
        assert!(audit.auth.sweep().await.unwrap().audit > 0);
        assert_eq!(audit.findings().await, [UNPROVEN]);
    }
    // The cuts that followed were in order.
    let told = audit.rows().await.pop().unwrap().event;
    assert_eq!((told.action, told.outcome), (AuditAction::AuditCut, AuditOutcome::Success));
}

/// It is not counted: whoever removed its seal left it behind.
pub async fn rows_whose_seal_is_gone_are_not_cut(audit: TamperHarness) {
    audit.aged().await;
    audit.sql("DELETE FROM audit_seals WHERE number = 2").await;
    assert_eq!(audit.findings().await, ["seal 2 was removed"]);
    // The first is cut; the third has nothing to prove itself against, and the fourth is the last.
    assert!(audit.auth.sweep().await.is_err());
    assert_eq!(audit.rows().await[0].id, 4);
    audit.goes_on_with(3).await;
    (audit.advance)(TimeDelta::days(40)).await;
    assert_eq!(audit.auth.sweep().await.unwrap().audit, 5);
    let ids: Vec<_> = audit.rows().await.iter().map(|row| row.id).collect();
    assert_eq!(ids, [4, 5, 6, 12, 13, 14, 15]);
    let mut expected = vec![UNPROVEN.to_owned()];
    expected.extend([4, 5, 6].map(|id| format!("row {id} was inserted")));
    assert_eq!(audit.findings().await, expected);
}

/// Nobody sealed for a night, and retention cuts between the seals that were made in the morning.
pub async fn rows_that_waited_for_their_seals_are_cut_like_others(audit: TamperHarness) {
    for _ in 0..8 {
        audit.tell(1).await;
        (audit.advance)(TimeDelta::hours(1)).await;
    }
    let seal_four = async || {
        for _ in 0..4 {
            assert_eq!(audit.auth.seal_audit(1).await.unwrap().map(|sealed| sealed.rows), Some(1));
        }
    };
    let now = audit.auth.now();
    let midnight = (now.date_naive() + TimeDelta::days(1)).and_hms_opt(0, 0, 0).unwrap().and_utc();
    (audit.advance)(midnight - now - TimeDelta::seconds(1)).await;
    seal_four().await;
    (audit.advance)(TimeDelta::seconds(2)).await;
    seal_four().await;
    (audit.advance)(TimeDelta::days(30)).await;
    assert_eq!(audit.auth.sweep().await.unwrap().audit, 4);
    assert_eq!(audit.findings().await, Vec::<String>::new());
    audit.goes_on_with(3).await;
    (audit.advance)(TimeDelta::days(40)).await;
    assert_eq!(audit.auth.sweep().await.unwrap().audit, 4);
    assert_eq!(audit.findings().await, Vec::<String>::new());
}
