//! What every schedule uses, parsed once: names, addresses, passwords.

use evently_auth_domain::account::{EmailAddress, Username};
use evently_auth_domain::keys::Keys;
use evently_auth_domain::password::{NewPassword, PasswordHash, PasswordOwner, PasswordPolicy};
use evently_auth_domain::ports::PasswordHasher;
use evently_auth_memory::PlainHasher;
use std::pin::pin;
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};

/// Accounts that exist from the start: administrators, then users, all with password 0.
pub(crate) const ADMINS: usize = 2;
/// People who have, or want, an account; administrators included.
pub(crate) const PEOPLE: usize = 6;
/// Those from here on have none yet.
pub(crate) const NEWCOMERS: usize = 4;
/// Passwords that somebody may have, each at most once.
pub(crate) const PASSWORDS_IN_USE: usize = 12;
/// A password that nobody ever has.
pub(crate) const NOBODYS_PASSWORD: usize = PASSWORDS_IN_USE;

pub(crate) struct Fixtures {
    pub(crate) keys: Keys,
    /// Where people can be reached, and where they may move to.
    pub(crate) addresses: [Vec<EmailAddress>; 2],
    pub(crate) usernames: Vec<Username>,
    pub(crate) passwords: Vec<NewPassword>,
    /// Of password 0.
    pub(crate) hash: PasswordHash,
}

pub(crate) static FIXTURES: LazyLock<Fixtures> = LazyLock::new(|| {
    let address = |at| move |n| EmailAddress::parse(&format!("p{n}@{at}.example")).expect("an address");
    let passwords: Vec<_> = (0..=NOBODYS_PASSWORD)
        .map(|n| {
            let raw = format!("{n} brittle lanterns over quiet harbours");
            NewPassword::parse(&raw, &PasswordPolicy::default(), PasswordOwner::default())
                .expect("a password")
        })
        .collect();
    Fixtures {
        keys: Keys::derive(b"the secret of every simulated world"),
        addresses: [(0..PEOPLE).map(address("home")).collect(), (0..PEOPLE).map(address("work")).collect()],
        usernames: (0..PEOPLE)
            .map(|n| Username::parse(&format!("person-{n}")).expect("a username"))
            .collect(),
        hash: now_or_never(PlainHasher::default().hash(passwords[0].as_password(), None)).expect("a hash"),
        passwords,
    }
});

/// The outcome of something that never waits, as everything in memory does while the gate is shut.
pub(crate) fn now_or_never<T>(work: impl Future<Output = T>) -> T {
    match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => unreachable!("nothing waits while the gate is shut"),
    }
}
