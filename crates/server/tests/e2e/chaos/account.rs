//! What a person of the soak knows of an account: what was acknowledged, and what is in doubt.

use super::book::Change;
use super::letters::Kind;
use crate::harness::Tokens;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// After this time a request whose answer was lost does nothing any more: freezes take at most four seconds each, a
/// query five. Until then the account is left alone, so that what is acknowledged later also happened later.
pub(super) const DRAINED: Duration = Duration::from_secs(15);
/// Everywhere it is known by then what such a request did, also while Redis is frozen.
const KNOWN: Duration = Duration::from_secs(20);

/// Something about an account: as acknowledged last, and as it may be since.
pub(super) struct Fact<T> {
    pub(super) value: T,
    pub(super) maybe: Vec<T>,
}

impl<T: PartialEq> Fact<T> {
    pub(super) fn new(value: T) -> Self {
        Self { value, maybe: Vec::new() }
    }

    pub(super) fn acknowledge(&mut self, value: T) {
        *self = Self::new(value);
    }

    pub(super) fn doubt(&mut self, value: T) {
        self.maybe.push(value);
    }

    pub(super) fn admits(&self, value: &T) -> bool {
        self.value == *value || self.maybe.contains(value)
    }
}

pub(super) enum State {
    Alive,
    Doubt,
    /// Since this was acknowledged.
    Dead(Change),
}

pub(super) struct Session {
    pub(super) access: String,
    pub(super) refresh: String,
    /// The refresh token before the current one.
    pub(super) previous: Option<String>,
    /// Older ones: whoever shows one is a thief.
    pub(super) spent: Vec<String>,
    pub(super) state: State,
    /// Refreshes whose answers were lost: each may arrive late, and then look like theft.
    pub(super) lost_refresh: Option<LostRefresh>,
}

/// Refreshes without an answer, of which nobody knows yet that they did no harm.
#[derive(Clone, Copy)]
pub(super) struct LostRefresh {
    /// When the first of them was sent.
    pub(super) first: Instant,
    /// When the last of them was given up.
    pub(super) last: Instant,
}

impl LostRefresh {
    /// Whether one of them may still arrive.
    pub(super) fn may_arrive(&self) -> bool {
        self.last.elapsed() < DRAINED
    }
}

impl Session {
    pub(super) fn new(tokens: Tokens) -> Self {
        let Tokens { access, refresh } = tokens;
        Self { access, refresh, previous: None, spent: Vec::new(), state: State::Alive, lost_refresh: None }
    }

    pub(super) fn sid(&self) -> &str {
        self.refresh.split('.').next().unwrap()
    }

    pub(super) fn advance(&mut self, tokens: Tokens) {
        if tokens.refresh != self.refresh {
            self.spent.extend(self.previous.take());
            self.previous = Some(std::mem::replace(&mut self.refresh, tokens.refresh));
        }
        self.access = tokens.access;
    }

    /// The answer to a refresh that was sent at `asked` is lost.
    pub(super) fn loses_refresh(&mut self, asked: Instant) {
        let first = self.lost_refresh.map_or(asked, |lost| lost.first);
        self.lost_refresh = Some(LostRefresh { first, last: Instant::now() });
    }

    /// The session is alive to a request that was sent at `sent`: what was lost long enough before did no harm.
    pub(super) fn is_served(&mut self, sent: Instant) {
        self.lost_refresh = self.lost_refresh.filter(|lost| sent < lost.last + KNOWN);
    }

    pub(super) fn is_alive(&self) -> bool {
        matches!(self.state, State::Alive)
    }

    pub(super) fn is_dead(&self) -> bool {
        matches!(self.state, State::Dead(_))
    }
}

/// The codes of one kind that were asked for.
#[derive(Default)]
pub(super) struct Codes {
    /// When the last one was asked for; before a loss of Redis after that it works for sure.
    pub(super) asked: Option<Instant>,
    /// Codes that must not work any more.
    pub(super) ended: Vec<String>,
    /// Wrong attempts since the last one.
    pub(super) wrong: u32,
    /// When an attempt or a code came into doubt.
    pub(super) in_doubt: Option<Instant>,
}

/// The codes of one kind that had come at a moment.
pub(super) struct Earlier {
    pub(super) codes: Vec<String>,
    /// Whether no other may come.
    pub(super) are_all: bool,
}

impl Codes {
    pub(super) fn doubt(&mut self) {
        self.in_doubt = Some(Instant::now());
    }

    /// A code was asked for at `asked`, and that was acknowledged: the `earlier` ones, as far as they had come by then,
    /// ended. Doubt is over when nothing that was lost can arrive, and when there are no others that may still come: they
    /// would be taken for this one.
    pub(super) fn renewed(&mut self, asked: Instant, earlier: Earlier) {
        let Earlier { codes, are_all } = earlier;
        self.in_doubt = self.in_doubt.filter(|at| !are_all || asked < *at + DRAINED);
        if !are_all {
            self.in_doubt.get_or_insert(asked);
        }
        (self.asked, self.wrong) = (Some(asked), 0);
        let new: Vec<_> = codes.into_iter().filter(|code| !self.ended.contains(code)).collect();
        self.ended.extend(new);
    }
}

pub(super) struct Account {
    pub(super) email: String,
    pub(super) username: String,
    /// The address that its owner's requests come from.
    pub(super) from: String,
    pub(super) id: Option<i64>,
    pub(super) exists: Fact<bool>,
    pub(super) verified: Fact<bool>,
    pub(super) active: Fact<bool>,
    pub(super) admin: Fact<bool>,
    pub(super) full_name: Fact<Option<String>>,
    pub(super) password: Fact<String>,
    /// Passwords that were replaced.
    pub(super) replaced: Vec<String>,
    /// The last change of the profile and of the role.
    pub(super) renamed: Option<Change>,
    pub(super) role_changed: Option<Change>,
    pub(super) sessions: Vec<Session>,
    /// Logins without an answer: each may have opened a session.
    pub(super) lost_logins: usize,
    pub(super) verification: Codes,
    pub(super) reset: Codes,
    /// Mails that have to come, and mails that may come as well.
    mails: BTreeMap<Kind, (usize, usize)>,
    /// Until when it is left alone.
    pub(super) quiet_until: Option<Instant>,
}

impl Account {
    /// Not registered yet.
    pub(super) fn new(person: u64, number: u64, password: String) -> Self {
        let username = format!("soak-{person}-{number}");
        Self {
            email: format!("{username}@example.com"),
            from: format!("10.{person}.{}.{}", number / 250, number % 250 + 1),
            id: None,
            exists: Fact::new(false),
            verified: Fact::new(false),
            active: Fact::new(true),
            admin: Fact::new(false),
            full_name: Fact::new(Some(format!("Person {person} {number}"))),
            password: Fact::new(password),
            replaced: Vec::new(),
            renamed: None,
            role_changed: None,
            sessions: Vec::new(),
            lost_logins: 0,
            verification: Codes::default(),
            reset: Codes::default(),
            mails: BTreeMap::new(),
            quiet_until: None,
            username,
        }
    }

    /// A write without an answer: the account is left alone, and then looked at.
    pub(super) fn lost(&mut self) {
        self.quiet_until = Some(Instant::now() + DRAINED);
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.quiet_until.is_some_and(|until| Instant::now() < until)
    }

    /// The mail of an acknowledged write.
    pub(super) fn owed(&mut self, kind: Kind) {
        self.mails.entry(kind).or_default().0 += 1;
    }

    /// The mail of a write in doubt.
    pub(super) fn perhaps_owed(&mut self, kind: Kind) {
        self.mails.entry(kind).or_default().1 += 1;
    }

    /// The `codes` of this kind that came; each mail of it has one.
    pub(super) fn earlier(&self, kind: Kind, codes: Vec<String>) -> Earlier {
        let (owed, perhaps) = self.mails.get(&kind).copied().unwrap_or_default();
        Earlier { are_all: codes.len() == owed + perhaps, codes }
    }

    /// What is wrong with the mails that came.
    pub(super) fn differences(&self, came: &BTreeMap<Kind, usize>) -> Vec<String> {
        let kinds = self.mails.keys().chain(came.keys());
        let mut wrong: Vec<_> = kinds
            .filter_map(|kind| {
                let (owed, perhaps) = self.mails.get(kind).copied().unwrap_or_default();
                let came = came.get(kind).copied().unwrap_or_default();
                let is_right = (owed..=owed + perhaps).contains(&came);
                (!is_right).then(|| format!("{kind:?}: {came} came, {owed} were owed and {perhaps} perhaps"))
            })
            .collect();
        wrong.dedup();
        wrong
    }

    /// Every session that passes `which` is dead since `change`, or, without one, in doubt.
    pub(super) fn end_sessions(&mut self, change: Option<Change>, which: impl Fn(usize) -> bool) {
        for (index, session) in self.sessions.iter_mut().enumerate() {
            if !which(index) || session.is_dead() {
                continue;
            }
            session.state = change.map_or(State::Doubt, State::Dead);
        }
    }

    pub(super) fn alive(&self) -> Vec<usize> {
        (0..self.sessions.len()).filter(|index| self.sessions[*index].is_alive()).collect()
    }

    pub(super) fn dead(&self) -> Vec<usize> {
        (0..self.sessions.len()).filter(|index| self.sessions[*index].is_dead()).collect()
    }
}

#[test]
fn a_lost_refresh_is_no_excuse_once_its_session_was_served_long_after() {
    let mut session = Session::new(Tokens { access: String::new(), refresh: String::new() });
    let asked = Instant::now();
    session.loses_refresh(asked);
    let lost = session.lost_refresh.unwrap();
    assert!(lost.first == asked && lost.may_arrive());
    session.is_served(lost.last + DRAINED);
    session.loses_refresh(asked + DRAINED);
    assert_eq!(session.lost_refresh.unwrap().first, asked, "the first is still in doubt");
    session.is_served(session.lost_refresh.unwrap().last + KNOWN);
    assert!(session.lost_refresh.is_none());
}

#[test]
fn codes_are_certain_again_when_nothing_can_arrive_and_every_mail_has_come() {
    let mut codes = Codes::default();
    codes.doubt();
    let at = codes.in_doubt.unwrap();
    let mut account = Account::new(1, 1, String::new());
    account.owed(Kind::ResetCode);
    account.perhaps_owed(Kind::ResetCode);
    let one = || account.earlier(Kind::ResetCode, vec!["111111".to_owned()]);
    let all = || account.earlier(Kind::ResetCode, vec!["111111".to_owned(), "222222".to_owned()]);
    codes.renewed(at + DRAINED / 2, all());
    assert!(codes.in_doubt.is_some(), "an attempt may still arrive");
    codes.renewed(at + DRAINED, one());
    assert!(codes.in_doubt.is_some(), "another code may still come");
    codes.renewed(at + DRAINED, all());
    assert!(codes.in_doubt.is_none() && codes.asked == Some(at + DRAINED));
    codes.renewed(at + DRAINED, one());
    assert!(codes.in_doubt.is_some(), "it cannot be told from one that is under way");
}

#[test]
fn the_code_of_a_registration_whose_answer_was_lost_ends_with_the_next() {
    let mut account = Account::new(1, 1, String::new());
    account.perhaps_owed(Kind::Verification);
    for _ in 0..2 {
        let earlier = account.earlier(Kind::Verification, vec!["111111".to_owned()]);
        account.verification.renewed(Instant::now(), earlier);
        assert!(account.verification.in_doubt.is_none(), "nothing else may come");
        assert_eq!(account.verification.ended, ["111111"], "once");
    }
}
