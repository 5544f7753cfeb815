//! Somebody with a few accounts, who does one thing after the other with them until the soak ends.

use super::account::Account;
use super::dice::Dice;
use super::visit::Visit;
use super::world::World;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// More accounts than this are not looked after; what is known of older ones is held against the end.
const ACCOUNTS: usize = 6;

pub(super) struct Person {
    number: u64,
    dice: Dice,
    made: u64,
    accounts: Vec<Account>,
    left: Vec<Account>,
}

impl Person {
    pub(super) fn new(seed: u64, number: u64) -> Self {
        Self { number, dice: Dice::new(seed, number), made: 0, accounts: Vec::new(), left: Vec::new() }
    }

    /// Lives; then tells what is known of all accounts.
    pub(super) async fn live(mut self, world: Arc<World>) -> Vec<Account> {
        while !world.done.load(Ordering::Relaxed) {
            if let Some(mut account) = self.choose() {
                let mut visit = Visit { world: &world, dice: &mut self.dice, account: &mut account };
                visit.act().await;
                self.accounts.push(account);
            }
            tokio::time::sleep(self.dice.millis(0, 60)).await;
        }
        self.left.append(&mut self.accounts);
        self.left
    }

    /// An account that needs no rest, or a new one; none while all of them rest.
    fn choose(&mut self) -> Option<Account> {
        let ready: Vec<_> = (0..self.accounts.len()).filter(|at| !self.accounts[*at].is_quiet()).collect();
        if !ready.is_empty() && !self.dice.chance(3) {
            return Some(self.accounts.swap_remove(ready[self.dice.index(ready.len())]));
        }
        if self.accounts.len() >= ACCOUNTS {
            let leaving = *ready.first()?;
            self.left.push(self.accounts.swap_remove(leaving));
        }
        self.made += 1;
        Some(Account::new(self.number, self.made, new_password(&mut self.dice)))
    }
}

pub(super) fn new_password(dice: &mut Dice) -> String {
    format!("turning wheels {:012x}", dice.below(1 << 48))
}
