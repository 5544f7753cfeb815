//! No query of a hot path reads a whole table: the statements that were really sent are explained by the
//! server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

mod support;

use chrono::TimeDelta;
use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use evently_auth_contract::given::{self, at, effects, sid};
use evently_auth_domain::account::{EmailAddress, Identifier, NewUser, Role, UserId};
use evently_auth_domain::audit::{AuditAction, AuditFilter, AuditOutcome, AuditSeal};
use evently_auth_domain::client::UserAgent;
use evently_auth_domain::effects::{Effects, EndSessions};
use evently_auth_domain::mail::{Delivery, MailId};
use evently_auth_domain::ports::{
    AuditLog, Outbox, Probe, Sessions, SessionsToEnd, UnchangedPassword, UserChange, UserFilter, Users,
};
use evently_auth_domain::session::{Generation, SessionId, Touch};
use std::collections::BTreeSet;
use std::sync::Mutex;
use support::Database;
use tokio_postgres::Client;

/// What was sent to the server since the test began.
static SENT: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn recorder() -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(|event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let sql = text.split(" -- binds:").next().unwrap().to_owned();
            SENT.lock().unwrap().insert(sql);
        }
    }))
}

/// Thousands of rows in each table, of the kinds that there are in each.
const CROWD: &str = "
    INSERT INTO users (email, username, hashed_password, is_active, is_verified, role, created_at, updated_at,
            pending_email, pending_email_at, claim_expires_at)
        SELECT format('user%s@example.com', n), format('user%s', n), 'x', n % 500 <> 250, n % 10 <> 0,
            CASE WHEN n % 1000 = 1 THEN 'admin' ELSE 'user' END, now(), now(),
            CASE WHEN n % 7 = 0 THEN format('new%s@example.com', n) END, CASE WHEN n % 7 = 0 THEN now() END,
            CASE WHEN n % 10 = 0 THEN now() + n * interval '1 second' END
        FROM generate_series(1, 5000) AS n;
    INSERT INTO user_counts SELECT 0, n, 'user', 0, 0, 0, 0 FROM generate_series(100000, 120000) AS n;
    INSERT INTO user_sessions (user_id, session_token, seed, generation, is_active, created_at, expires_at,
            last_accessed)
        SELECT 1 + n % 5000, lpad(n::text, 22, '0'), decode(repeat('00', 32), 'hex'), 0, n % 2 = 0, now(),
            now() + n * interval '1 second', now()
        FROM generate_series(1, 20000) AS n;
    INSERT INTO outbox (message_id, kind, priority, recipient, payload, request_id, created_at, status,
            attempts, next_attempt_at, lease, is_claimed)
        SELECT n, 'welcome', n % 2, 'ada@example.com', CASE WHEN n % 100 < 2 THEN '' ::bytea END, 'x',
            now() + n * interval '1 second',
            CASE n % 100 WHEN 0 THEN 'queued' WHEN 1 THEN 'dead' ELSE 'sent' END, 0, now(), 0, false
        FROM generate_series(1, 20000) AS n;
    INSERT INTO audit_log (at, action, outcome, actor, subject, ip_address, request_id, mac)
        SELECT now() + n * interval '1 second', format('action%s', n % 20),
            CASE WHEN n % 10 = 0 THEN 'failure' ELSE 'success' END, n % 100, n % 100, format('192.0.2.%s', n % 100),
            format('request%s', n), decode(repeat('00', 32), 'hex')
        FROM generate_series(1, 20000) AS n;
    INSERT INTO audit_seals SELECT n, '', now(), decode(repeat('00', 32), 'hex')
        FROM generate_series(1, 1990) AS n;
    UPDATE audit_log SET sealed_by = 1 + (id - 1) / 10 WHERE id <= 19900;
    SELECT gin_clean_pending_list('users_search');
    ANALYZE;";

/// The filters of the audit's listing, and the index of each; all others go by time.
const LISTED: &[(&str, &str)] = &[
    (r#""actor" = "#, "audit_log_actor"),
    (r#""subject" = "#, "audit_log_subject_at"),
    (r#""action" = "#, "audit_log_action"),
    ("outcome = 'failure'", "audit_log_failures"),
    (r#""ip_address" = "#, "audit_log_ip_address"),
    (r#""request_id" = "#, "audit_log_request_id"),
];

/// Listings of accounts, the values of the statement that is sent for each, and how many accounts it may look at.
fn listings() -> Vec<(UserFilter, String, u64)> {
    let page = UserFilter { limit: 10, ..given::everybody() };
    let query = |text: &str| Some(text.to_owned());
    vec![
        (page.clone(), "10".to_owned(), 10),
        (UserFilter { skip: 4_000, ..page.clone() }, "4000, 10".to_owned(), 10 + 63),
        (UserFilter { skip: 1_000_000, ..page.clone() }, "1000000, 10".to_owned(), 0),
        (UserFilter { role: Some(Role::Admin), ..page.clone() }, "10".to_owned(), 5),
        (UserFilter { is_active: Some(false), skip: 3, ..page.clone() }, "3, 10".to_owned(), 10),
        // It is found, and read again for the page.
        (UserFilter { query: query("User4321"), ..page.clone() }, search("user4321"), 2),
        (UserFilter { query: query("r4321@"), role: Some(Role::User), ..page.clone() }, search("r4321@"), 2),
        (UserFilter { query: query("nobody"), is_active: Some(true), ..page }, search("nobody"), 0),
    ]
}

fn search(part: &str) -> String {
    format!("'%{part}%', '%{part}%', '%{part}%', 10, 0")
}

/// Everything but listings of mails, and searches for parts of texts that are too short for an index.
async fn use_everything(database: &Database) {
    let store = &database.store;
    store.probe().await.unwrap();
    let address = |text: &str| EmailAddress::parse(text).unwrap();
    let ada = database.add(given::user("ada")).await;
    store.create(NewUser { at: at(1), ..given::unverified("eve") }, effects()).await.unwrap();
    store.create(NewUser { at: at(2), ..given::unverified("eve") }, effects()).await.unwrap();
    Users::find(store, ada.id).await.unwrap();
    for identifier in [
        Identifier::Email(ada.email.clone()),
        Identifier::Username(ada.username.clone()),
        Identifier::Id(ada.id),
    ] {
        store.find_credentials(&identifier).await.unwrap();
    }
    store.find_unproven(&address("new7@example.com")).await.unwrap();
    let change = UserChange {
        email: Some(given::email("new")),
        username: Some(given::username("new")),
        role: Some(Role::Admin),
        at: at(3),
        ..UserChange::default()
    };
    for end_sessions in [EndSessions::None, EndSessions::All, EndSessions::AllBut(sid(1))] {
        store.change(ada.id, change.clone(), effects().ending(end_sessions)).await.unwrap();
    }
    let demotion = UserChange { role: Some(Role::User), at: at(4), ..UserChange::default() };
    store.change(ada.id, demotion, Effects::default()).await.unwrap();
    store.delete(UserId(1), effects()).await.unwrap();
    store.sweep_unverified(at(0), 100).await.unwrap();

    let password = UnchangedPassword { verified: given::password(), rehashed: None };
    for (number, effects) in [(100_001, Effects::default()), (100_002, effects().ending(EndSessions::All))] {
        store.open(given::session(&ada, number), password.clone(), effects).await.unwrap();
    }
    Sessions::find(store, &sid(7)).await.unwrap();
    store.rotate(&sid(7), &given::proof(7, 0), at(5), None).await.unwrap();
    let touch = Touch {
        sid: sid(7),
        seen_generation: Generation::FIRST,
        ip_address: None,
        user_agent: UserAgent::parse("curl/8.5"),
        at: at(6),
    };
    store.touch(touch.clone(), Effects::default()).await.unwrap();
    store.touch(touch, effects()).await.unwrap();
    Sessions::list(store, ada.id, at(7)).await.unwrap();
    for which in [
        SessionsToEnd::One(sid(7)),
        SessionsToEnd::Owned(ada.id, SessionId(7)),
        SessionsToEnd::AllOf(ada.id),
        SessionsToEnd::OthersOf(ada.id, sid(7)),
    ] {
        store.end(which, effects()).await.unwrap();
    }
    store.sweep_expired(at(0), 100).await.unwrap();

    store.put(effects()).await.unwrap();
    let now = at(100_000_000);
    for delivery in [
        Delivery::Sent,
        Delivery::Expired,
        Delivery::Retry { at: now, reason: String::new() },
        Delivery::Dead { reason: String::new() },
    ] {
        let job = store.claim(1, TimeDelta::seconds(60), now).await.unwrap().remove(0);
        assert!(store.settle(&job, delivery).await.unwrap());
    }
    store.requeue(None, now).await.unwrap();
    store.requeue(Some(&[MailId(1)]), now).await.unwrap();
    store.sweep_settled(at(0), 100).await.unwrap();
    store.stats().await.unwrap();

    let rows = store.unsealed(2).await.unwrap();
    store.last_seal().await.unwrap();
    let seal = given::seal(Some(&AuditSeal { number: 1990, ..given::seal(None, &[]) }), &rows);
    assert!(store.append_seal(1990, seal.clone(), given::end(&seal)).await.unwrap());
    let first = store.seals(0, 1).await.unwrap().remove(0);
    assert!(store.cut(0, given::start(&first, 10), effects()).await.unwrap());
    let second = store.seals(1, 1).await.unwrap().remove(0);
    assert!(store.cut(1, given::start(&second, 20), effects()).await.unwrap());
    store.ends().await.unwrap();
    let any = AuditFilter::default;
    for filter in [
        any(),
        AuditFilter { actor: Some(UserId(1)), ..any() },
        AuditFilter { subject: Some(UserId(1)), ..any() },
        AuditFilter { action: Some(AuditAction::AuditCut), ..any() },
        AuditFilter { outcome: Some(AuditOutcome::Failure), ..any() },
        AuditFilter { ip_address: "192.0.2.7".parse().ok(), ..any() },
        AuditFilter { request_id: Some("x".to_owned()), ..any() },
        AuditFilter { since: Some(at(0)), until: Some(at(1)), ..any() },
        AuditFilter { until: Some(at(1)), ..any() },
    ] {
        store.search(&filter, Some((at(1_000_000), 1)), 100).await.unwrap();
    }
    for (filter, ..) in listings() {
        Users::list(store, &filter).await.unwrap();
    }
    store.seals(100, 10).await.unwrap();
    store.rows(100, 10).await.unwrap();
    let row = store.rows_of(100, 0, 10).await.unwrap().remove(0);
    assert!(!store.has_twin(&row, 100).await.unwrap());
}

/// The plan for any values, as it is used once a statement was run a few times.
async fn plan(raw: &Client, sql: &str) -> String {
    let number =
        "SELECT cardinality(parameter_types)::bigint FROM pg_prepared_statements WHERE name = 'explained'";
    raw.batch_execute(&format!("PREPARE explained AS {sql}")).await.expect(sql);
    let values = vec!["NULL"; usize::try_from(support::number(raw, number).await).unwrap()];
    raw.batch_execute("DEALLOCATE explained").await.unwrap();
    explain(raw, "EXPLAIN", sql, &values.join(", ")).await
}

async fn explain(raw: &Client, explain: &str, sql: &str, values: &str) -> String {
    raw.batch_execute(&format!("PREPARE explained AS {sql}")).await.expect(sql);
    let values = if values.is_empty() { String::new() } else { format!("({values})") };
    let lines = raw.simple_query(&format!("{explain} EXECUTE explained{values}")).await.expect(sql);
    raw.batch_execute("DEALLOCATE explained").await.unwrap();
    let lines = lines.iter().filter_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// How many accounts were looked at, those included that did not match.
fn looked_at(plan: &str) -> u64 {
    let after = |line: &str, word: &str| -> u64 {
        let digits = line.split(word).nth(1).unwrap().chars().take_while(char::is_ascii_digit);
        digits.collect::<String>().parse().unwrap()
    };
    let (mut looked_at, mut is_users) = (0, false);
    for line in plan.lines() {
        if line.contains("(actual rows=") {
            is_users = line.contains(" on users ");
            looked_at += if is_users { after(line, "rows=") * after(line, "loops=") } else { 0 };
        } else if is_users && line.contains("Rows Removed by") {
            looked_at += after(line, ": ");
        }
    }
    looked_at
}

#[tokio::test(flavor = "multi_thread")]
async fn no_hot_query_reads_a_whole_table() {
    let database = Database::new().await;
    let raw = database.raw().await;
    raw.batch_execute(CROWD).await.unwrap();
    set_default_instrumentation(recorder).unwrap();
    use_everything(&database).await;
    let sent = SENT.lock().unwrap().clone();
    let ours = |sql: &&String| {
        ["SELECT", "WITH", "UPDATE", "DELETE", "INSERT"].iter().any(|verb| sql.starts_with(verb))
    };
    let sent: Vec<_> = sent.iter().filter(ours).filter(|sql| !sql.contains("pg_advisory")).collect();
    assert!(sent.len() > 45, "only {} statements were seen", sent.len());
    raw.batch_execute("SET plan_cache_mode = force_generic_plan").await.unwrap();
    let (mut listings, mut claims) = (0, 0);
    for sql in sent {
        let plan = plan(&raw, sql).await;
        // Asking for any row at all is answered by the first that there is.
        let probe = sql.starts_with("SELECT \"users\".\"id\" FROM \"users\"");
        // A table of two rows, and one that is kept short.
        let plan = plan.replace("Seq Scan on audit_ends", "two rows");
        let plan = plan.replace("Seq Scan on user_count_changes", "few rows");
        assert!(probe || !plan.contains("Seq Scan"), "{sql}\n{plan}");
        if sql.contains("SKIP LOCKED") && sql.starts_with("UPDATE outbox") {
            // What is due of a kind lies together.
            let together = "Index Cond: ((priority = \"*VALUES*\".column1) AND (next_attempt_at <= ";
            assert!(plan.contains(together) && !plan.contains("Sort"), "{sql}\n{plan}");
            claims += 1;
        }
        if sql.contains(r#"ORDER BY "audit_log"."at" DESC"#) {
            // Whatever is listed, its index is walked in its order.
            let index = LISTED.iter().find(|(filter, _)| sql.contains(filter)).map(|(_, index)| *index);
            let walk = format!("Index Scan Backward using {} on", index.unwrap_or("audit_log_at"));
            assert!(plan.contains(&walk) && !plan.contains("Sort"), "{sql}\n{plan}");
            listings += 1;
        }
    }
    assert_eq!((listings, claims), (9, 1));

    for (filter, values, most) in self::listings() {
        SENT.lock().unwrap().clear();
        Users::list(&database.store, &filter).await.unwrap();
        let sent = SENT.lock().unwrap().clone();
        let sql = sent.iter().find(|sql| sql.contains("AS counted")).unwrap();
        let plan = explain(&raw, "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF)", sql, &values).await;
        let looked_at = looked_at(&plan);
        assert!(looked_at <= most, "{looked_at} accounts for {filter:?}\n{plan}");
        assert!(!plan.contains("Seq Scan on users"), "{filter:?}\n{plan}");
        if filter.query.is_none() {
            assert!(is_planned_once(&raw, sql, &values).await, "{filter:?}");
        }
    }
}

/// Whether the plan for any values is used after a while, for those of one value seem no better: to make one costs more
/// than to read a page.
async fn is_planned_once(raw: &Client, sql: &str, values: &str) -> bool {
    let run = format!("EXECUTE planned({values});").repeat(10);
    raw.batch_execute(&format!("SET plan_cache_mode = auto; PREPARE planned AS {sql}; {run}"))
        .await
        .expect(sql);
    let once = "SELECT generic_plans FROM pg_prepared_statements WHERE name = 'planned'";
    let once = support::number(raw, once).await;
    raw.batch_execute("DEALLOCATE planned; SET plan_cache_mode = force_generic_plan").await.unwrap();
    once > 0
}
