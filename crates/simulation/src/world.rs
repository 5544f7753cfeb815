//! A world: two instances over one store in memory, everything behind the gate.

use crate::bugs::{self, Bug};
use crate::executor::Spawner;
use crate::fixtures::{ADMINS, FIXTURES, NEWCOMERS, now_or_never};
use crate::gate::{Gate, INSTANCES, Rates};
use crate::oracle::Oracle;
use crate::ports::outside::{Stream, TableTokens};
use crate::ports::{Gated, Ledger};
use crate::random::Random;
use crate::trace::Event;
use chrono::TimeDelta;
use evently_auth_clock::MovableClock;
use evently_auth_domain::account::{NewUser, Role};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::ports::{Clock, CreatedUser, Users};
use evently_auth_domain::settings::{RegistrationPrivacy, Settings};
use evently_auth_domain::{Auth, Ports};
use evently_auth_memory::{
    FallbackRateLimits, Inbox, MemoryCodes, MemoryRateLimits, MemoryStore, PlainHasher,
};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

pub(crate) struct World {
    pub(crate) gate: Gate,
    pub(crate) spawner: Spawner,
    pub(crate) clock: MovableClock,
    pub(crate) instances: Vec<Rc<Auth>>,
    pub(crate) store: MemoryStore,
    pub(crate) inbox: Inbox,
    pub(crate) ledger: Ledger,
    pub(crate) tokens: Arc<TableTokens>,
    pub(crate) oracle: RefCell<Oracle>,
    /// The device token that each person was given last.
    pub(crate) devices: RefCell<BTreeMap<usize, String>>,
}

impl World {
    /// A world in which only the accounts of the start exist; with `bug`, one that is broken in this way.
    pub(crate) fn new(seed: u64, bug: Option<Bug>) -> Rc<Self> {
        let clock = MovableClock::default();
        let mut random = Random::new(seed);
        let entropy = Arc::new(Stream::new(random.next()));
        let rates = rates(&mut random);
        let outdate = random.chance(250);
        let settings = settings(&mut random);
        let gate = Gate::new(random, clock.clone(), rates);
        let ledger = Ledger::default();
        let store = MemoryStore::new(FIXTURES.keys.audit.clone());
        let inbox = Inbox::new();
        let hasher = PlainHasher::default();
        let tokens = Arc::new(TableTokens::default());
        let any_clock: Arc<dyn Clock> = Arc::new(clock.clone());

        let gated_store =
            || Arc::new(Gated { port: store.clone(), gate: gate.clone(), ledger: ledger.clone() });
        let limits = Arc::new(Gated {
            port: MemoryRateLimits::new(any_clock.clone()),
            gate: gate.clone(),
            ledger: ledger.clone(),
        });
        let codes = Arc::new(Gated {
            port: MemoryCodes::new(any_clock.clone()),
            gate: gate.clone(),
            ledger: ledger.clone(),
        });
        let mut shared = Ports {
            users: gated_store(),
            sessions: gated_store(),
            codes,
            rate_limits: limits,
            outbox: gated_store(),
            audit_log: gated_store(),
            password_hasher: Arc::new(Gated {
                port: hasher.clone(),
                gate: gate.clone(),
                ledger: ledger.clone(),
            }),
            access_tokens: tokens.clone(),
            mailer: Arc::new(Gated { port: inbox.clone(), gate: gate.clone(), ledger: ledger.clone() }),
            clock: any_clock.clone(),
            entropy,
        };
        if let Some(bug) = bug {
            bugs::plant(bug, &mut shared, &gate, &ledger);
        }
        let instances = (0..INSTANCES).map(|_| {
            let rate_limits =
                Arc::new(FallbackRateLimits::new(shared.rate_limits.clone(), any_clock.clone()));
            let ports = Ports { rate_limits, ..shared.clone() };
            Rc::new(Auth::new(ports, settings.clone(), FIXTURES.keys.clone()))
        });
        let instances = instances.collect();
        let mut oracle = Oracle { settings: settings.clone(), ..Oracle::default() };
        for person in 0..NEWCOMERS {
            let CreatedUser::Created(user) =
                now_or_never(store.create(starter(person, &clock), Effects::default()))
                    .expect("memory does not fail")
            else {
                unreachable!("nobody else is there")
            };
            oracle.exists(person, &user);
        }
        if outdate {
            hasher.outdate();
        }
        let oracle = RefCell::new(oracle);
        Rc::new(Self {
            gate,
            spawner: Spawner::default(),
            clock,
            instances,
            store,
            inbox,
            ledger,
            tokens,
            oracle,
            devices: RefCell::default(),
        })
    }

    pub(crate) fn below(&self, count: usize) -> usize {
        self.gate.state().random.below(count)
    }

    pub(crate) fn chance(&self, per_mille: usize) -> bool {
        self.gate.state().random.chance(per_mille)
    }

    pub(crate) fn hangs_up(&self, call: u32) -> bool {
        let mut state = self.gate.state();
        let rate = state.rates.hang_ups;
        let goes = rate > 0 && state.random.chance(rate);
        if goes {
            state.counts.hang_ups += 1;
        }
        drop(state);
        if goes {
            self.gate.note(call, Event::HangsUp);
        }
        goes
    }
}

/// Calm schedules and wild ones: half of them have no faults, or no jumps, so that races and limits are held to the letter.
fn rates(random: &mut Random) -> Rates {
    let mut one_of = |rates: [usize; 4]| rates[random.below(4)];
    Rates {
        faults: one_of([0, 8, 25, 60]),
        hang_ups: one_of([0, 0, 3, 8]),
        jumps: one_of([0, 0, 10, 40]),
        stickiness: one_of([0, 0, 600, 900]),
    }
}

/// Settings that change what is promised; each schedule has its own.
fn settings(random: &mut Random) -> Settings {
    let conceals = random.chance(300);
    Settings {
        mail_max_attempts: 4,
        registration_privacy: if conceals {
            RegistrationPrivacy::Conceal
        } else {
            RegistrationPrivacy::Reveal
        },
        session_idle_limit: random.chance(300).then(|| TimeDelta::minutes(30)),
        ..Settings::default()
    }
}

fn starter(person: usize, clock: &MovableClock) -> NewUser {
    NewUser {
        email: FIXTURES.addresses[0][person].clone(),
        username: FIXTURES.usernames[person].clone(),
        full_name: None,
        password: FIXTURES.hash.clone(),
        role: if person < ADMINS { Role::Admin } else { Role::User },
        is_verified: true,
        claim_expires_at: None,
        replaces: None,
        at: clock.now(),
    }
}
