//! What begins while somebody else holds what it needs is judged by what that one leaves: a statement that
//! waited for a lock has a snapshot from before the wait.

use crate::{Database, number};
use evently_auth_contract::given::{self, at, drastic_effects, effects, password, proof, sid};
use evently_auth_contract::run;
use evently_auth_domain::ports::{
    ChangedUser, CreatedUser, DeletedUser, Expected, Opened, Outbox, Rotation, Sessions, SessionsToEnd,
    UnchangedPassword, UserChange, Users,
};
use evently_auth_domain::session::{Generation, Touch};
use std::time::Duration;
use tokio_postgres::Client;

/// What `step` yields when it begins while `other` is under way, which commits as soon as the step waits.
async fn after<T: Send + 'static>(
    raw: &mut Client,
    other: &str,
    step: impl Future<Output = T> + Send + 'static,
) -> T {
    let transaction = raw.transaction().await.unwrap();
    transaction.batch_execute(other).await.unwrap();
    let step = tokio::spawn(step);
    // A transaction sees one state of the statistics unless it asks for another.
    let waiting = "SELECT count(*) FROM pg_stat_clear_snapshot(), pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while number(transaction.client(), waiting).await == 0 {
        assert!(!step.is_finished(), "it did not wait for {other}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    transaction.commit().await.unwrap();
    step.await.unwrap()
}

const MOVED: &str = "UPDATE user_sessions SET generation = generation + 1";
const ENDED: &str = "UPDATE user_sessions SET is_active = false";
const GONE: &str = "DELETE FROM user_sessions";

#[test]
fn whoever_waited_acts_on_what_the_other_left() {
    run(async {
        let database = Database::new().await;
        let (store, mut raw) = (database.store.clone(), database.raw().await);
        let ada = database.add(given::user("ada")).await;
        let id = ada.id;
        for other in [MOVED, ENDED, GONE] {
            for step in 0..4 {
                raw.batch_execute("DELETE FROM user_sessions; DELETE FROM outbox").await.unwrap();
                database.open_session(&ada, 1).await;
                let store = store.clone();
                let effects_expected = match step {
                    0 => {
                        let end =
                            async move { store.end(SessionsToEnd::AllOf(id), effects()).await.unwrap() };
                        let ended = after(&mut raw, other, end).await;
                        assert_eq!(ended, u64::from(other == MOVED), "{other}");
                        other == MOVED
                    }
                    1 => {
                        let change = async move {
                            store.change(id, UserChange::default(), drastic_effects()).await.unwrap()
                        };
                        after(&mut raw, other, change).await;
                        true
                    }
                    2 => {
                        let touch = Touch {
                            sid: sid(1),
                            seen_generation: Generation::FIRST,
                            ip_address: None,
                            user_agent: None,
                            at: at(1),
                        };
                        let touch = async move { store.touch(touch, effects()).await.unwrap() };
                        after(&mut raw, other, touch).await;
                        other != GONE
                    }
                    _ => {
                        let rotate =
                            async move { store.rotate(&sid(1), &proof(1, 0), at(1), None).await.unwrap() };
                        match after(&mut raw, other, rotate).await {
                            Rotation::Unmoved(live) => assert_eq!(live.session.generation, Generation(1)),
                            rotation => assert_eq!(rotation, Rotation::Ended),
                        }
                        false
                    }
                };
                let mails = number(&raw, "SELECT count(*) FROM outbox").await;
                assert_eq!(mails, i64::from(effects_expected), "step {step} after {other}");
                if step < 2 {
                    let live = number(&raw, "SELECT count(*) FROM user_sessions WHERE is_active").await;
                    assert_eq!(live, 0, "step {step} after {other}");
                }
            }
        }
    });
}

#[test]
fn a_login_that_waited_is_judged_by_the_account_as_it_is() {
    run(async {
        let database = Database::new().await;
        let mut raw = database.raw().await;
        for (number, other, opens) in [
            (1, "UPDATE users SET full_name = 'Ada'", true),
            (2, "UPDATE users SET is_active = false", false),
            (3, "UPDATE users SET is_verified = false", false),
            (4, "UPDATE users SET hashed_password = 'x'", false),
            (5, "DELETE FROM users", false),
        ] {
            raw.batch_execute("DELETE FROM users").await.unwrap();
            let ada = database.add(given::user("ada")).await;
            let store = database.store.clone();
            let unchanged = UnchangedPassword { verified: password(), rehashed: None };
            let open =
                async move { store.open(given::session(&ada, number), unchanged, effects()).await.unwrap() };
            let opened = after(&mut raw, other, open).await;
            assert_eq!(matches!(opened, Opened::Opened(_)), opens, "{other}");
        }
        assert_eq!(number(&raw, "SELECT count(*) FROM audit_log").await, 1);
    });
}

/// An account that somebody else makes, as a proven one or as one that may be replaced.
fn made(name: &str, username: &str, is_verified: bool) -> String {
    let claim = if is_verified { "NULL" } else { "'2300-01-01'" };
    format!(
        "INSERT INTO users (email, username, hashed_password, is_active, is_verified, role, created_at, updated_at,
            claim_expires_at)
        VALUES ('{name}@example.com', '{username}', 'x', true, {is_verified}, 'user', now(), now(), {claim})"
    )
}

#[test]
fn a_registration_that_waited_is_judged_by_what_the_other_left() {
    run(async {
        let database = Database::new().await;
        let mut raw = database.raw().await;
        for (other, is_created) in [
            (made("ada", "ada", true), false),
            (made("ada", "other", true), false),
            (made("other", "ada", false), false),
            (made("ada", "ada", false), true),
            (made("ada", "other", false), true),
        ] {
            raw.batch_execute("DELETE FROM users; DELETE FROM outbox").await.unwrap();
            let store = database.store.clone();
            let create = async move { store.create(given::unverified("ada"), effects()).await.unwrap() };
            let created = after(&mut raw, &other, create).await;
            assert_eq!(matches!(created, CreatedUser::Created(_)), is_created, "{other}");
            assert_eq!(number(&raw, "SELECT count(*) FROM users").await, 1, "{other}");
            let mails = number(&raw, "SELECT count(*) FROM outbox").await;
            assert_eq!(mails, i64::from(is_created), "{other}");
        }
        assert_eq!(number(&raw, "SELECT count(*) FROM audit_log").await, 2);
    });
}

#[test]
fn a_proof_that_waited_is_judged_by_the_account_as_it_is() {
    run(async {
        let database = Database::new().await;
        let mut raw = database.raw().await;
        let expected = Expected { is_verified: Some(false), is_active: Some(true), ..Expected::default() };
        let change = UserChange { is_verified: Some(true), expected, at: at(1), ..UserChange::default() };
        for (other, name) in [
            ("UPDATE users SET full_name = 'Ada'", Some("Ada")),
            ("UPDATE users SET is_verified = true, claim_expires_at = NULL", None),
            ("UPDATE users SET is_active = false", None),
            ("DELETE FROM users", None),
        ] {
            raw.batch_execute("DELETE FROM users; DELETE FROM outbox").await.unwrap();
            let ada = database.add(given::unverified("ada")).await;
            let (store, change) = (database.store.clone(), change.clone());
            let prove = async move { store.change(ada.id, change, effects()).await.unwrap() };
            let changed = after(&mut raw, other, prove).await;
            match name {
                Some(name) => {
                    let ChangedUser::Changed(user) = changed else { panic!("{other}: {changed:?}") };
                    let full_name = user.full_name.as_ref().map(|name| name.as_str());
                    assert_eq!((full_name, user.is_verified), (Some(name), true), "{other}");
                }
                None if other.starts_with("DELETE") => assert_eq!(changed, ChangedUser::Missing),
                None => assert_eq!(changed, ChangedUser::Stale, "{other}"),
            }
            let mails = number(&raw, "SELECT count(*) FROM outbox").await;
            assert_eq!(mails, i64::from(name.is_some()), "{other}");
        }
        assert_eq!(number(&raw, "SELECT count(*) FROM audit_log").await, 1);
    });
}

#[test]
fn a_deletion_that_waited_spares_who_became_the_last_admin() {
    run(async {
        let database = Database::new().await;
        let mut raw = database.raw().await;
        let ada = database.add(given::user("ada")).await;
        let store = database.store.clone();
        let delete = async move { store.delete(ada.id, effects()).await.unwrap() };
        let deleted = after(&mut raw, "UPDATE users SET role = 'admin'", delete).await;
        assert_eq!(deleted, DeletedUser::LastAdmin);
        let left = "SELECT (SELECT count(*) FROM users) - (SELECT count(*) FROM outbox)";
        assert_eq!(number(&raw, left).await, 1);
    });
}

/// In whichever order they lie in the table: whoever locked the first may lock the second as well.
#[test]
fn mails_are_requeued_one_behind_the_other() {
    run(async {
        let database = Database::new().await;
        let (store, raw, mut other) = (database.store.clone(), database.raw().await, database.raw().await);
        raw.batch_execute(
            "INSERT INTO outbox (message_id, kind, priority, recipient, payload, request_id, created_at, status,
                attempts, next_attempt_at, lease, is_claimed)
            SELECT n, 'welcome', 1, 'ada@example.com', '', 'x', now(), 'dead', 1, now(), 1, false
            FROM generate_series(1, 2) AS n;
            UPDATE outbox SET last_error = 'moved behind the second' WHERE message_id = '1';
            ANALYZE outbox",
        )
        .await
        .unwrap();
        let transaction = other.transaction().await.unwrap();
        let lock = |number| format!("SELECT FROM outbox WHERE message_id = '{number}' FOR UPDATE NOWAIT");
        transaction.batch_execute(&lock(1)).await.unwrap();
        let requeue = tokio::spawn(async move { store.requeue(None, at(1)).await });
        let waiting = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while number(&raw, waiting).await == 0 {
            assert!(!requeue.is_finished(), "it waits for the first");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        transaction.batch_execute(&lock(2)).await.expect("the second is still free");
        transaction.commit().await.unwrap();
        assert_eq!(requeue.await.unwrap().unwrap(), 2);
    });
}
