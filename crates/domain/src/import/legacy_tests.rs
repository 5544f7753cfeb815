//! How rows of the old table become accounts: each rule by an example.

use super::*;
use chrono::DateTime;

const HASH: &str = "$2b$12$abcdefghijklmnopqrstuv0123456789ABCDEFGHIJKLMNOPQRSTU";
const CLAIM: TimeDelta = TimeDelta::hours(24);

fn at(seconds: i64) -> Timestamp {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn row() -> LegacyUser {
    LegacyUser {
        id: 17,
        email: " Ada@Example.COM ".into(),
        username: "Ada_L".into(),
        password: PasswordHash::new(HASH),
        full_name: Some("  Ada Lovelace ".into()),
        is_active: true,
        is_verified: true,
        role: "ADMIN".into(),
        created_at: Some(at(1)),
        updated_at: Some(at(2)),
        last_login: Some(at(3)),
    }
}

fn taken(row: LegacyUser) -> TakenOver {
    row.take_over(at(100), CLAIM).unwrap()
}

#[test]
fn a_row_keeps_what_it_says_in_our_spelling() {
    let TakenOver { account: Credentials { user, password }, adjustments } = taken(row());
    assert_eq!(
        (user.id, user.email.as_str(), user.username.as_str()),
        (UserId(17), "ada@example.com", "ada_l")
    );
    assert_eq!((user.role, user.is_active, user.is_verified), (Role::Admin, true, true));
    assert_eq!((user.created_at, user.updated_at, user.last_login), (at(1), at(2), Some(at(3))));
    assert_eq!(user.full_name.unwrap().as_str(), "Ada Lovelace");
    assert_eq!((user.pending_email, user.claim_expires_at), (None, None));
    assert_eq!((password.expose(), adjustments), (HASH, Vec::new()));
}

#[test]
fn times_that_are_missing_are_taken_from_their_neighbours() {
    let times = |created_at, updated_at| {
        let user = taken(LegacyUser { created_at, updated_at, last_login: None, ..row() }).account.user;
        (user.created_at, user.updated_at, user.last_login)
    };
    assert_eq!(times(Some(at(1)), None), (at(1), at(1), None));
    assert_eq!(times(None, Some(at(2))), (at(2), at(2), None));
    assert_eq!(times(None, None), (at(100), at(100), None));
}

#[test]
fn who_was_never_verified_has_a_claim_and_who_was_locked_out_stays() {
    let claim = |is_active, is_verified| {
        taken(LegacyUser { is_active, is_verified, ..row() }).account.user.claim_expires_at
    };
    assert_eq!(claim(true, false), Some(at(100) + CLAIM));
    assert_eq!(claim(false, false), None);
    assert_eq!((claim(true, true), claim(false, true)), (None, None));
}

#[test]
fn a_username_that_breaks_the_rules_becomes_a_similar_one() {
    let long = "x".repeat(101);
    for (raw, ours) in [
        ("ada.lovelace", "ada-lovelace-17"),
        ("Ada Lovelace!", "ada-lovelace-17"),
        ("ab", "ab-17"),
        ("-- ", "user-17"),
        ("", "user-17"),
        ("ädä", "d-17"),
        (long.as_str(), &format!("{}-17", "x".repeat(97))),
    ] {
        let taken = taken(LegacyUser { username: raw.into(), ..row() });
        assert_eq!(taken.account.user.username.as_str(), ours, "{raw:?}");
        assert_eq!(taken.adjustments, [Adjustment::Username(taken.account.user.username.clone())]);
    }
    assert!(taken(LegacyUser { username: " ada ".into(), ..row() }).adjustments.is_empty());
    let longest = taken(LegacyUser { id: i64::MAX, username: long.clone(), ..row() });
    assert_eq!(longest.account.user.username.as_str().len(), 100);
}

#[test]
fn a_name_that_breaks_the_rules_is_cleaned() {
    let name = |raw: &str| {
        let taken = taken(LegacyUser { full_name: Some(raw.into()), ..row() });
        (taken.account.user.full_name.map(|name| name.as_str().to_owned()), taken.adjustments)
    };
    assert_eq!(name("Ada\r\nL"), (Some("Ada  L".into()), vec![Adjustment::FullName]));
    assert_eq!(name(&"x".repeat(300)), (Some("x".repeat(255)), vec![Adjustment::FullName]));
    assert_eq!(name("a\u{202e}b"), (None, vec![Adjustment::FullName]));
    assert_eq!(name("  "), (None, vec![]), "blank is no name");
}

#[test]
fn what_is_no_hash_is_not_kept() {
    for known in [HASH, "$2a$10$x", "$2y$10$x", "$argon2id$v=19$x"] {
        let taken = taken(LegacyUser { password: PasswordHash::new(known), ..row() });
        assert_eq!((taken.account.password.expose(), taken.adjustments), (known, vec![]));
    }
    for unknown in ["", "hunter2", "$1$md5", "$argon2i$v=19$x"] {
        let taken = taken(LegacyUser { password: PasswordHash::new(unknown), ..row() });
        assert_eq!((taken.account.password.expose(), taken.adjustments), ("!", vec![Adjustment::Password]));
    }
}

#[test]
fn an_unknown_role_grants_nothing() {
    let role = |label: &str| {
        let taken = taken(LegacyUser { role: label.into(), ..row() });
        (taken.account.user.role, taken.adjustments)
    };
    assert_eq!(role("user"), (Role::User, vec![]));
    assert_eq!(role("Admin"), (Role::Admin, vec![]));
    assert_eq!(role("SUPERADMIN"), (Role::User, vec![Adjustment::Role]));
}

#[test]
fn who_cannot_be_reached_or_numbered_is_skipped() {
    let skipped = |row: LegacyUser| row.take_over(at(100), CLAIM).unwrap_err();
    for email in ["", "ada", "ada@localhost", "a b@example.com"] {
        assert_eq!(skipped(LegacyUser { email: email.into(), ..row() }), SkipReason::Email);
    }
    for id in [0, -1, i64::MIN] {
        assert_eq!(skipped(LegacyUser { id, ..row() }), SkipReason::Id);
    }
}
