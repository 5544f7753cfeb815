//! Tokens on an instance that is behind: nobody told it anything, and what it has cached is old.

use crate::world::{Instance, World};
use chrono::TimeDelta;
use evently_auth_contract::given::{self, email};
use evently_auth_domain::Auth;
use evently_auth_domain::account::Identifier;
use evently_auth_domain::client::{Client, UserAgent};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::password::Password;
use evently_auth_domain::ports::Users;
use evently_auth_domain::refresh::PresentedToken;
use evently_auth_domain::session::Generation;
use evently_auth_domain::settings::{SessionBinding, Settings};
use evently_auth_domain::usecases::{AuthenticateError, LogIn, RefreshError, Tokens};

struct Two {
    world: World,
    behind: Instance,
    /// On the instance that is behind.
    old: Auth,
    /// On the one that changes things.
    new: Auth,
    tokens: Tokens,
}

fn client() -> Client {
    given::client()
}

/// Ada is signed in, and the instance that will be behind has her session cached.
async fn two(settings: Settings) -> Two {
    let world = World::with_settings(settings);
    let (behind, ahead) = (world.deaf_instance(), world.deaf_instance());
    let (old, new) = (world.auth(&behind), world.auth(&ahead));
    let secret = Password::parse("weaves algebraic patterns").unwrap();
    let hash = world.memory.ports().password_hasher.hash(&secret, None).await.unwrap();
    let ada = evently_auth_domain::account::NewUser { password: hash, ..given::user("ada") };
    Users::create(world.store(), ada, Effects::default()).await.unwrap();
    let login = LogIn { identifier: Identifier::Email(email("ada")), password: secret, devices: vec![] };
    let tokens = new.log_in(login, &client()).await.unwrap().tokens;
    old.authenticate(tokens.access.expose(), &client()).await.unwrap();
    Two { world, behind, old, new, tokens }
}

#[tokio::test]
async fn a_use_is_noted_once_a_minute() {
    let Two { world, behind, old, tokens, .. } = two(Settings::default()).await;
    assert_eq!(behind.watched.touches(), 1, "the first use");
    for _ in 0..20 {
        old.authenticate(tokens.access.expose(), &client()).await.unwrap();
    }
    assert_eq!(behind.watched.touches(), 1);
    world.clock.advance(TimeDelta::seconds(60));
    for _ in 0..20 {
        old.authenticate(tokens.access.expose(), &client()).await.unwrap();
    }
    assert_eq!(behind.watched.touches(), 2);
    assert!(behind.watched.finds() <= 2, "{} lookups", behind.watched.finds());
}

/// A session ends once, so one look is enough to refuse it.
#[tokio::test]
async fn a_token_of_an_ended_session_costs_one_lookup() {
    let Two { behind, old, tokens, .. } = two(Settings::default()).await;
    let caller = old.authenticate(tokens.access.expose(), &client()).await.unwrap();
    old.log_out(&caller, &client()).await.unwrap();
    let finds = behind.watched.finds();
    old.authenticate(tokens.access.expose(), &client()).await.unwrap_err();
    assert_eq!(behind.watched.finds(), finds + 1);
}

/// The store proves it, moves the chain on and says what the session is, all at once.
#[tokio::test]
async fn a_refresh_looks_nothing_up() {
    let Two { behind, old, new, tokens, .. } = two(Settings::default()).await;
    let finds = behind.watched.finds();
    let next = new.refresh(tokens.refresh.expose(), &client()).await.unwrap();
    let last = old.refresh(next.refresh.expose(), &client()).await.unwrap();
    let caller = old.authenticate(last.access.expose(), &client()).await.unwrap();
    assert_eq!(behind.watched.finds(), finds, "nor does the first request after it");
    old.log_out(&caller, &client()).await.unwrap();
    old.refresh(last.refresh.expose(), &client()).await.unwrap_err();
    assert_eq!(behind.watched.finds(), finds, "nor one in vain");
}

/// A session that was made on another device is not moved on by a policy that refuses it.
#[tokio::test]
async fn a_refresh_that_the_policy_refuses_moves_nothing() {
    let settings = Settings { session_binding: SessionBinding::UserAgent, ..Settings::default() };
    let Two { world, old, new, tokens, .. } = two(settings).await;
    let stranger = Client::new(client().address, UserAgent::parse("curl/8.5"), "request-2");
    let refused = old.refresh(tokens.refresh.expose(), &stranger).await;
    assert!(matches!(refused, Err(RefreshError::InvalidToken)));
    let sid = PresentedToken::parse(tokens.refresh.expose()).unwrap().sid;
    assert_eq!(world.truth(&sid).await.unwrap().session.generation, Generation::FIRST);
    new.refresh(tokens.refresh.expose(), &client()).await.unwrap();
}

#[tokio::test]
async fn an_access_token_of_a_newer_generation_is_good() {
    let Two { behind, old, new, tokens, .. } = two(Settings::default()).await;
    let next = new.refresh(tokens.refresh.expose(), &client()).await.unwrap();
    old.authenticate(next.access.expose(), &client()).await.unwrap();
    let finds = behind.watched.finds();
    old.authenticate(next.access.expose(), &client()).await.unwrap();
    assert_eq!(behind.watched.finds(), finds, "it knows from now on");
}

#[tokio::test]
async fn a_refresh_token_of_a_newer_generation_is_good() {
    let Two { old, new, tokens, .. } = two(Settings::default()).await;
    let next = new.refresh(tokens.refresh.expose(), &client()).await.unwrap();
    old.refresh(next.refresh.expose(), &client()).await.unwrap();
}

#[tokio::test]
async fn a_repeated_refresh_gives_the_same_successor() {
    let Two { old, new, tokens, .. } = two(Settings::default()).await;
    let next = new.refresh(tokens.refresh.expose(), &client()).await.unwrap();
    let again = old.refresh(tokens.refresh.expose(), &client()).await.unwrap();
    assert_eq!(again.refresh, next.refresh);
}

/// Though the instance that is behind takes the spent token for the current one.
#[tokio::test]
async fn theft_is_noticed() {
    let Two { old, new, tokens, .. } = two(Settings::default()).await;
    let next = new.refresh(tokens.refresh.expose(), &client()).await.unwrap();
    let last = new.refresh(next.refresh.expose(), &client()).await.unwrap();
    let stolen = old.refresh(tokens.refresh.expose(), &client()).await;
    assert!(matches!(stolen, Err(RefreshError::InvalidToken)));
    let ended = old.authenticate(last.access.expose(), &client()).await;
    assert!(matches!(ended, Err(AuthenticateError::InvalidToken)), "the session ended with it");
}

/// It was last used on the other instance.
#[tokio::test]
async fn a_session_in_use_elsewhere_is_not_idle() {
    let limit = TimeDelta::seconds(30);
    let settings = Settings { session_idle_limit: Some(limit), ..Settings::default() };
    let Two { world, old, new, tokens, .. } = two(settings).await;
    world.clock.advance(TimeDelta::seconds(20));
    new.authenticate(tokens.access.expose(), &client()).await.unwrap();
    world.clock.advance(TimeDelta::seconds(20));
    old.authenticate(tokens.access.expose(), &client()).await.unwrap();
    world.clock.advance(TimeDelta::seconds(20));
    new.authenticate(tokens.access.expose(), &client()).await.unwrap();
    world.clock.advance(TimeDelta::seconds(20));
    old.refresh(tokens.refresh.expose(), &client()).await.unwrap();
    world.clock.advance(TimeDelta::seconds(31));
    let idle = old.authenticate(tokens.access.expose(), &client()).await;
    assert!(matches!(idle, Err(AuthenticateError::InvalidToken)), "idle everywhere");
}
