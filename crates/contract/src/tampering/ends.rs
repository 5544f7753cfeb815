//! The end of the chain.

use super::TamperHarness;
use crate::given;
use evently_auth_domain::audit::AuditLink;

/// Their seal knows each of them.
pub async fn rows_cut_off_at_the_end_are_named(audit: TamperHarness) {
    audit.chain().await;
    audit.sql("DELETE FROM audit_log WHERE id > 7").await;
    assert_eq!(audit.findings().await, ["row 8 was removed", "row 9 was removed"]);
}

/// The end knows up to which row and seal there was something.
pub async fn rows_cut_off_with_their_seals_are_named(audit: TamperHarness) {
    audit.chain().await;
    audit.goes_on().await;
    audit.sql("DELETE FROM audit_log WHERE sealed_by > 2").await;
    audit.sql("DELETE FROM audit_seals WHERE number > 2").await;
    let expected = [
        "row 7 and what followed it, up to row 11, were removed with their seals",
        "seals 3 to 4 were removed",
    ];
    assert_eq!(audit.findings().await, expected);
}

/// The rows speak of them, and so does the end.
pub async fn seals_cut_off_without_their_rows_are_named(audit: TamperHarness) {
    audit.chain().await;
    audit.sql("DELETE FROM audit_seals WHERE number = 3").await;
    assert_eq!(audit.findings().await, ["seal 3 was removed"]);
    audit.sql("UPDATE audit_log SET sealed_by = NULL WHERE sealed_by = 3").await;
    audit.sql("UPDATE audit_log SET detail = 'x' WHERE id = 8").await;
    let findings = audit.findings().await;
    assert_eq!(findings.first().map(String::as_str), Some("row 8 was changed"));
    assert_eq!(findings.last().map(String::as_str), Some("seal 3 was removed"));
}

/// Only a chain that was never sealed has none.
pub async fn an_end_that_was_cut_off_too_is_missed(audit: TamperHarness) {
    assert_eq!(audit.findings().await, Vec::<String>::new());
    audit.chain().await;
    audit.sql("DELETE FROM audit_log WHERE sealed_by = 3").await;
    audit.sql("DELETE FROM audit_seals WHERE number = 3").await;
    audit.sql("DELETE FROM audit_ends").await;
    let removed = "the end of the chain was removed: rows before it may be gone";
    assert_eq!(audit.findings().await, [removed]);
    // The next seal leaves a number out, so that the break stays to be seen.
    audit.goes_on().await;
    assert_eq!(audit.findings().await, ["seal 3 was removed"]);
}

/// Nobody can make one without the key.
pub async fn an_end_that_was_moved_along_is_forged(audit: TamperHarness) {
    audit.chain().await;
    audit.sql("DELETE FROM audit_log WHERE sealed_by = 3").await;
    audit.sql("DELETE FROM audit_seals WHERE number = 3").await;
    audit
        .sql(
            "UPDATE audit_ends SET number = 2, last_row = 6,
                digest = (SELECT mac FROM audit_seals WHERE audit_seals.number = 2)",
        )
        .await;
    let forged = "the end of the chain was forged: rows behind it may be gone";
    assert_eq!(audit.findings().await, [forged]);
    audit.goes_on().await;
    assert_eq!(audit.findings().await, ["seal 3 was removed"]);
}

/// A genuine end, of earlier.
pub async fn an_older_end_before_a_longer_chain_is_told(audit: TamperHarness) {
    audit.chain().await;
    audit.sql("CREATE TABLE older AS SELECT * FROM audit_ends").await;
    audit.goes_on().await;
    audit.sql("DELETE FROM audit_ends").await;
    audit.sql("INSERT INTO audit_ends SELECT * FROM older").await;
    assert_eq!(audit.findings().await, ["the end of the chain was set back"]);
}

/// From inside, nothing is wrong with it.
pub async fn a_whole_older_state_is_told_by_a_seal_that_somebody_wrote_down(audit: TamperHarness) {
    audit.chain().await;
    audit.sql("CREATE TABLE older AS SELECT * FROM audit_ends").await;
    audit.tell(1).await;
    let seen = audit.auth.seal_audit(100).await.unwrap().unwrap().link;
    assert_eq!(audit.auth.verify_seal(seen).await.unwrap(), None);
    for sql in [
        "DELETE FROM audit_log WHERE sealed_by = 4",
        "DELETE FROM audit_seals WHERE number = 4",
        "DELETE FROM audit_ends",
        "INSERT INTO audit_ends SELECT * FROM older",
    ] {
        audit.sql(sql).await;
    }
    assert_eq!(audit.findings().await, Vec::<String>::new());
    let said = async || audit.auth.verify_seal(seen).await.unwrap().map(|finding| finding.to_string());
    assert_eq!(said().await.as_deref(), Some("seal 4 is expected and not there"));
    // Another fourth seal does not pass for it.
    audit.goes_on().await;
    assert_eq!(audit.findings().await, Vec::<String>::new());
    assert_eq!(said().await.as_deref(), Some("seal 4 is not the one that is expected"));
}

/// The numbers are not given again.
pub async fn what_was_cut_off_stays_missing_when_sealing_goes_on(audit: TamperHarness) {
    audit.chain().await;
    audit.sql("DELETE FROM audit_log WHERE sealed_by > 1").await;
    audit.sql("DELETE FROM audit_seals WHERE number > 1").await;
    audit.goes_on().await;
    assert_eq!(audit.findings().await, ["seals 2 to 3 were removed"]);
    audit.goes_on().await;
    assert_eq!(audit.findings().await, ["seals 2 to 3 were removed"]);
}

/// Its seals begin otherwise, so that nobody passes a chain off as one of those. They may come in between as well, while
/// both versions run.
pub async fn a_chain_of_a_version_without_ends_gets_one(audit: TamperHarness) {
    let mut previous = AuditLink::NONE;
    for _ in 0..2 {
        audit.tell(2).await;
        let rows = audit.audit_log.unsealed(100).await.unwrap();
        let seal = given::audit_key().former_seal(previous, &rows, audit.auth.now());
        let last = previous.number;
        assert!(audit.audit_log.append_seal(last, seal.clone(), given::end(&seal)).await.unwrap());
        previous = seal.link();
        audit.sql("DELETE FROM audit_ends").await;
    }
    assert_eq!(audit.findings().await, Vec::<String>::new());
    assert_eq!(audit.auth.verify_audit().await.unwrap().end, None);
    audit.goes_on().await;
    assert_eq!(audit.findings().await, Vec::<String>::new());
    assert_eq!(audit.auth.verify_audit().await.unwrap().end.map(|end| end.link.number), Some(3));
}
