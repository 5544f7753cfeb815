//! Who is at work in a schedule: owners, newcomers, thieves, guessers, administrators, workers.

use crate::actions::administering::Deed;
use crate::actions::proving::ReadCode;
use crate::actions::{Held, Sender};
use crate::fixtures::{ADMINS, FIXTURES, NEWCOMERS, NOBODYS_PASSWORD, PEOPLE};
use crate::world::World;
use evently_auth_domain::account::EmailAddress;
use evently_auth_domain::code::{OneTimeCode, Purpose};
use std::rc::Rc;

/// Sends everybody off whom the seed chooses.
pub(crate) fn send_off(world: &Rc<World>) {
    let tasks = 2 + world.below(4);
    // Schedules of one kind of trouble find more than those with a little of each.
    let theme = world.below(6);
    for task in 0..tasks {
        let role = if world.chance(600) { theme } else { world.below(6) };
        let host = u8::try_from(10 + task).unwrap_or_default();
        let owner = Sender { person: ADMINS + world.below(NEWCOMERS - ADMINS), host };
        let w = world.clone();
        match role {
            0 => world.spawner.spawn(async move { w.own(owner, None).await }),
            1 => {
                let newcomer = Sender { person: NEWCOMERS + world.below(PEOPLE - NEWCOMERS), host };
                world.spawner.spawn(async move { w.arrive(newcomer).await });
            }
            2 => {
                world.spawner.spawn(async move { w.own_and_lose(owner).await });
            }
            3 => world.spawner.spawn(async move { w.guess(owner).await }),
            4 => {
                let admin = Sender { person: world.below(ADMINS), host };
                world.spawner.spawn(async move { w.run_things(admin).await });
            }
            _ => world.spawner.spawn(async move { w.tend().await }),
        }
    }
}

impl World {
    /// Lives with an account on one device.
    async fn own(self: Rc<Self>, sender: Sender, mut held: Option<Held>) {
        for _ in 0..2 + self.below(5) {
            let Some(now) = held.take() else {
                let password = self.oracle.borrow().likely_password(sender.person);
                held = self.log_in(sender, password).await;
                continue;
            };
            held = Some(now.clone());
            match self.below(12) {
                0..3 => self.look(sender, &now).await,
                3..6 => held = self.refresh(sender, now).await,
                6 => {
                    self.log_out(sender, &now).await;
                    // A tab that was left open.
                    self.look(sender, &now).await;
                    held = self.refresh(sender, now).await;
                }
                7 => {
                    let sessions = self.list(sender, &now).await;
                    if !sessions.is_empty() {
                        let target = &sessions[self.below(sessions.len())];
                        self.revoke(sender, &now, target).await;
                    }
                }
                8 => self.revoke_others(sender, &now).await,
                9 => self.change(sender, &now).await,
                10 => self.forget(sender).await,
                _ => self.relocate(sender, &now).await,
            }
        }
    }

    async fn change(self: &Rc<Self>, sender: Sender, held: &Held) {
        let (current, new) = {
            let mut oracle = self.oracle.borrow_mut();
            (oracle.likely_password(sender.person), oracle.fresh_password(sender.person))
        };
        if let Some(new) = new {
            self.change_password(sender, held, current, new).await;
        }
    }

    /// Forgets the password, asks for a code and uses it, perhaps in two windows at once.
    async fn forget(self: &Rc<Self>, sender: Sender) {
        let address = FIXTURES.addresses[usize::from(self.chance(150))][sender.person].clone();
        self.ask_for_code(sender, Purpose::ResetPassword, &address).await;
        let Some(read) = self.await_code(Purpose::ResetPassword, &address).await else { return };
        for _ in 0..1 + self.below(2) {
            let Some(new) = self.oracle.borrow_mut().fresh_password(sender.person) else { return };
            let (world, address, read) = (self.clone(), address.clone(), read.clone());
            let reset = async move { world.reset(sender, &address, &read, new).await };
            if self.chance(300) {
                self.spawner.spawn(reset);
            } else {
                reset.await;
            }
        }
    }

    /// Moves to another address, now and then to somebody else's.
    async fn relocate(self: &Rc<Self>, sender: Sender, held: &Held) {
        let address = if self.chance(200) {
            FIXTURES.addresses[0][self.below(PEOPLE)].clone()
        } else {
            FIXTURES.addresses[self.below(2)][sender.person].clone()
        };
        let password = self.oracle.borrow().likely_password(sender.person);
        self.move_to(sender, held, &address, password).await;
        self.prove(sender, &address).await;
    }

    /// Waits for the code and sends it, perhaps twice.
    async fn prove(self: &Rc<Self>, sender: Sender, address: &EmailAddress) {
        if self.chance(200) {
            self.ask_for_code(sender, Purpose::VerifyEmail, address).await;
        }
        let Some(read) = self.await_code(Purpose::VerifyEmail, address).await else { return };
        for _ in 0..1 + self.below(3) {
            let (world, address, read) = (self.clone(), address.clone(), read.clone());
            let verify = async move { world.verify(sender, &address, &read).await };
            if self.chance(300) {
                self.spawner.spawn(verify);
            } else {
                verify.await;
            }
        }
    }

    /// Registers, proves the address, signs in and stays for a while.
    async fn arrive(self: Rc<Self>, sender: Sender) {
        for _ in 0..1 + self.below(2) {
            let Some(password) = self.oracle.borrow_mut().fresh_password(sender.person) else { return };
            self.register(sender, password).await;
            // Whoever does not wait presses the button again, and again.
            for _ in 0..if self.chance(150) { self.below(5) } else { 0 } {
                let Some(password) = self.oracle.borrow_mut().fresh_password(sender.person) else { return };
                let world = self.clone();
                self.at_once_or_not(async move { world.register(sender, password).await }).await;
            }
            self.prove(sender, &FIXTURES.addresses[0][sender.person]).await;
            let held = self.log_in(sender, password).await;
            if held.is_some() {
                return self.own(sender, held).await;
            }
        }
    }

    /// An owner whose tokens are copied, and the one who copied them, from another place.
    async fn own_and_lose(self: Rc<Self>, sender: Sender) {
        let password = self.oracle.borrow().likely_password(sender.person);
        let Some(mut held) = self.log_in(sender, password).await else { return };
        for _ in 0..self.below(3) {
            match self.refresh(sender, held).await {
                Some(next) => held = next,
                None => return,
            }
        }
        if let Some(session) = self.oracle.borrow_mut().sessions.get_mut(&held.sid) {
            session.is_shared = true;
        }
        let (world, copy) = (self.clone(), held.clone());
        let thief = Sender { host: sender.host + 100, ..sender };
        self.spawner.spawn(async move { world.alternate(thief, copy).await });
        self.alternate(sender, held).await;
    }

    /// Uses and refreshes, and never throws an old token away.
    async fn alternate(self: Rc<Self>, sender: Sender, held: Held) {
        let mut all = vec![held];
        for _ in 0..3 + self.below(4) {
            let latest = all.len() - 1;
            let chosen = if self.chance(250) { self.below(all.len()) } else { latest };
            let now = all[chosen].clone();
            if self.chance(400) {
                self.look(sender, &now).await;
            } else if let Some(next) = self.refresh(sender, now).await {
                all.push(next);
            }
        }
    }

    /// Guesses codes, or a password, many at once; knows the right code at times.
    async fn guess(self: Rc<Self>, sender: Sender) {
        if self.chance(350) {
            for _ in 0..5 + self.below(8) {
                let world = self.clone();
                let guess = async move { drop(world.log_in(sender, NOBODYS_PASSWORD).await) };
                self.at_once_or_not(guess).await;
            }
            return;
        }
        let address = FIXTURES.addresses[0][sender.person].clone();
        self.ask_for_code(sender, Purpose::ResetPassword, &address).await;
        let Some(read) = self.await_code(Purpose::ResetPassword, &address).await else { return };
        let right = self.below(7);
        for guess in 0..2 + self.below(5) {
            let (tried, new) = if guess == right {
                let Some(new) = self.oracle.borrow_mut().fresh_password(sender.person) else { return };
                (read.clone(), new)
            } else {
                (wrong(&read, guess), NOBODYS_PASSWORD)
            };
            // From several addresses, so that the limit of one does not end it.
            let sender =
                Sender { host: sender.host + 20 * u8::try_from(guess % 3).unwrap_or_default(), ..sender };
            let (world, address) = (self.clone(), address.clone());
            let reset = async move { world.reset(sender, &address, &tried, new).await };
            self.at_once_or_not(reset).await;
        }
    }

    async fn at_once_or_not(self: &Rc<Self>, work: impl Future<Output = ()> + 'static) {
        if self.chance(600) {
            self.spawner.spawn(work);
        } else {
            work.await;
        }
    }

    /// Signs in as an administrator and does things to people, the other administrator included.
    async fn run_things(self: Rc<Self>, sender: Sender) {
        let password = self.oracle.borrow().likely_password(sender.person);
        let Some(mut held) = self.log_in(sender, password).await else { return };
        for _ in 0..2 + self.below(4) {
            if self.chance(150) {
                match self.refresh(sender, held).await {
                    Some(next) => held = next,
                    None => return,
                }
            }
            let deed = Deed::ALL[self.below(Deed::ALL.len())];
            let target = self.below(PEOPLE);
            self.administer(sender, &held, deed, target).await;
        }
    }

    /// A worker's loops.
    async fn tend(self: Rc<Self>) {
        for _ in 0..3 + self.below(5) {
            match self.below(6) {
                0..3 => self.deliver(1 + u32::try_from(self.below(3)).unwrap_or_default()).await,
                3 => self.sweep().await,
                _ => self.seal().await,
            }
        }
    }
}

/// Another code than the right one, which came with no mail.
fn wrong(read: &ReadCode, guess: usize) -> ReadCode {
    let number: usize = read.code.expose().parse().unwrap_or_default();
    let other = format!("{:06}", (number + 1 + guess) % 1_000_000);
    ReadCode { code: OneTimeCode::parse(&other).expect("six digits"), issued_by: None }
}
