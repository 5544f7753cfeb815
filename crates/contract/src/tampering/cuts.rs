//! The front of the chain, which retention cuts and nobody else.

use super::{CONTENT, TamperHarness};
use chrono::TimeDelta;
use evently_auth_domain::audit::{AuditAction, AuditOutcome};

/// As a whole, once, and with an event that says so.
pub async fn what_is_old_is_cut_and_the_rest_verifies(audit: TamperHarness) {
    audit.aged().await;
    let first = audit.audit_log.seals(0, 1).await.unwrap().remove(0);
    let third = audit.audit_log.seals(2, 1).await.unwrap().remove(0);
    assert_eq!(audit.auth.sweep().await.unwrap().audit, 9);
    assert_eq!(audit.auth.sweep().await.unwrap().audit, 0);
    let rows = audit.rows().await;
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [10, 11, 12]);
    let told = &rows[2].event;
    assert_eq!((told.action, told.outcome), (AuditAction::AuditCut, AuditOutcome::Success));
    let detail = told.detail.clone().unwrap();
    assert!(detail.starts_with("9 rows up to ") && detail.ends_with(&third.link().to_string()), "{detail}");
    for _ in 0..2 {
        let report = audit.auth.verify_audit().await.unwrap();
        assert_eq!(report.findings, []);
        assert_eq!(report.start.map(|start| (start.rows, start.link)), Some((9, third.link())));
        let unsealed = audit.audit_log.unsealed(10).await.unwrap().len();
        audit.goes_on_with(unsealed + 2).await;
    }
    assert_eq!(audit.auth.verify_seal(third.link()).await.unwrap(), None);
    let last = audit.audit_log.last_seal().await.unwrap().unwrap();
    let said = audit.auth.verify_seal(first.link()).await.unwrap().unwrap().to_string();
    assert_eq!(said, "seal 1 is expected and was cut by age: expect a later one");
    // The last seal stays, however old it is.
    (audit.advance)(TimeDelta::days(400)).await;
    audit.auth.sweep().await.unwrap();
    assert_eq!(audit.audit_log.seals(0, 10).await.unwrap(), [last]);
    assert_eq!(audit.findings().await, Vec::<String>::new());
}

/// Whoever removes rows has no key to say that it was retention.
pub async fn a_forged_start_is_found(audit: TamperHarness) {
    audit.chain().await;
    audit
        .sql(
            "INSERT INTO audit_ends (which, number, digest, row_count, last_row, at, mac)
                SELECT 'start', number, mac, 3, 3, at, mac FROM audit_seals WHERE number = 1",
        )
        .await;
    audit.sql("DELETE FROM audit_log WHERE sealed_by = 1").await;
    audit.sql("DELETE FROM audit_seals WHERE number = 1").await;
    let forged = "the start of the chain was forged: rows before it may be gone";
    assert_eq!(audit.findings().await, [forged, "seal 1 was removed"]);
    (audit.advance)(TimeDelta::days(99)).await;
    assert!(audit.auth.sweep().await.is_err(), "nothing more is cut");
    // Nor does the end pass for a start.
    audit.sql("DELETE FROM audit_ends WHERE which = 'start'").await;
    audit.sql("UPDATE audit_ends SET which = 'start'").await;
    let findings = audit.findings().await;
    assert_eq!(findings[..2], [forged, "seal 1 was removed"]);
}

/// By the owner of the tables: what it hid stays missing, and retention goes on.
pub async fn a_forged_start_can_be_taken_away(audit: TamperHarness) {
    audit.chain().await;
    audit
        .sql(
            "INSERT INTO audit_ends (which, number, digest, row_count, last_row, at, mac)
                SELECT 'start', number, mac, 3, 3, at, mac FROM audit_seals WHERE number = 1",
        )
        .await;
    audit.sql("DELETE FROM audit_log WHERE sealed_by = 1").await;
    audit.sql("DELETE FROM audit_seals WHERE number = 1").await;
    audit.sql("DELETE FROM audit_ends WHERE which = 'start'").await;
    assert_eq!(audit.findings().await, ["seal 1 was removed"]);
    audit.goes_on().await;
    (audit.advance)(TimeDelta::days(40)).await;
    assert_eq!(audit.auth.sweep().await.unwrap().audit, 6);
    assert_eq!(audit.findings().await, [super::ages::UNPROVEN]);
}

/// And so is what it explained.
pub async fn a_start_that_is_gone_is_missed(audit: TamperHarness) {
    audit.aged().await;
    assert_eq!(audit.auth.sweep().await.unwrap().audit, 9);
    audit.sql("DELETE FROM audit_ends WHERE which = 'start'").await;
    assert_eq!(audit.findings().await, ["seals 1 to 3 were removed"]);
}

/// Whether they are put back as they were or as if they were new.
pub async fn rows_and_seals_from_before_the_cut_are_told(audit: TamperHarness) {
    audit.aged().await;
    audit.sql("CREATE TABLE old_rows AS SELECT * FROM audit_log WHERE sealed_by = 2").await;
    audit.sql("CREATE TABLE old_seals AS SELECT * FROM audit_seals WHERE number = 2").await;
    assert_eq!(audit.auth.sweep().await.unwrap().audit, 9);
    audit.goes_on_with(3).await;
    audit.sql("INSERT INTO audit_seals SELECT * FROM old_seals").await;
    assert_eq!(audit.findings().await, ["seal 2 was inserted"]);
    for sealed_by in ["2", "NULL"] {
        let from = format!("SELECT {CONTENT}, {sealed_by} FROM old_rows WHERE id = 4");
        audit.sql(format!("INSERT INTO audit_log ({CONTENT}, sealed_by) {from}")).await;
    }
    let expected = ["seal 2 was inserted", "row 15 was inserted", "row 16 was inserted"];
    assert_eq!(audit.findings().await, expected);
    // The next cut leaves what the last one did not.
    audit.goes_on_with(3).await;
    (audit.advance)(TimeDelta::days(40)).await;
    assert_eq!(audit.auth.sweep().await.unwrap().audit, 5);
    let findings = audit.findings().await;
    assert!(expected.iter().all(|said| findings.iter().any(|found| found == said)), "{findings:?}");
}
