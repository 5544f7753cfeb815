//! Strangers share one budget of failures for each name of an account; a device that signed in before has its own.

use crate::world::{PASSWORD, World, email, from, password, username, world, world_with};
use chrono::TimeDelta;
use evently_auth_domain::account::Identifier;
use evently_auth_domain::client::Client;
use evently_auth_domain::device::{DeviceKey, DeviceToken, KnownDevice, LIFETIME, PresentedDevice};
use evently_auth_domain::limits::LimitStatus;
use evently_auth_domain::settings::RegistrationPrivacy;
use evently_auth_domain::usecases::{LogIn, LogInError, SignedIn};

/// The `n`th of many networks.
fn network(n: usize) -> Client {
    from(&format!("10.1.{}.{}", n / 250, n % 250 + 1))
}

fn login(name: &str, text: &str, devices: &[&DeviceToken]) -> LogIn {
    let parse = |token: &&DeviceToken| PresentedDevice::parse(token.expose()).unwrap();
    LogIn {
        identifier: Identifier::Email(email(name)),
        password: password(text),
        devices: devices.iter().map(parse).collect(),
    }
}

impl World {
    async fn try_on(
        &self,
        device: &DeviceToken,
        text: &str,
        client: &Client,
    ) -> Result<SignedIn, LogInError> {
        self.auth.log_in(login("grace", text, &[device]), client).await
    }

    /// The device that signs in as `name` from a network of its own.
    async fn device_of(&self, name: &str) -> DeviceToken {
        self.auth.log_in(login(name, PASSWORD, &[]), &from("203.0.113.1")).await.unwrap().device
    }

    /// A hundred failures, a second apart, from a hundred networks.
    async fn hundred_failures(&self, name: &str) -> Vec<LimitStatus> {
        let mut told = Vec::new();
        for n in 0..100 {
            self.wait(TimeDelta::seconds(1));
            let client = network(n);
            let failed = self.try_log_in(name, "wrong", &client).await;
            assert!(matches!(failed, Err(LogInError::InvalidCredentials)), "{n}: {failed:?}");
            told.push(client.limit().unwrap());
        }
        told
    }

    async fn refusal(&self, name: &str, client: &Client) -> LimitStatus {
        let refused = self.try_log_in(name, PASSWORD, client).await;
        let Err(LogInError::RateLimited(limited)) = refused else { panic!("{refused:?}") };
        limited.0
    }
}

#[tokio::test]
async fn a_hundred_failures_throttle_strangers_and_no_known_device() {
    let world = world();
    world.verified("grace").await;
    let device = world.device_of("grace").await;
    world.hundred_failures("grace").await;
    let refused = world.refusal("grace", &network(100)).await;
    assert_eq!((refused.limit, refused.remaining), (100, 0));
    assert_eq!(refused.reset, TimeDelta::minutes(15) - TimeDelta::seconds(99));
    // At once, from any network, as often as it likes.
    for n in 0..10 {
        world.try_on(&device, PASSWORD, &network(n)).await.unwrap();
    }
    world.refusal("grace", &network(100)).await;

    // The wait that was told is the true one.
    world.wait(refused.reset - TimeDelta::milliseconds(1));
    world.refusal("grace", &network(100)).await;
    world.wait(TimeDelta::milliseconds(1));
    world.try_log_in("grace", PASSWORD, &network(100)).await.unwrap();
    let failed = world.try_log_in("grace", "wrong", &network(101)).await;
    assert!(matches!(failed, Err(LogInError::InvalidCredentials)), "{failed:?}");
    world.refusal("grace", &network(102)).await;
}

#[tokio::test]
async fn an_account_that_nobody_has_is_throttled_alike() {
    let world = world();
    world.verified("grace").await;
    let known = world.hundred_failures("grace").await;
    let refused = world.refusal("grace", &network(100)).await;
    let unknown = world.hundred_failures("nobody").await;
    assert_eq!(known, unknown);
    assert_eq!(world.refusal("nobody", &network(100)).await, refused);
}

fn by_name(name: &str, text: &str) -> LogIn {
    LogIn { identifier: Identifier::Username(username(name)), ..login(name, text, &[]) }
}

/// Somebody's address and username are counted like those of two people, whatever the order: what is left tells nobody
/// that they belong together.
#[tokio::test]
async fn what_is_left_tells_no_stranger_whose_address_it_is() {
    for privacy in [RegistrationPrivacy::Reveal, RegistrationPrivacy::Conceal] {
        let world = world_with(|settings| settings.registration_privacy = privacy);
        world.verified("grace").await;
        world.verified("ada").await;
        // Her address and her username; hers and another's; a name that somebody has, and an address that nobody has.
        let guess = async |address: &str, name: &str, network: usize| {
            let mut told = Vec::new();
            for by_address in [true, false, false, true, false, false, false, true, true, true] {
                let client = self::network(network);
                let login = if by_address { login(address, "wrong", &[]) } else { by_name(name, "wrong") };
                let refused = world.auth.log_in(login, &client).await.unwrap_err();
                let is_refused = matches!(refused, LogInError::RateLimited(_));
                told.push((is_refused, client.limit().unwrap().remaining));
            }
            told
        };
        let together = guess("grace", "grace", 1).await;
        assert_eq!(together, guess("grace", "ada", 2).await, "{privacy:?}");
        assert_eq!(together, guess("nobody", "ada", 3).await, "{privacy:?}");
        assert_eq!(together, guess("nobody", "nobody", 4).await, "{privacy:?}");
        let left = [4, 4, 3, 3, 2, 1, 0, 2, 1, 0].map(|left| (false, left));
        assert_eq!(together, left, "five by each name");
    }
}

#[tokio::test]
async fn each_name_of_an_account_has_its_budget_over_all_networks() {
    let world = world_with(|settings| settings.limits.login_account.max = 4);
    world.verified("grace").await;
    for n in 0..4 {
        let failed = world.try_log_in("grace", "wrong", &network(n)).await;
        assert!(matches!(failed, Err(LogInError::InvalidCredentials)), "{failed:?}");
    }
    world.refusal("grace", &network(20)).await;
    for n in 0..4 {
        let failed = world.auth.log_in(by_name("grace", "wrong"), &network(n)).await;
        assert!(matches!(failed, Err(LogInError::InvalidCredentials)), "{failed:?}");
    }
    let refused = world.auth.log_in(by_name("grace", PASSWORD), &network(21)).await;
    assert!(matches!(refused, Err(LogInError::RateLimited(_))), "{refused:?}");
}

#[tokio::test]
async fn logins_of_the_owner_renew_no_budget_of_guessers() {
    let world = world_with(|settings| settings.limits.login_account.max = 3);
    world.verified("grace").await;
    let device = world.device_of("grace").await;
    for n in 0..3 {
        for _ in 0..5 {
            world.try_log_in("grace", PASSWORD, &network(n + 10)).await.unwrap();
            world.try_on(&device, PASSWORD, &network(n + 20)).await.unwrap();
        }
        let failed = world.try_log_in("grace", "wrong", &network(n)).await;
        assert!(matches!(failed, Err(LogInError::InvalidCredentials)), "{failed:?}");
    }
    world.refusal("grace", &network(30)).await;
}

#[tokio::test]
async fn a_device_has_five_failures_of_its_own() {
    let world = world();
    world.verified("grace").await;
    let (device, other) = (world.device_of("grace").await, world.device_of("grace").await);
    for n in 0..5 {
        let client = network(n);
        let failed = world.try_on(&device, "wrong", &client).await;
        assert!(matches!(failed, Err(LogInError::InvalidCredentials)), "{failed:?}");
        let told = client.limit().unwrap();
        assert_eq!((told.limit, told.remaining as usize), (5, 4 - n));
    }
    let refused = world.try_on(&device, PASSWORD, &network(5)).await;
    let Err(LogInError::RateLimited(limited)) = refused else { panic!("{refused:?}") };
    assert_eq!((limited.0.limit, limited.0.reset), (5, TimeDelta::minutes(15)));
    // Nobody else's: neither another device, nor strangers, whose budgets are whole.
    world.try_on(&other, PASSWORD, &network(5)).await.unwrap();
    let client = network(5);
    world.try_log_in("grace", "wrong", &client).await.unwrap_err();
    assert_eq!(client.limit().unwrap().remaining, 4);
    world.wait(limited.0.reset);
    world.try_on(&device, PASSWORD, &network(5)).await.unwrap();
}

/// Whoever has the device knows both names.
#[tokio::test]
async fn a_device_has_its_failures_once_by_whatever_name() {
    let world = world();
    world.verified("grace").await;
    let device = world.device_of("grace").await;
    for n in 0..5 {
        let by_address = login("grace", "wrong", &[&device]);
        let by_name = LogIn { identifier: Identifier::Username(username("grace")), ..by_address.clone() };
        let client = network(n);
        world.auth.log_in(if n % 2 == 0 { by_address } else { by_name }, &client).await.unwrap_err();
        assert_eq!(client.limit().unwrap().remaining as usize, 4 - n);
    }
    let refused = world.try_on(&device, PASSWORD, &network(5)).await;
    assert!(matches!(refused, Err(LogInError::RateLimited(_))), "{refused:?}");
}

#[tokio::test]
async fn a_login_renews_the_token_of_its_device_and_clears_its_budget() {
    let world = world();
    world.verified("grace").await;
    let device = world.device_of("grace").await;
    world.wait(TimeDelta::days(399));
    for _ in 0..4 {
        world.try_on(&device, "wrong", &network(1)).await.unwrap_err();
    }
    let renewed = world.try_on(&device, PASSWORD, &network(1)).await.unwrap().device;
    assert_ne!(renewed, device);
    // Old and new are one device, with one budget.
    for token in [&device, &renewed, &device, &renewed, &renewed] {
        let failed = world.try_on(token, "wrong", &network(1)).await;
        assert!(matches!(failed, Err(LogInError::InvalidCredentials)), "{failed:?}");
    }
    for token in [&device, &renewed] {
        let refused = world.try_on(token, PASSWORD, &network(2)).await;
        assert!(matches!(refused, Err(LogInError::RateLimited(_))), "{refused:?}");
    }
    world.wait(TimeDelta::days(2));
    world.hundred_failures("grace").await;
    let ended = world.try_on(&device, PASSWORD, &network(100)).await;
    assert!(matches!(ended, Err(LogInError::RateLimited(_))), "{ended:?}");
    world.try_on(&renewed, PASSWORD, &network(100)).await.unwrap();
}

#[tokio::test]
async fn other_tokens_make_strangers_silently() {
    let world = world();
    let grace = world.verified("grace").await;
    world.verified("ada").await;
    let (of_grace, of_ada) = (world.device_of("grace").await, world.device_of("ada").await);
    let presented = PresentedDevice::parse(of_grace.expose()).unwrap();
    let KnownDevice { account, id } =
        world.memory.keys().devices.prove(&presented, world.auth.now()).unwrap();
    assert_eq!(account, grace.id);
    let forged = DeviceKey::new([9; 32]).token(KnownDevice { account, id }, world.auth.now());
    let ended = world.memory.keys().devices.token(KnownDevice { account, id }, world.auth.now() - LIFETIME);
    for token in [&of_ada, &forged, &ended] {
        let client = network(200);
        let failed = world.try_on(token, "wrong", &client).await;
        assert!(matches!(failed, Err(LogInError::InvalidCredentials)), "{failed:?}");
    }
    let client = network(200);
    world.try_log_in("grace", "wrong", &client).await.unwrap_err();
    assert_eq!(client.limit().unwrap().remaining, 1, "all of them counted as one stranger");
    world.try_log_in("grace", PASSWORD, &network(200)).await.unwrap();
    world.wait(TimeDelta::minutes(15));
    world.hundred_failures("grace").await;
    for token in [&of_ada, &forged, &ended] {
        let refused = world.try_on(token, PASSWORD, &network(101)).await;
        assert!(matches!(refused, Err(LogInError::RateLimited(_))), "{refused:?}");
    }
    // Among others, the good one is found.
    let many = login("grace", PASSWORD, &[&forged, &of_ada, &ended, &of_grace]);
    let renewed = world.auth.log_in(many, &network(101)).await.unwrap().device;
    let presented = PresentedDevice::parse(renewed.expose()).unwrap();
    assert_eq!(world.memory.keys().devices.prove(&presented, world.auth.now()).unwrap().id, id);
}

#[tokio::test]
async fn failures_of_ours_and_right_passwords_count_nowhere() {
    let world = world_with(|settings| {
        settings.limits.login_account.max = 1;
        settings.limits.login.max = 1;
    });
    world.verified("grace").await;
    world.register("pending").await;
    let device = world.device_of("grace").await;
    world.memory.password_hasher().set_overloaded(true);
    for n in 0..3 {
        let failed = world.try_log_in("grace", PASSWORD, &network(n)).await;
        assert!(matches!(failed, Err(LogInError::Hash(_))), "{failed:?}");
        let failed = world.try_on(&device, PASSWORD, &network(n)).await;
        assert!(matches!(failed, Err(LogInError::Hash(_))), "{failed:?}");
    }
    world.memory.password_hasher().set_overloaded(false);
    for n in 0..3 {
        let failed = world.try_log_in("pending", PASSWORD, &network(n)).await;
        assert!(matches!(failed, Err(LogInError::Unverified)), "{failed:?}");
    }
    world.try_log_in("grace", "wrong", &network(1)).await.unwrap_err();
    world.try_on(&device, "wrong", &network(1)).await.unwrap_err();
}

#[tokio::test]
async fn while_redis_is_away_both_are_counted_here() {
    let world = world_with(|settings| settings.limits.login_account.max = 6);
    world.verified("grace").await;
    let device = world.device_of("grace").await;
    world.memory.outage().begin();
    for n in 0..3 {
        let failed = world.try_log_in("grace", "wrong", &network(n)).await;
        assert!(matches!(failed, Err(LogInError::InvalidCredentials)), "{failed:?}");
        if n < 2 {
            world.try_log_in("grace", PASSWORD, &network(n + 10)).await.unwrap();
        }
    }
    assert_eq!(world.refusal("grace", &network(20)).await.limit, 3);
    world.try_on(&device, PASSWORD, &network(20)).await.unwrap();
    for _ in 0..2 {
        let failed = world.try_on(&device, "wrong", &network(20)).await;
        assert!(matches!(failed, Err(LogInError::InvalidCredentials)), "{failed:?}");
    }
    let refused = world.try_on(&device, PASSWORD, &network(20)).await;
    let Err(LogInError::RateLimited(limited)) = refused else { panic!("{refused:?}") };
    assert_eq!(limited.0.limit, 2);
    // The shared counts know nothing of it.
    world.memory.outage().end();
    world.try_log_in("grace", PASSWORD, &network(20)).await.unwrap();
}

#[tokio::test]
async fn a_registration_between_two_failures_starts_no_budget_anew() {
    let world = world();
    let left = async |name: &str| {
        let client = network(1);
        world.try_log_in(name, "wrong", &client).await.unwrap_err();
        client.limit().unwrap().remaining
    };
    world.verified("taken").await;
    assert_eq!((left("taken").await, left("free").await), (4, 4));
    world.register("free").await;
    assert_eq!((left("taken").await, left("free").await), (3, 3));
}
