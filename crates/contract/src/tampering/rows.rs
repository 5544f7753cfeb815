//! Rows and seals in the middle of the chain.

use super::{CONTENT, TamperHarness};

/// Sealed or not, whatever part of it.
pub async fn a_changed_row_is_named(audit: TamperHarness) {
    audit.chain().await;
    audit.tell(2).await;
    for (id, change) in [(5, "detail = 'nothing'"), (8, "outcome = 'failure'"), (11, "actor = 1")] {
        audit.sql(format!("UPDATE audit_log SET {change} WHERE id = {id}")).await;
    }
    let expected = ["row 5 was changed", "row 8 was changed", "row 11 was changed"];
    assert_eq!(audit.findings().await, expected);
}

/// It is named like any other, and sealed like any other.
pub async fn a_row_that_cannot_be_read_holds_nobody_up(audit: TamperHarness) {
    audit.chain().await;
    audit.tell(3).await;
    for id in [5, 11] {
        audit.sql(format!("UPDATE audit_log SET action = 'no.such_action' WHERE id = {id}")).await;
    }
    audit.sql("UPDATE audit_log SET ip_address = 'nowhere', sid = 'x' WHERE id = 8").await;
    let expected = ["row 5 was changed", "row 8 was changed", "row 11 was changed"];
    assert_eq!(audit.findings().await, expected);
    assert_eq!(audit.auth.seal_audit(100).await.unwrap().map(|sealed| sealed.rows), Some(3));
    assert_eq!(audit.findings().await, expected);
}

/// The first one first.
pub async fn a_removed_row_is_named(audit: TamperHarness) {
    audit.chain().await;
    audit.sql("DELETE FROM audit_log WHERE id IN (4, 8)").await;
    assert_eq!(audit.findings().await, ["row 4 was removed", "row 8 was removed"]);
}

/// Under a seal that does not know it, or with a digest that nobody made.
pub async fn an_inserted_row_is_named(audit: TamperHarness) {
    audit.chain().await;
    audit
        .sql(format!(
            "INSERT INTO audit_log ({CONTENT}, sealed_by) SELECT {CONTENT}, 2 FROM audit_log WHERE id = 5"
        ))
        .await;
    assert_eq!(audit.findings().await, ["row 10 was inserted"]);
    let invented = CONTENT.replace("detail", "'invented'");
    audit
        .sql(format!("INSERT INTO audit_log ({CONTENT}) SELECT {invented} FROM audit_log WHERE id = 5"))
        .await;
    assert_eq!(audit.findings().await, ["row 10 was inserted", "row 11 was changed"]);
}

/// With its digest, and also when it was sealed meanwhile like a new one.
pub async fn a_copy_of_a_genuine_row_is_named(audit: TamperHarness) {
    audit.chain().await;
    audit.tell(1).await;
    for id in [2, 9] {
        let copy =
            format!("INSERT INTO audit_log ({CONTENT}) SELECT {CONTENT} FROM audit_log WHERE id = {id}");
        audit.sql(copy).await;
    }
    let expected = ["row 11 was inserted", "row 12 was inserted"];
    assert_eq!(audit.findings().await, expected);
    assert_eq!(audit.auth.seal_audit(100).await.unwrap().map(|sealed| sealed.rows), Some(3));
    assert_eq!(audit.findings().await, expected);
}

/// Each is genuine, at another place.
pub async fn reordered_rows_are_named(audit: TamperHarness) {
    audit.chain().await;
    audit.sql("CREATE TABLE swapped AS SELECT * FROM audit_log").await;
    let from =
        |column: &str| format!("{column} = (SELECT {column} FROM swapped WHERE id = 11 - audit_log.id)");
    let changes = [from("at"), from("detail"), from("mac")].join(", ");
    audit.sql(format!("UPDATE audit_log SET {changes} WHERE id IN (5, 6)")).await;
    assert_eq!(audit.findings().await, ["row 5 was reordered", "row 6 was reordered"]);
}

/// And a row that was removed from it together with its line.
pub async fn a_changed_seal_is_named(audit: TamperHarness) {
    audit.chain().await;
    audit.sql("DELETE FROM audit_log WHERE id = 4").await;
    let shorter = "(SELECT covers FROM audit_seals AS other WHERE other.number = 1)";
    audit.sql(format!("UPDATE audit_seals SET covers = {shorter} WHERE number = 2")).await;
    let findings = audit.findings().await;
    assert_eq!(findings[0], "seal 2 was changed", "{findings:?}");
}

/// It cannot be followed: an error for the log, rather than silence.
pub async fn a_seal_with_the_last_of_all_numbers_is_no_silent_end(audit: TamperHarness) {
    audit.chain().await;
    let last = i64::MAX;
    audit
        .sql(format!(
            "INSERT INTO audit_seals SELECT {last}, covers, at, mac FROM audit_seals WHERE number = 3"
        ))
        .await;
    audit.tell(1).await;
    assert!(audit.auth.seal_audit(100).await.is_err());
    let findings = audit.findings().await;
    assert_eq!(findings[0], format!("seals 4 to {} were removed", last - 1), "{findings:?}");
    audit.sql(format!("DELETE FROM audit_seals WHERE number = {last}")).await;
    assert!(audit.auth.seal_audit(100).await.unwrap().is_some(), "its owner can take it away");
    assert_eq!(audit.findings().await, Vec::<String>::new());
}
