//! What passes for something that the chain does not speak of, or for new.

use super::{CONTENT, TamperHarness};

/// Nothing looks at such a seal; so the row is looked at.
pub async fn rows_marked_with_seals_that_cannot_be_are_named(audit: TamperHarness) {
    audit.chain().await;
    for number in [0, -1, i64::MIN] {
        let copy = format!("SELECT {CONTENT}, {number} FROM audit_log WHERE id = 5");
        audit.sql(format!("INSERT INTO audit_log ({CONTENT}, sealed_by) {copy}")).await;
    }
    audit.tell(1).await;
    audit.sql("UPDATE audit_log SET detail = 'x', sealed_by = -1 WHERE id = 13").await;
    let expected = [10, 11, 12, 13].map(|id| format!("row {id} was inserted"));
    assert_eq!(audit.findings().await, expected);
    audit.goes_on().await;
    assert_eq!(audit.findings().await, expected);
}

/// A number may be free, for a row that was rolled back.
pub async fn a_copy_under_a_lower_number_is_named(audit: TamperHarness) {
    audit.chain().await;
    audit.tell(1).await;
    audit.sql("DELETE FROM audit_log WHERE id = 10").await;
    audit.goes_on().await;
    let copy = format!("SELECT 10, {CONTENT} FROM audit_log WHERE id = 11");
    audit.sql(format!("INSERT INTO audit_log (id, {CONTENT}) {copy}")).await;
    assert_eq!(audit.findings().await, ["row 10 was inserted"]);
    audit.goes_on_with(3).await;
    assert_eq!(audit.findings().await, ["row 10 was inserted"]);
}

/// Also when it is from the last moment before it; nothing is left that it could be a copy of.
pub async fn a_row_that_was_cut_does_not_come_back_as_a_new_one(audit: TamperHarness) {
    audit.aged().await;
    audit.sql("CREATE TABLE old_rows AS SELECT * FROM audit_log WHERE sealed_by = 3").await;
    assert_eq!(audit.auth.sweep().await.unwrap().audit, 9);
    audit.goes_on_with(3).await;
    audit.sql(format!("INSERT INTO audit_log ({CONTENT}) SELECT {CONTENT} FROM old_rows WHERE id = 9")).await;
    assert_eq!(audit.findings().await, ["row 15 was inserted"]);
    audit.goes_on_with(3).await;
    assert_eq!(audit.findings().await, ["row 15 was inserted"]);
}
