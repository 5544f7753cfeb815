//! Listing accounts.

use crate::StoreHarness;
use crate::given::{admin, at, email, everybody, full_name, unverified, user};
use evently_auth_domain::account::{NewUser, Role};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{UserChange, UserFilter};

async fn names(store: &StoreHarness, filter: UserFilter) -> Vec<String> {
    let page = store.users.list(&filter).await.unwrap();
    assert_eq!(page.total, page.users.len() as u64, "all on one page");
    page.users.iter().map(|user| user.username.as_str().to_owned()).collect()
}

async fn found(store: &StoreHarness, query: &str) -> Vec<String> {
    names(store, UserFilter { query: Some(query.to_owned()), ..everybody() }).await
}

/// There is no default account.
pub async fn a_new_store_has_nobody(store: StoreHarness) {
    let page = store.users.list(&everybody()).await.unwrap();
    assert_eq!((page.users, page.total), (vec![], 0));
}

/// Not by when they were made or changed.
pub async fn accounts_come_by_id(store: StoreHarness) {
    let mut users = Vec::new();
    for (number, name) in ["zoe", "ada", "bob"].into_iter().enumerate() {
        let moment = at(100 - i64::try_from(number).unwrap());
        users.push(store.add(NewUser { at: moment, ..user(name) }).await);
    }
    users.sort_by_key(|user| user.id);
    assert_eq!(store.users.list(&everybody()).await.unwrap().users, users);
}

/// The total is that of all pages.
pub async fn pages_are_cut_out_and_counted(store: StoreHarness) {
    for number in 0..7 {
        store.add(user(&format!("user{number}"))).await;
    }
    store.add(admin("root")).await;
    for (skip, limit, expected) in [
        (0, 3, vec!["user0", "user1", "user2"]),
        (3, 3, vec!["user3", "user4", "user5"]),
        (6, 3, vec!["user6"]),
        (7, 3, vec![]),
        (1_000_000, 3, vec![]),
    ] {
        let filter = UserFilter { role: Some(Role::User), skip, limit, ..everybody() };
        let page = store.users.list(&filter).await.unwrap();
        let names: Vec<_> = page.users.iter().map(|user| user.username.as_str()).collect();
        assert_eq!((names, page.total), (expected, 7), "skip {skip}");
    }
}

async fn crowd(store: &StoreHarness) {
    store.add(admin("root")).await;
    store.add(user("ada")).await;
    let bob = store.add(user("bob")).await;
    store.add(unverified("eve")).await;
    let change = UserChange { is_active: Some(false), at: at(1), ..UserChange::default() };
    store.users.change(bob.id, change, Effects::default()).await.unwrap();
}

/// Each alone, either way.
pub async fn role_and_status_filter(store: StoreHarness) {
    crowd(&store).await;
    let everybody = everybody();
    for (filter, expected) in [
        (UserFilter { role: Some(Role::Admin), ..everybody.clone() }, vec!["root"]),
        (UserFilter { role: Some(Role::User), ..everybody.clone() }, vec!["ada", "bob", "eve"]),
        (UserFilter { is_active: Some(true), ..everybody.clone() }, vec!["root", "ada", "eve"]),
        (UserFilter { is_active: Some(false), ..everybody.clone() }, vec!["bob"]),
        (UserFilter { is_verified: Some(true), ..everybody.clone() }, vec!["root", "ada", "bob"]),
        (UserFilter { is_verified: Some(false), ..everybody.clone() }, vec!["eve"]),
    ] {
        assert_eq!(names(&store, filter.clone()).await, expected, "{filter:?}");
    }
}

/// All of them have to hold.
pub async fn filters_add_up(store: StoreHarness) {
    crowd(&store).await;
    let filter = UserFilter {
        query: Some("example.com".to_owned()),
        role: Some(Role::User),
        is_active: Some(true),
        is_verified: Some(true),
        ..everybody()
    };
    assert_eq!(names(&store, filter.clone()).await, ["ada"]);
    let none = UserFilter { role: Some(Role::Admin), is_active: Some(false), ..filter };
    assert_eq!(names(&store, none).await, Vec::<String>::new());
}

/// Anywhere in them, and nowhere else.
pub async fn a_query_looks_into_address_username_and_name(store: StoreHarness) {
    store.add(NewUser { email: email("needle1"), ..user("ada") }).await;
    store.add(NewUser { full_name: full_name("A Needle in hay"), ..user("bob") }).await;
    store.add(user("needles")).await;
    let eve = store.add(user("eve")).await;
    let change =
        UserChange { pending_email: Some(Some(email("needle2"))), at: at(1), ..UserChange::default() };
    store.users.change(eve.id, change, Effects::default()).await.unwrap();
    assert_eq!(found(&store, "needle").await, ["ada", "bob", "needles"]);
    assert_eq!(found(&store, "eedle").await, ["ada", "bob", "needles"]);
    assert_eq!(found(&store, "needle in").await, ["bob"]);
    assert_eq!(found(&store, "$argon2id").await, Vec::<String>::new(), "not into the password");
    assert_eq!(found(&store, "").await, ["ada", "bob", "needles", "eve"], "nothing is part of everything");
}

/// ASCII at least.
pub async fn a_query_knows_no_case(store: StoreHarness) {
    store.add(NewUser { full_name: full_name("Ada LOVELACE"), ..user("ada") }).await;
    for query in ["ADA@", "lovelace", "LoveLace", "aDa"] {
        assert_eq!(found(&store, query).await, ["ada"], "{query}");
    }
}

/// `%`, `_`, `\`, `*`, `?`, `[` and quotes stand for themselves.
pub async fn a_query_is_literal(store: StoreHarness) {
    store.add(NewUser { full_name: full_name("100% a_b c\\d *?[x] 'q\""), ..user("odd") }).await;
    store.add(NewUser { full_name: full_name("100 axb cd"), ..user("plain") }).await;
    for query in ["100%", "a_b", "c\\d", "*?[x]", "'q\"", "%", "\\", "*"] {
        assert_eq!(found(&store, query).await, ["odd"], "{query}");
    }
    for query in ["%100", "a%b", "o__", "\\%", "[x", "' or 1=1 --"] {
        let expected: &[&str] = if query == "[x" { &["odd"] } else { &[] };
        assert_eq!(found(&store, query).await, expected, "{query}");
    }
}
