//! The service in production mode, people who use it, and the end of it all.

use super::account::Account;
use super::book::Book;
use super::dice::Dice;
use super::letters::Letters;
use super::oracle::Oracle;
use super::visit::Visit;
use super::world::World;
use crate::harness::{PASSWORD, Production, Tokens, address, body};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

/// Administrators whom nobody demotes before the end.
const STAFF: [&str; 2] = ["root", "deputy"];
/// How many accounts are held against the service at the same time.
const SHARES: usize = 8;

pub(super) struct Soak {
    pub(super) site: Production,
    pub(super) world: Arc<World>,
    deputy: Tokens,
    people: Runtime,
}

impl Soak {
    /// Two servers and two administrators.
    pub(super) fn prepare(seed: u64, impatience: u64) -> Self {
        // What is shown at the end was issued at the beginning, perhaps, and is held against its session alone.
        let mut site =
            Production::prepare(&[("TRUSTED_PROXIES", "127.0.0.1"), ("JWT_EXPIRY_MINUTES", "1440")]);
        (0..2).for_each(|_| site.add_server());
        for name in STAFF {
            let admin =
                ["admin", "create", "--email", &address(name), "--username", name, "--password-stdin"];
            assert!(site.run(&admin, PASSWORD).status.success());
        }
        let [root, deputy] = STAFF.map(|name| site.log_in(name, PASSWORD));
        let world = Arc::new(World {
            seed,
            impatience,
            bases: site.bases.clone(),
            http: reqwest::Client::new(),
            book: Book::new(),
            letters: Letters::default(),
            root,
            done: AtomicBool::new(false),
        });
        let people = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        Self { site, world, deputy, people }
    }

    /// People live and read their mails while `meanwhile` is done, and until they have done what they wanted; says what
    /// they know then.
    pub(super) fn live<T: Send + 'static>(
        &self,
        people: impl Iterator<Item = impl Future<Output = T> + Send + 'static>,
        meanwhile: impl FnOnce(),
    ) -> Vec<T> {
        let mut living = JoinSet::new();
        for person in people {
            living.spawn_on(person, self.people.handle());
        }
        let gone = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !gone.load(Ordering::Relaxed) {
                    self.world.letters.collect(&self.site.sink);
                    thread::sleep(Duration::from_millis(30));
                }
            });
            meanwhile();
            let known = self.people.block_on(living.join_all());
            gone.store(true, Ordering::Relaxed);
            known
        })
    }

    /// Holds everything that is known against mailbox, database, tokens and passwords. Nothing is broken any more.
    pub(super) fn hold(&self, mut accounts: Vec<Account>, hurry: bool) {
        let oracle = Oracle { site: &self.site, world: &self.world };
        self.world.book.entries().accounts = accounts.len();
        oracle.until_delivered(hurry);
        let staff = STAFF.map(address);
        let staff = staff.each_ref().map(String::as_str);
        oracle.hold_mails(&accounts, &staff);
        oracle.hold_accounts(&mut accounts, &staff);
        oracle.hold_sessions(&accounts);
        self.hold_to_account(accounts);
        oracle.hold_late();
        self.one_administrator_remains();
        oracle.hold_audit();
    }

    fn hold_to_account(&self, accounts: Vec<Account>) {
        let mut shares: Vec<Vec<Account>> = (0..SHARES).map(|_| Vec::new()).collect();
        for (index, account) in accounts.into_iter().enumerate() {
            shares[index % SHARES].push(account);
        }
        let hold = |(number, share): (u64, Vec<Account>)| {
            let world = Arc::clone(&self.world);
            async move {
                let mut dice = Dice::new(world.seed, number);
                for mut account in share {
                    let mut visit = Visit { world: &world, dice: &mut dice, account: &mut account };
                    visit.hold_to_account().await;
                }
            }
        };
        self.live((0..).zip(shares).map(hold), || {});
    }

    /// All others are demoted; then the last two demote each other at once, and one of them stays.
    fn one_administrator_remains(&self) {
        let root = &self.world.root;
        let demote = |id: &Value, by: &Tokens| {
            let request = self.site.put(&format!("/api/v1/admin/users/{id}"), &json!({"role": "user"}));
            request.bearer_auth(&by.access).send().unwrap().status().as_u16()
        };
        let is_staff =
            |user: &Value| STAFF.iter().any(|name| address(name) == user["email"].as_str().unwrap());
        // There may be more than one page of them.
        let staff = loop {
            let list = self.site.get("/api/v1/admin/users?role=admin&limit=500").bearer_auth(&root.access);
            let admins: Vec<Value> = serde_json::from_value(body(list.send().unwrap(), 200)).unwrap();
            let (staff, others): (Vec<_>, Vec<_>) = admins.into_iter().partition(is_staff);
            if others.is_empty() {
                break staff;
            }
            for user in others {
                assert_eq!(demote(&user["id"], root), 200);
            }
        };
        // By id: the first was made first.
        let statuses = thread::scope(|scope| {
            let duel = [(&staff[1]["id"], root), (&staff[0]["id"], &self.deputy)];
            duel.map(|(id, by)| scope.spawn(move || demote(id, by))).map(|duel| duel.join().unwrap())
        });
        if statuses.iter().filter(|status| **status == 200).count() != 1 {
            self.world.book.violation(format!("two administrators demoted each other: {statuses:?}"));
        }
    }
}
