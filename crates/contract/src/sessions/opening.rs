//! Opening sessions.

use crate::given::{
    INSTANT, at, drastic_effects, effects, other_password, password, session, sid, unverified, user,
};
use crate::{StoreHarness, race};
use evently_auth_domain::account::{Identifier, User, UserId};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::password::PasswordHash;
use evently_auth_domain::ports::{Opened, SessionsToEnd, UnchangedPassword, UserChange};
use evently_auth_domain::session::{Generation, NewSession, Session};

fn unchanged() -> UnchangedPassword {
    UnchangedPassword { verified: password(), rehashed: None }
}

async fn change(store: &StoreHarness, user: &User, change: UserChange) {
    store.users.change(user.id, change, Effects::default()).await.unwrap();
}

fn nothing() -> UserChange {
    UserChange { at: at(1), ..UserChange::default() }
}

/// With its owner.
pub async fn an_opened_session_is_found_as_it_was_opened(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    let new = NewSession { ip_address: Some("2001:db8::7".parse().unwrap()), ..session(&ada, 1) };
    let opened = store.open(new.clone()).await;
    let expected = Session {
        id: opened.session.id,
        sid: new.sid,
        user_id: ada.id,
        seed: new.seed,
        generation: Generation::FIRST,
        seen_generation: None,
        rotated_at: None,
        is_active: true,
        created_at: new.at,
        expires_at: new.expires_at,
        last_accessed: new.at,
        ip_address: new.ip_address,
        user_agent: new.user_agent.clone(),
        last_ip_address: new.ip_address,
        last_user_agent: new.user_agent,
    };
    assert!(opened.session.id.0 > 0);
    assert_eq!(opened.session, expected);
    assert_eq!(opened.user, User { last_login: Some(new.at), ..ada.clone() });
    assert_eq!(store.sessions.find(&sid(1)).await.unwrap(), Some(opened));

    let bare = NewSession { ip_address: None, user_agent: None, ..session(&ada, 2) };
    let bare = store.open(bare).await.session;
    assert_ne!(bare.id, expected.id);
    assert_eq!(
        (bare.ip_address, bare.user_agent, bare.last_ip_address, bare.last_user_agent),
        (None, None, None, None)
    );
}

/// All of them.
pub async fn times_survive_to_the_microsecond(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    let (opened, ends) = (at(5) + INSTANT, at(500) - INSTANT);
    store.open(NewSession { at: opened, expires_at: ends, ..session(&ada, 1) }).await;
    let found = store.sessions.find(&sid(1)).await.unwrap().unwrap();
    let times = (found.session.created_at, found.session.last_accessed, found.session.expires_at);
    assert_eq!(times, (opened, opened, ends));
    assert_eq!(found.user.last_login, Some(opened));
}

/// `last_login` moves, `updated_at` does not.
pub async fn opening_is_a_login_and_no_change(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    store.open(NewSession { at: at(60), ..session(&ada, 1) }).await;
    let found = store.users.find(ada.id).await.unwrap().unwrap();
    assert_eq!(found, User { last_login: Some(at(60)), ..ada });
}

async fn password_of(store: &StoreHarness, id: UserId) -> PasswordHash {
    store.users.find_credentials(&Identifier::Id(id)).await.unwrap().unwrap().password
}

/// In place of the one that was verified.
pub async fn a_rehashed_password_is_kept(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    store.open(session(&ada, 1)).await;
    assert_eq!(password_of(&store, ada.id).await, password(), "without a newer hash nothing changes");
    let rehashed = UnchangedPassword { verified: password(), rehashed: Some(other_password()) };
    let opened = store.sessions.open(session(&ada, 2), rehashed, Effects::default()).await.unwrap();
    assert!(matches!(opened, Opened::Opened(_)));
    assert_eq!(password_of(&store, ada.id).await, other_password());
}

/// Mail and event are there.
pub async fn effects_happen_with_the_opening(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    store.sessions.open(session(&ada, 1), unchanged(), effects()).await.unwrap();
    store.assert_effects(1).await;
}

/// Gone, inactive or unverified.
pub async fn an_account_that_may_not_sign_in_is_refused(store: StoreHarness) {
    let inactive = store.add(user("inactive")).await;
    change(&store, &inactive, UserChange { is_active: Some(false), ..nothing() }).await;
    let unproven = store.add(unverified("unproven")).await;
    let gone = store.add(user("gone")).await;
    store.users.delete(gone.id, Effects::default()).await.unwrap();
    for account in [inactive, unproven, gone] {
        let opened = store.sessions.open(session(&account, 1), unchanged(), effects()).await.unwrap();
        assert_eq!(opened, Opened::Refused, "{}", account.username);
    }
    store.assert_effects(0).await;
}

/// It was changed between the check and the opening.
pub async fn another_password_by_now_is_refused(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    change(&store, &ada, UserChange { password: Some(other_password()), ..nothing() }).await;
    let opened = store.sessions.open(session(&ada, 1), unchanged(), effects()).await.unwrap();
    assert_eq!(opened, Opened::Refused);
}

/// No session, no login, no newer hash, no effects.
pub async fn a_refused_opening_changes_nothing(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    store.open(session(&ada, 1)).await;
    change(&store, &ada, UserChange { is_active: Some(false), ..nothing() }).await;
    let rehashed = UnchangedPassword { verified: password(), rehashed: Some(other_password()) };
    let new = NewSession { at: at(60), ..session(&ada, 2) };
    assert_eq!(store.sessions.open(new, rehashed, drastic_effects()).await.unwrap(), Opened::Refused);
    assert_eq!(store.sessions.find(&sid(2)).await.unwrap(), None);
    assert!(store.sessions.find(&sid(1)).await.unwrap().unwrap().session.is_active);
    assert_eq!(store.users.find(ada.id).await.unwrap().unwrap().last_login, Some(at(0)));
    assert_eq!(password_of(&store, ada.id).await, password());
    store.assert_effects(0).await;
}

/// 63 logins with the old password while it is changed: no session of the old one is live afterwards.
pub async fn an_opening_races_a_password_change(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    let (users, sessions) = (&store.users, &store.sessions);
    race(64, |number| {
        let (users, sessions, new) = (users.clone(), sessions.clone(), session(&ada, number));
        async move {
            if number == 0 {
                let change = UserChange { password: Some(other_password()), ..nothing() };
                users.change(new.user_id, change, drastic_effects()).await.unwrap();
            } else {
                sessions.open(new, unchanged(), Effects::default()).await.unwrap();
            }
        }
    })
    .await;
    assert_eq!(store.sessions.list(ada.id, at(1)).await.unwrap(), []);
}

/// Nothing guesses.
pub async fn an_unknown_session_is_not_found(store: StoreHarness) {
    assert_eq!(store.sessions.find(&sid(1)).await.unwrap(), None);
}

/// Ended, or its owner inactive: the caller sees both as they are now.
pub async fn a_session_is_found_whatever_its_state(store: StoreHarness) {
    let ada = store.add(user("ada")).await;
    store.open(session(&ada, 1)).await;
    store.sessions.end(SessionsToEnd::One(sid(1)), Effects::default()).await.unwrap();
    change(&store, &ada, UserChange { is_active: Some(false), ..nothing() }).await;
    let found = store.sessions.find(&sid(1)).await.unwrap().unwrap();
    assert_eq!((found.session.is_active, found.user.is_active, found.user.updated_at), (false, false, at(1)));
}
