//! What whoever owns the database can do to the audit, and how `evently-auth audit verify` names it: the first line says
//! what was done where. Every way there is, and each on both databases: `crates/contract/src/tampering`.

use crate::harness::{PASSWORD, Production};

/// All columns but the id and the seal.
const CONTENT: &str =
    "at, action, outcome, actor, subject, sid, ip_address, user_agent, request_id, detail, mac";

/// What is done, and what is said first.
fn ways(pair: i64, last: i64) -> [(String, String); 7] {
    let next = pair + 1;
    let swapped = |id: i64, other: i64| {
        format!(
            "UPDATE audit_log SET ({CONTENT}) = (SELECT {CONTENT} FROM genuine_log WHERE id = {other}) WHERE id = {id}"
        )
    };
    let inserted = |detail: &str, seal: &str| {
        let content = CONTENT.replace("detail", detail);
        format!(
            "INSERT INTO audit_log (id, {CONTENT}, sealed_by) OVERRIDING SYSTEM VALUE
                SELECT 1000, {content}, {seal} FROM audit_log WHERE id = {pair}"
        )
    };
    let whole = "DELETE FROM audit_log WHERE sealed_by = SEAL; DELETE FROM audit_seals WHERE number = SEAL";
    let start = "INSERT INTO audit_ends (which, number, digest, row_count, last_row, at, mac)
        SELECT 'start', number, mac, 1, 1, at, mac FROM audit_seals WHERE number = 1";
    [
        (
            format!("UPDATE audit_log SET outcome = 'failure' WHERE id = {pair}"),
            format!("row {pair} was changed"),
        ),
        (format!("DELETE FROM audit_log WHERE id = {pair}"), format!("row {pair} was removed")),
        // A copy that is said to have been sealed; and an invention, whose digest nobody made.
        (inserted("detail", "sealed_by"), "row 1000 was inserted".to_owned()),
        (inserted("'invented'", "NULL"), "row 1000 was changed".to_owned()),
        ([swapped(pair, next), swapped(next, pair)].join("; "), format!("row {pair} was reordered")),
        (
            whole.replace("SEAL", "(SELECT number FROM audit_ends WHERE which = 'end')"),
            format!("row {last} was removed with its seal"),
        ),
        // As retention would, but for its key.
        (
            format!("{start}; {}", whole.replace("SEAL", "1")),
            "the start of the chain was forged: rows before it may be gone".to_owned(),
        ),
    ]
}

#[test]
fn whatever_is_done_to_the_audit_is_named_in_the_first_line() {
    let mut site = Production::prepare(&[("AUDIT_RETENTION_DAYS", "30")]);
    site.add_server();
    site.add_worker();
    let all_are_sealed = |site: &Production| {
        let unsealed = "SELECT count(*) FROM audit_log WHERE sealed_by IS NULL";
        site.wait_for("the seals", || (site.sql(unsealed) == "0").then_some(()));
    };
    site.signed_in("ada");
    // Several under one seal, and one that has a seal of its own.
    for logins in [6, 1] {
        all_are_sealed(&site);
        for _ in 0..logins {
            site.log_in("ada", PASSWORD);
        }
    }
    all_are_sealed(&site);
    site.workers.clear();

    let verify = || {
        let ended = site.run(&["audit", "verify"], "");
        let said = String::from_utf8(ended.stdout).unwrap();
        (ended.status.code(), said.lines().next().unwrap_or_default().to_owned())
    };
    let sql = |sql: &str| site.sql(&format!("SET session_replication_role = replica; {sql}"));
    let number = |sql: &str| site.sql(sql).parse::<i64>().unwrap();
    let tables = ["seals", "log", "ends"];
    for table in tables {
        sql(&format!("CREATE TABLE genuine_{table} AS TABLE audit_{table}"));
    }
    let restore = || {
        for table in tables {
            sql(&format!("DELETE FROM audit_{table}"));
            sql(&format!("INSERT INTO audit_{table} OVERRIDING SYSTEM VALUE TABLE genuine_{table}"));
        }
    };
    let neighbours = "audit_log a JOIN audit_log b ON b.id = a.id + 1 AND b.sealed_by = a.sealed_by";
    let pair = number(&format!("SELECT min(a.id) FROM {neighbours}"));
    let last = number("SELECT max(id) FROM audit_log");
    for (way, said) in ways(pair, last) {
        assert_eq!(verify().0, Some(0), "before {way}");
        sql(&way);
        assert_eq!(verify(), (Some(1), said), "{way}");
        restore();
    }
    assert_eq!(verify().0, Some(0));
}
