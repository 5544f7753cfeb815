//! The oracle can fail: what may be lost or granted is planted, each kind once, and it names each.

use super::account::{Account, LostRefresh, State};
use super::dice::Dice;
use super::letters::Kind;
use super::person::new_password;
use super::soak::Soak;
use super::visit::Visit;
use super::world::World;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What is done behind the service's back about an account, and what the oracle has to say.
type Planted = (fn(&Account) -> String, &'static str);

const PLANTED: [Planted; 9] = [
    (|account| format!("DELETE FROM users WHERE email = '{}'", account.email), "existence is false"),
    (|account| change(account, "is_verified = false"), "is_verified is false"),
    (|account| change(account, "is_active = false"), "is_active is false"),
    (|account| change(account, "role = 'admin'"), "administrator is true"),
    (|account| change(account, "full_name = 'Somebody'"), "it is called Some(\"Somebody\")"),
    (
        |account| {
            change(account, "hashed_password = (SELECT hashed_password FROM users WHERE username = 'root')")
        },
        "the passwords that may be in force: [401], not 200",
    ),
    (|account| session(account, 0, true), "1 unknown open sessions, 0 lost logins"),
    (|account| session(account, 1, false), "at the end: "), // access or refresh token
    (
        |_| {
            "ALTER TABLE audit_log DISABLE TRIGGER USER; \
             UPDATE audit_log SET detail = 'nothing' WHERE id = (SELECT min(id) FROM audit_log)"
                .to_owned()
        },
        "audit verify",
    ),
];

fn change(account: &Account, what: &str) -> String {
    format!("UPDATE users SET {what} WHERE email = '{}'", account.email)
}

fn session(account: &Account, number: usize, is_active: bool) -> String {
    let sid = account.sessions[number].sid();
    format!("UPDATE user_sessions SET is_active = {is_active} WHERE session_token = '{sid}'")
}

#[test]
fn the_oracle_names_whatever_is_lost_or_granted() {
    let mut soak = Soak::prepare(3, 0);
    soak.site.add_worker();
    // The last four: a session that nobody ended is over, one was ended by a thief long after a refresh was lost and one
    // soon after, and a mail is owed that nobody wrote.
    let people = (0..PLANTED.len() as u64 + 4).map(|number| settled(soak.world.clone(), number));
    let mut accounts = soak.live(people, || {});
    assert_eq!(soak.world.book.told(), Vec::<String>::new(), "before anything is planted");
    accounts.sort_by(|a, b| a.from.cmp(&b.from));
    let mut expected = Vec::new();
    for ((sql, words), account) in PLANTED.iter().zip(&accounts) {
        soak.site.runtime.block_on(soak.site.postgres.sql("postgres", &sql(account))).unwrap();
        let who = if *words == "audit verify" { "" } else { &account.email };
        expected.push((who.to_owned(), *words));
    }
    let [.., ended, stolen, excused, owing] = accounts.as_mut_slice() else { panic!("there are four more") };
    soak.site.sql(&session(ended, 1, false));
    let (start, now) = (soak.world.book.start, Instant::now());
    let before = start.checked_sub(Duration::from_secs(60)).unwrap();
    ended.sessions[1].lost_refresh = Some(LostRefresh { first: start, last: now });
    for (account, first, last) in [(&mut *stolen, before, before), (&mut *excused, start, now)] {
        account.sessions[2].state = State::Alive;
        account.sessions[2].lost_refresh = Some(LostRefresh { first, last });
    }
    for sid in [ended.sessions[1].sid(), stolen.sessions[2].sid()] {
        expected.push((format!("session {sid} was refused"), "the audit does not say why"));
    }
    let excused = excused.email.clone();
    owing.owed(Kind::Theft);
    expected.push((owing.email.clone(), "Theft: 1 came, 2 were owed"));

    soak.hold(accounts, true);
    let told = soak.world.book.told();
    assert_eq!(soak.world.book.entries().late.len(), 3, "all of them were live, as far as anybody knew");
    assert!(!told.iter().any(|line| line.contains(&excused)), "{told:#?}");
    for (who, words) in expected {
        assert!(told.iter().any(|line| line.contains(&who) && line.contains(words)), "{words}: {told:#?}");
    }
}

/// Registered and verified; of three sessions the first is over, and the last was ended by a thief.
async fn settled(world: Arc<World>, number: u64) -> Account {
    let mut dice = Dice::new(world.seed, number);
    let mut account = Account::new(200, number, new_password(&mut dice));
    let mut visit = Visit { world: &world, dice: &mut dice, account: &mut account };
    visit.register().await;
    while !visit.account.verified.value {
        visit.prove_address().await;
    }
    for _ in 0..3 {
        visit.log_in().await;
    }
    visit.log_out(0).await;
    while visit.account.sessions[2].spent.is_empty() {
        visit.refresh(2).await;
    }
    visit.steal(2).await;
    account
}
