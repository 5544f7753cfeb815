//! Sealing goes on whatever was done; it heals nothing.

use super::TamperHarness;
use chrono::TimeDelta;

/// A number is left out, as where the end is missing.
pub async fn an_end_that_was_set_back_stays_told_when_sealing_goes_on(audit: TamperHarness) {
    audit.chain().await;
    audit.sql("CREATE TABLE older AS SELECT * FROM audit_ends").await;
    audit.goes_on().await;
    audit.sql("DELETE FROM audit_ends").await;
    audit.sql("INSERT INTO audit_ends SELECT * FROM older").await;
    assert_eq!(audit.findings().await, ["the end of the chain was set back"]);
    for _ in 0..2 {
        audit.goes_on().await;
        assert_eq!(audit.findings().await, ["seal 5 was removed"]);
    }
}

/// The seal that was cut off behind the older end is not made again.
pub async fn tail_and_end_set_back_leave_a_gap(audit: TamperHarness) {
    audit.chain().await;
    audit.sql("CREATE TABLE older AS SELECT * FROM audit_ends").await;
    audit.goes_on().await;
    audit.goes_on().await;
    for sql in [
        "DELETE FROM audit_log WHERE sealed_by = 5",
        "DELETE FROM audit_seals WHERE number = 5",
        "DELETE FROM audit_ends",
        "INSERT INTO audit_ends SELECT * FROM older",
    ] {
        audit.sql(sql).await;
    }
    audit.goes_on().await;
    assert_eq!(audit.findings().await, ["seal 5 was removed"]);
}

/// Everything is genuine, but for what was removed meanwhile; only its seals have the wrong time.
pub async fn what_was_sealed_anew_was_sealed_late(audit: TamperHarness) {
    audit.aged().await;
    let late = async || {
        let report = audit.auth.verify_audit().await.unwrap();
        assert_eq!(report.findings, []);
        report.late.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(late().await, Vec::<String>::new(), "a service may be quiet for as long as it likes");
    for sql in [
        "DELETE FROM audit_log WHERE id = 5",
        "UPDATE audit_log SET sealed_by = NULL",
        "DELETE FROM audit_seals",
        "DELETE FROM audit_ends",
    ] {
        audit.sql(sql).await;
    }
    for rows in [6, 4] {
        assert_eq!(audit.auth.seal_audit(6).await.unwrap().map(|sealed| sealed.rows), Some(rows));
    }
    audit.goes_on().await;
    let said = late().await;
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("seals 1 to 2 of ") && said[0].contains(" cover row 1 of "), "{said:?}");
}

/// The last seal is never cut, so no end of the chain is where its start is.
pub async fn an_end_that_was_set_back_to_the_start_hides_nothing(audit: TamperHarness) {
    audit.chain().await;
    audit.sql("CREATE TABLE older AS SELECT * FROM audit_ends").await;
    (audit.advance)(TimeDelta::days(20)).await;
    audit.goes_on().await;
    (audit.advance)(TimeDelta::days(12)).await;
    assert_eq!(audit.auth.sweep().await.unwrap().audit, 9);
    for sql in [
        "DELETE FROM audit_log",
        "DELETE FROM audit_seals",
        "DELETE FROM audit_ends WHERE which = 'end'",
        "INSERT INTO audit_ends SELECT * FROM older",
    ] {
        audit.sql(sql).await;
    }
    assert_eq!(audit.findings().await, ["the end of the chain was set back"]);
    for _ in 0..2 {
        audit.goes_on().await;
        assert_eq!(audit.findings().await, ["seal 4 was removed"]);
    }
}
