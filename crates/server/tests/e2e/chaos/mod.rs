//! Chaos: people use the service while its parts are killed, stopped and frozen, and every acknowledged write is held
//! against tokens, database and mailbox: nothing is lost, and nothing granted.
//!
//! A minute of it is part of the tests; `cargo xtask chaos --minutes 10 --seed S` is the long form. The seed repeats the
//! faults, not the moments at which requests meet them.

mod account;
mod administration;
mod afterwards;
mod book;
mod dice;
mod faults;
mod letters;
mod oracle;
mod passwords;
mod person;
mod report;
mod sessions;
mod signup;
mod visit;
mod world;

use crate::harness::{PASSWORD, Production, Tokens, address, body};
use account::Account;
use book::Book;
use dice::Dice;
use faults::Operator;
use letters::Letters;
use oracle::Oracle;
use person::Person;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use visit::Visit;
use world::World;

const PEOPLE: u64 = 16;
/// Whom nobody demotes before the end.
const STAFF: [&str; 2] = ["root", "deputy"];

#[test]
fn a_minute_of_chaos_loses_nothing_and_grants_nothing() {
    let (seconds, seed) = (setting("CHAOS_SECONDS", 60), setting("CHAOS_SEED", 1));
    let mut site = Production::prepare(&[("TRUSTED_PROXIES", "127.0.0.1")]);
    (0..2).for_each(|_| site.add_server());
    let servers = std::mem::take(&mut site.servers);
    let workers = (0..2).map(|_| site.worker()).collect();
    for name in STAFF {
        let admin = ["admin", "create", "--email", &address(name), "--username", name, "--password-stdin"];
        assert!(site.run(&admin, PASSWORD).status.success());
    }
    let [root, deputy] = STAFF.map(|name| site.log_in(name, PASSWORD));
    let world = Arc::new(World {
        seed,
        bases: site.bases.clone(),
        http: reqwest::Client::new(),
        book: Book::new(),
        letters: Letters::default(),
        root,
        done: AtomicBool::new(false),
    });
    let operator = Operator::new(&site, &world, servers, workers);
    let oracle = Oracle { site: &site, world: &world };
    let people = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();

    let mut accounts = live(&people, &world, &operator, Duration::from_secs(seconds));
    oracle.until_delivered(seconds <= 60);
    operator.recover();
    let staff = STAFF.map(address);
    let staff = staff.each_ref().map(String::as_str);
    oracle.hold_mails(&accounts, &staff);
    oracle.hold_accounts(&mut accounts, &staff);
    oracle.hold_sessions(&accounts);
    let known = accounts.len();
    hold_to_account(&people, &world, accounts);
    one_administrator_remains(&site, &world.root, &deputy, &world);
    oracle.hold_audit();
    operator.look_at_processes();
    println!("{}", report::figures(&world, seconds, known));
    world.book.judge(seed);
}

/// People live while there is trouble; says what they know at the end.
fn live(runtime: &Runtime, world: &Arc<World>, operator: &Operator<'_>, lasts: Duration) -> Vec<Account> {
    let mut living = JoinSet::new();
    for number in 1..=PEOPLE {
        living.spawn_on(Person::new(world.seed, number).live(Arc::clone(world)), runtime.handle());
    }
    thread::scope(|scope| {
        scope.spawn(|| {
            while !world.done.load(Ordering::Relaxed) {
                world.letters.collect(&operator.site.sink);
                thread::sleep(Duration::from_millis(30));
            }
        });
        operator.trouble(Instant::now() + lasts);
        world.done.store(true, Ordering::Relaxed);
        runtime.block_on(living.join_all()).into_iter().flatten().collect()
    })
}

/// Holds each account against the service, a few at a time.
fn hold_to_account(runtime: &Runtime, world: &Arc<World>, accounts: Vec<Account>) {
    let mut shares: Vec<Vec<Account>> = (0..8).map(|_| Vec::new()).collect();
    for (index, account) in accounts.into_iter().enumerate() {
        shares[index % 8].push(account);
    }
    let mut holding = JoinSet::new();
    for (number, share) in (0..).zip(shares) {
        let world = Arc::clone(world);
        let hold = async move {
            let mut dice = Dice::new(world.seed, number);
            for mut account in share {
                let mut visit = Visit { world: &world, dice: &mut dice, account: &mut account };
                visit.hold_to_account().await;
            }
        };
        holding.spawn_on(hold, runtime.handle());
    }
    runtime.block_on(holding.join_all());
}

/// All others are demoted; then the last two demote each other at once, and one of them stays.
fn one_administrator_remains(site: &Production, root: &Tokens, deputy: &Tokens, world: &World) {
    let list = site.get("/api/v1/admin/users?role=admin&limit=500").bearer_auth(&root.access);
    let admins = body(list.send().unwrap(), 200);
    let admins: Vec<_> = admins.as_array().unwrap().iter().map(|user| (user["email"].as_str().unwrap(), &user["id"])).collect();
    let demote = |id: &serde_json::Value, by: &Tokens| {
        let request = site.put(&format!("/api/v1/admin/users/{id}"), &json!({"role": "user"}));
        request.bearer_auth(&by.access).send().unwrap().status().as_u16()
    };
    let id_of = |name: &str| admins.iter().find(|(email, _)| *email == address(name)).unwrap().1;
    for (email, id) in &admins {
        if STAFF.iter().all(|name| address(name) != *email) {
            assert_eq!(demote(id, root), 200);
        }
    }
    let statuses = thread::scope(|scope| {
        let duel = [(id_of(STAFF[1]), root), (id_of(STAFF[0]), deputy)];
        duel.map(|(id, by)| scope.spawn(move || demote(id, by))).map(|duel| duel.join().unwrap())
    });
    if statuses.iter().filter(|status| **status == 200).count() != 1 {
        world.book.violation(format!("two administrators demoted each other: {statuses:?}"));
    }
}

/// What `cargo xtask chaos` says.
#[expect(clippy::disallowed_methods, reason = "the settings of a test are no settings of the service")]
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}
