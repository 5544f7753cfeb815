//! What requests cost with many users, beside the same with few: CPU time of the server and of PostgreSQL together.

use super::cost::{self, Cost};
use super::program::resident;
use super::{BUSY, counted};
use crate::api::Api;
use crate::load::Script;
use crate::process::Process;
use crate::site::Site;
use crate::stats::median;
use crate::table::Measured;
use crate::work::Unit;
use crate::world::{FEW, World};

const ROUNDS: u32 = 5;
const LOGINS: u32 = 120;
const PAGE: u64 = 100;
/// Whoever asks, from all over the table.
const ASKING: u64 = 32;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Login,
    Me,
    Refresh,
    FirstPage,
    DeepPage,
}

/// A server over a site, whose costs are looked at.
pub(crate) struct Measuring<'a> {
    site: &'a Site,
    api: &'a Api,
    server: Process,
    access: Vec<String>,
    administrator: String,
}

impl<'a> Measuring<'a> {
    pub(crate) async fn start(site: &'a Site, api: &'a Api) -> anyhow::Result<Self> {
        let server = site.server().await?;
        let access = site.sign_in(api, &server, ASKING).await?.access;
        let administrator = api.login(&server.base, 1).await?.access_token;
        Ok(Self { site, api, server, access, administrator })
    }

    /// The cost of one such request, in seconds of CPU time, for `round` after `round`.
    pub(crate) async fn cost(&self, asked: Asked, round: u32) -> anyhow::Result<Cost> {
        let (script, pace) = match asked {
            Asked::Login => (Script::login(self.site.users, round), counted(LOGINS)),
            Asked::Me => (Script::get("/api/v1/auth/me", &self.access), BUSY),
            Asked::Refresh => {
                let tokens = self.site.sign_in(self.api, &self.server, ASKING).await?.refresh;
                (Script::refresh(&tokens), BUSY)
            }
            Asked::FirstPage => (self.page(0), BUSY),
            Asked::DeepPage => (self.page(deep(self.site.users)), BUSY),
        };
        cost::of(self.site, &self.server, &script, pace).await
    }

    fn page(&self, skip: u64) -> Script {
        let path = format!("/api/v1/admin/users?skip={skip}&limit={PAGE}");
        Script::get(&path, std::slice::from_ref(&self.administrator))
    }
}

pub(super) async fn measure(world: &World, asked: Asked) -> anyhow::Result<Measured> {
    let (few, many) = (world.site(FEW).await?, world.site_with_many().await?);
    let few = Measuring::start(&few, &world.api).await?;
    let many = Measuring::start(&many, &world.api).await?;
    let mut measured = Measured::default();
    let mut shares = [Vec::new(), Vec::new()];
    for round in 0..=ROUNDS {
        let (reference, figure) = (few.cost(asked, round).await?, many.cost(asked, round).await?);
        if round > 0 {
            measured.references.push(reference.server + reference.postgres);
            measured.figures.push(figure.server + figure.postgres);
            for (share, cost) in shares.iter_mut().zip([reference, figure]) {
                share.push(cost.postgres);
            }
        }
    }
    let memory = |of: &Measuring<'_>| resident(of.server.pid).map(|bytes| Unit::Bytes.show(bytes));
    let memory = format!("the server has {} in memory; with few users {}", memory(&many)?, memory(&few)?);
    let [few, many] = shares.map(|share| Unit::Time.show(median(&share)));
    measured.notes.push(format!("of it in PostgreSQL {many}; with few users {few}"));
    measured.notes.push(memory);
    Ok(measured)
}

/// The page at nine tenths of the list: the 9,000th of a million users.
fn deep(users: u64) -> u64 {
    (users * 9 / 10 / PAGE).saturating_sub(1) * PAGE
}

#[cfg(test)]
mod tests {
    use super::deep;

    #[test]
    fn the_deep_page_of_a_million_is_the_9000th() {
        assert_eq!(deep(1_000_000), 899_900);
        assert_eq!(deep(1_000), 800);
        assert_eq!(deep(10), 0);
    }
}
