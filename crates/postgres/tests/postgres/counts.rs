//! A listing's total and its page are those of the accounts, whatever is done to them, by however many at once, and
//! whatever of it was added to the counts already.

use crate::support::client;
use crate::{Database, number, refusal};
use evently_auth_contract::given::{self, at, effects, everybody};
use evently_auth_contract::{race, run};
use evently_auth_domain::account::{Role, User};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{CreatedUser, UserChange, UserFilter, Users};

/// How many blocks, by level and role, are not counted as the accounts are; looked at in one moment.
const WRONG: &str = "
    WITH counted AS (
        SELECT level, block, role, sum(active_verified) AS a, sum(active_unverified) AS b,
            sum(inactive_verified) AS c, sum(inactive_unverified) AS d
        FROM (
            SELECT * FROM user_counts
            UNION ALL SELECT level, block >> (6 * level), role, active_verified, active_unverified,
                inactive_verified, inactive_unverified
            FROM user_count_changes CROSS JOIN generate_series(0, 2) AS level
        ) AS all_of_them GROUP BY 1, 2, 3
    ), there AS (
        SELECT level, id >> (6 * (level + 1)) AS block, role, count(*) FILTER (WHERE is_active AND is_verified) AS a,
            count(*) FILTER (WHERE is_active AND NOT is_verified) AS b,
            count(*) FILTER (WHERE NOT is_active AND is_verified) AS c,
            count(*) FILTER (WHERE NOT is_active AND NOT is_verified) AS d
        FROM users CROSS JOIN generate_series(0, 2) AS level GROUP BY 1, 2, 3
    )
    SELECT count(*) FROM counted FULL JOIN there USING (level, block, role)
    WHERE (coalesce(counted.a, 0), coalesce(counted.b, 0), coalesce(counted.c, 0), coalesce(counted.d, 0))
        <> (coalesce(there.a, 0), coalesce(there.b, 0), coalesce(there.c, 0), coalesce(there.d, 0))";

const NOTED: &str = "SELECT count(*) FROM user_count_changes";
const FOLD: &str = "SELECT fold_user_count_changes(1000)";

/// A statement that makes accounts of every kind, with the ids that the query `ids` yields.
fn make(ids: &str) -> String {
    format!(
        "INSERT INTO users (id, email, username, hashed_password, is_active, is_verified, role, created_at,
            updated_at)
        SELECT n, format('made%s@example.com', n), format('made%s', n), 'x', n % 5 <> 0, n % 3 <> 0,
            CASE WHEN n % 7 = 0 THEN 'admin' ELSE 'user' END, now(), now()
        FROM ({ids}) AS made (n)"
    )
}

fn filters() -> Vec<UserFilter> {
    let flags = [None, Some(true), Some(false)];
    let roles = [None, Some(Role::User), Some(Role::Admin)];
    let of = |role| {
        flags.into_iter().flat_map(move |is_active| {
            flags.map(|is_verified| UserFilter { role, is_active, is_verified, ..everybody() })
        })
    };
    roles.into_iter().flat_map(of).collect()
}

/// Holds pages that begin at each `step`-th place, and behind the end, against all that match.
async fn compare(database: &Database, filter: &UserFilter, step: usize) {
    let all = Users::list(&database.store, &UserFilter { limit: 10_000, ..everybody() }).await.unwrap().users;
    let matches = |user: &&User| {
        filter.role.is_none_or(|role| user.role == role)
            && filter.is_active.is_none_or(|is| user.is_active == is)
            && filter.is_verified.is_none_or(|is| user.is_verified == is)
            && filter.query.as_ref().is_none_or(|part| user.email.as_str().contains(part.as_str()))
    };
    let matching: Vec<User> = all.iter().filter(matches).cloned().collect();
    for skip in (0..matching.len()).step_by(step).chain([matching.len(), matching.len() + 1, usize::MAX]) {
        let wanted = UserFilter { skip: skip as u64, limit: 3, ..filter.clone() };
        let page = Users::list(&database.store, &wanted).await.unwrap();
        let expected: Vec<_> = matching.iter().skip(skip).take(3).cloned().collect();
        assert_eq!((page.total, page.users), (matching.len() as u64, expected), "{wanted:?}");
    }
}

/// Blocks of each level that are full, that have gaps, that are empty; some of it counted, some only noted.
#[tokio::test(flavor = "multi_thread")]
async fn pages_begin_where_they_should() {
    let database = Database::new().await;
    let raw = database.raw().await;
    compare(&database, &everybody(), 1).await;
    let ids = "SELECT generate_series(1, 140) UNION ALL SELECT generate_series(4000, 4300, 9)
        UNION ALL SELECT generate_series(262100, 262200, 3) UNION ALL SELECT generate_series(5000000, 5000070)";
    raw.batch_execute(&make(ids)).await.unwrap();
    for state in 0..3 {
        match state {
            0 => assert!(number(&raw, NOTED).await > 0, "nothing is counted yet"),
            1 => {
                number(&raw, "SELECT fold_user_count_changes(5)").await;
                let change = "DELETE FROM users WHERE id % 11 = 0 OR id BETWEEN 64 AND 127;
                    UPDATE users SET is_active = NOT is_active, role = 'user' WHERE id % 13 = 0;
                    UPDATE users SET id = id + 1000000 WHERE id = 262103";
                raw.batch_execute(change).await.unwrap();
            }
            _ => {
                number(&raw, FOLD).await;
                assert_eq!(number(&raw, NOTED).await, 0, "everything is counted");
            }
        }
        assert_eq!(number(&raw, WRONG).await, 0);
        compare(&database, &everybody(), 1).await;
        for filter in filters() {
            compare(&database, &filter, 17).await;
        }
        for part in ["made1", "4", "62", "1@example"] {
            compare(&database, &UserFilter { query: Some(part.to_owned()), ..everybody() }, 9).await;
        }
        let some = UserFilter { role: Some(Role::User), is_active: Some(true), ..everybody() };
        compare(&database, &UserFilter { query: Some("made".to_owned()), ..some }, 9).await;
    }
}

/// Registrations, changes and deletions, while others add to the counts, count anew, and look.
#[test]
fn counts_are_exact_at_each_moment() {
    run(async {
        let database = Database::new().await;
        database.add(given::admin("root")).await;
        race(24, |caller| {
            let (server, store) = (database.server.clone(), database.store.clone());
            async move {
                let raw = client(&server).await;
                for round in 0..15 {
                    match caller {
                        0 => assert!(
                            (0..=7).contains(&number(&raw, "SELECT fold_user_count_changes(7)").await)
                        ),
                        1 => raw.batch_execute("SELECT count_users_anew()").await.unwrap(),
                        2 | 3 => assert_eq!(number(&raw, WRONG).await, 0),
                        4 => {
                            let page = Users::list(&store, &everybody()).await.unwrap();
                            assert_eq!(page.total, page.users.len() as u64);
                        }
                        5 => assert!(store.sweep_unverified(at(200_000), 3).await.is_ok()),
                        _ => come_and_go(&store, &format!("name{caller}x{round}"), round).await,
                    }
                }
            }
        })
        .await;
        let raw = database.raw().await;
        assert!(number(&raw, "SELECT count(*) FROM users").await > 50);
        assert_eq!(number(&raw, WRONG).await, 0);
        assert!(number(&raw, NOTED).await < 200, "writers add what was noted");
        number(&raw, FOLD).await;
        assert_eq!(number(&raw, NOTED).await, 0);
        assert_eq!(number(&raw, WRONG).await, 0);
        for filter in filters() {
            compare(&database, &filter, 50).await;
        }
    });
}

async fn come_and_go(store: &impl Users, name: &str, round: usize) {
    let new = if round.is_multiple_of(3) { given::unverified(name) } else { given::user(name) };
    let CreatedUser::Created(user) = store.create(new, effects()).await.unwrap() else { panic!("taken") };
    let change = match round % 5 {
        0 => UserChange { is_active: Some(false), at: at(1), ..UserChange::default() },
        1 => UserChange { role: Some(Role::Admin), at: at(1), ..UserChange::default() },
        2 => UserChange { is_verified: Some(true), at: at(1), ..UserChange::default() },
        3 => UserChange { full_name: Some(given::full_name("Ada")), at: at(1), ..UserChange::default() },
        _ => {
            store.delete(user.id, effects()).await.unwrap();
            return;
        }
    };
    store.change(user.id, change, Effects::default()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_add_to_the_counts_one_does_and_the_other_does_not_wait() {
    let database = Database::new().await;
    let (one, two) = (database.raw().await, database.raw().await);
    one.batch_execute(&make("SELECT generate_series(1, 300)")).await.unwrap();
    let noted = number(&one, NOTED).await;
    assert!(noted > 4, "{noted}");
    for end in ["ROLLBACK", "COMMIT"] {
        one.batch_execute("BEGIN").await.unwrap();
        assert_eq!(number(&one, "SELECT fold_user_count_changes(4)").await, 4);
        assert_eq!(number(&two, FOLD).await, 0);
        assert_eq!(number(&two, WRONG).await, 0);
        one.batch_execute(end).await.unwrap();
        assert_eq!(number(&two, WRONG).await, 0, "after {end}");
    }
    assert_eq!(number(&two, FOLD).await, noted - 4);
    assert_eq!(number(&two, WRONG).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_noted_stays_little() {
    let database = Database::new().await;
    let raw = database.raw().await;
    for id in 1..=200 {
        raw.batch_execute(&make(&format!("SELECT generate_series({id}, {id})"))).await.unwrap();
    }
    let noted = number(&raw, NOTED).await;
    assert!(noted < 64, "{noted}");
    // By one statement, in thousands of blocks.
    raw.batch_execute(&make("SELECT generate_series(10000, 200000, 64)")).await.unwrap();
    let noted = number(&raw, NOTED).await;
    assert!(noted < 64, "{noted}");
    // Whoever sees an old moment leaves it to others, and what a huge transaction leaves is for the sweep.
    raw.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ; DELETE FROM users WHERE id > 1000; COMMIT")
        .await
        .unwrap();
    raw.batch_execute("UPDATE users SET is_active = NOT is_active WHERE id < 500").await.unwrap();
    assert!(number(&raw, NOTED).await > 64);
    assert_eq!(number(&raw, WRONG).await, 0);
    database.store.sweep_unverified(at(0), 1).await.unwrap();
    assert_eq!(number(&raw, NOTED).await, 0);
    assert_eq!(number(&raw, WRONG).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_notes_nothing() {
    let database = Database::new().await;
    let ada = database.add(given::user("ada")).await;
    let raw = database.raw().await;
    let noted = number(&raw, NOTED).await;
    database.open_session(&ada, 1).await;
    let change = UserChange { email: Some(given::email("new")), at: at(1), ..UserChange::default() };
    database.store.change(ada.id, change, Effects::default()).await.unwrap();
    assert_eq!(number(&raw, NOTED).await, noted);
}

/// What is done in the database itself counts as well.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_emptied_is_counted_as_empty() {
    let database = Database::new().await;
    let raw = database.raw().await;
    raw.batch_execute(&make("SELECT generate_series(1, 100)")).await.unwrap();
    number(&raw, FOLD).await;
    raw.batch_execute("TRUNCATE users CASCADE").await.unwrap();
    assert_eq!(number(&raw, WRONG).await, 0);
    compare(&database, &everybody(), 1).await;
}

/// The version before has none of this, serves while it is made, and goes on.
#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_counted_beside_whoever_changes_them() {
    let database = Database::new().await;
    let (store, raw) = (database.store.clone(), database.raw().await);
    let status = store.migration_status().await.unwrap();
    let first = status.iter().position(|(name, _)| name.ends_with("_user_counts")).unwrap();
    store.migrate_down(status.len() - first).await.unwrap();
    raw.batch_execute(&make("SELECT generate_series(1, 20000)")).await.unwrap();
    race(6, |caller| {
        let (server, store, id) = (database.server.clone(), store.clone(), 100_000 * (caller + 1));
        async move {
            if caller == 0 {
                assert!(!store.migrate_up().await.unwrap().is_empty());
                return;
            }
            let raw = client(&server).await;
            for round in 0..60 {
                raw.batch_execute(&make(&format!("SELECT generate_series({id} + {round}, {id} + {round})")))
                    .await
                    .unwrap();
                let gone = format!("DELETE FROM users WHERE id = {caller} * 1000 + {round}");
                raw.batch_execute(&gone).await.unwrap();
                let change =
                    format!("UPDATE users SET role = 'admin' WHERE id = {caller} * 1000 + 500 + {round}");
                raw.batch_execute(&change).await.unwrap();
            }
        }
    })
    .await;
    assert_eq!(number(&raw, "SELECT count(*) FROM users").await, 20_000);
    assert_eq!(number(&raw, WRONG).await, 0);
    assert!(number(&raw, "SELECT count(*) FROM user_counts").await > 300);
    for state in ["migrated", "counted anew"] {
        assert_eq!(Users::list(&store, &everybody()).await.unwrap().total, 20_000, "{state}");
        raw.batch_execute("SELECT count_users_anew()").await.unwrap();
        assert_eq!(number(&raw, WRONG).await, 0, "{state}");
    }
}

/// A walk to a far page adds up neighbours, which are on few pages then.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_counted_anew_lies_in_order() {
    let database = Database::new().await;
    let raw = database.raw().await;
    raw.batch_execute(&make("SELECT generate_series(1, 20000)")).await.unwrap();
    raw.batch_execute("SELECT count_users_anew()").await.unwrap();
    let turns = "SELECT count(*) FROM (
            SELECT (level, block, role) < lag((level, block, role)) OVER (ORDER BY ctid) AS back FROM user_counts
        ) AS placed WHERE back";
    assert!(number(&raw, "SELECT count(*) FROM user_counts").await > 600);
    // Once, should it begin in room that was free.
    let turns = number(&raw, turns).await;
    assert!(turns <= 1, "{turns} counts lie behind one that comes after them");
}

/// A database that has not got it, and a user who may not create it.
#[tokio::test(flavor = "multi_thread")]
async fn a_missing_extension_is_named_with_what_to_do() {
    let database = Database::bare().await;
    let raw = database.raw().await;
    let role = format!("{}_guest", database.server.name);
    raw.batch_execute(&format!("CREATE ROLE {role}; SET ROLE {role}")).await.unwrap();
    let migration = include_str!("../../../../migrations/postgres/2026-11-29-000023_pg_trgm/up.sql");
    let message = refusal(&raw, migration).await;
    raw.batch_execute(&format!("RESET ROLE; DROP ROLE {role}")).await.unwrap();
    assert!(message.contains("pg_trgm is needed"), "{message}");
    assert!(message.contains("CREATE EXTENSION pg_trgm"), "{message}");
}
