//! An ended session admits nobody, a living one its owner, and a refresh token has one successor.

use super::Oracle;
use super::class::Class;
use crate::call::Reply;
use crate::gate::Moment;
use chrono::TimeDelta;
use evently_auth_domain::Timestamp;
use evently_auth_domain::access::AccessClaims;
use evently_auth_domain::account::UserId;
use evently_auth_domain::refresh::GRACE;
use evently_auth_domain::usecases::Tokens;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) struct Session {
    pub(crate) person: usize,
    pub(crate) user: UserId,
    /// The password that opened it.
    pub(crate) password: usize,
    /// When its login was answered.
    pub(crate) opened: u64,
    /// The account's version in which nothing had ended it yet, when that is certain.
    alive_in: Option<u64>,
    /// Until then it does not expire, whatever the clock did meanwhile.
    expires: Timestamp,
    /// Until then it ends neither by its age nor for idleness.
    lives_until: Timestamp,
    /// Requests with its tokens that may still note a use; one whose answer was lost always may.
    in_use: u32,
    /// No later than this an answered request noted a use.
    used: Timestamp,
    /// Ended, since when and by what.
    pub(crate) ended: Option<(u64, &'static str)>,
    /// The refresh tokens that were given out, by generation.
    known: BTreeMap<i64, Known>,
    /// Generations whose access token was used.
    seen: BTreeMap<i64, u64>,
    /// Requests that may have moved its chain.
    pub(crate) moves: u64,
    /// Somebody else has its tokens too.
    pub(crate) is_shared: bool,
    /// Requests of the session itself that end the others.
    spares: BTreeSet<u32>,
}

/// How old the last note of a use may be when another is not worth it.
const NOTED: TimeDelta = TimeDelta::minutes(1);

struct Known {
    token: String,
    step: u64,
    at: Timestamp,
}

impl Session {
    pub(crate) fn ends(&mut self, step: u64, why: &'static str) {
        self.ended.get_or_insert((step, why));
    }

    pub(crate) fn spared_by(&self, call: u32) -> bool {
        self.spares.contains(&call)
    }
}

impl Oracle {
    /// A login was answered with these tokens.
    pub(crate) fn opened<T>(
        &mut self,
        person: usize,
        password: usize,
        tokens: &Tokens,
        claims: &AccessClaims,
        reply: &Reply<T>,
    ) {
        let alone = self.was_alone_with(reply.call, person);
        let account = self.accounts.entry(person).or_default();
        let expires = reply.began.clock + self.settings.session_lifetime - self.back;
        let idle = self.settings.session_idle_limit;
        let mut session = Session {
            person,
            user: claims.user_id,
            password,
            opened: reply.ended.step,
            alive_in: alone.then_some(account.version),
            expires,
            lives_until: idle.map_or(expires, |limit| expires.min(reply.began.clock + limit - self.back)),
            in_use: 0,
            used: reply.ended.high,
            ended: None,
            known: BTreeMap::new(),
            seen: BTreeMap::new(),
            moves: 0,
            is_shared: false,
            spares: BTreeSet::new(),
        };
        if account.replaced.contains_key(&password) {
            session.ends(reply.ended.step, "a new password that came while it was opened");
        }
        let known =
            Known { token: tokens.refresh.expose().to_owned(), step: reply.ended.step, at: reply.ended.high };
        session.known.insert(claims.generation.0, known);
        self.sessions.insert(claims.sid.to_string(), session);
    }

    /// Ends what an answered request ended: the sessions of a person that were open when it began.
    pub(crate) fn ended<T>(
        &mut self,
        person: usize,
        spared: Option<&str>,
        reply: &Reply<T>,
        why: &'static str,
    ) {
        for (sid, session) in &mut self.sessions {
            if session.person == person && session.opened < reply.began.step && spared != Some(sid.as_str()) {
                session.ends(reply.ended.step, why);
            }
        }
    }

    /// The session's own request is to end others, but not itself.
    pub(crate) fn spares(&mut self, sid: &str, call: u32) {
        if let Some(session) = self.sessions.get_mut(sid) {
            session.spares.insert(call);
        }
    }

    /// An access token was let in, or not.
    pub(crate) fn authenticated(&mut self, claims: &AccessClaims, is_in: bool, began: Moment, ended: Moment) {
        let Some(session) = self.sessions.get_mut(claims.sid.as_str()) else { return };
        let person = session.person;
        if is_in {
            session.seen.entry(claims.generation.0).or_insert(ended.step);
            if claims.expires_at <= began.clock {
                self.fails(format!("an expired access token of person {person} was let in"));
            }
            self.lives(claims.sid.as_str(), began, "was let in");
            self.stays(claims.sid.as_str(), began);
        } else if claims.expires_at > began.clock && self.is_alive(claims.sid.as_str(), ended) {
            self.fails(format!("a living session of person {person} was not let in"));
        }
    }

    /// A request with tokens of this session begins, and may note a use of it.
    pub(crate) fn uses(&mut self, sid: &str) {
        if let Some(session) = self.sessions.get_mut(sid) {
            session.in_use += 1;
        }
    }

    /// It was answered.
    pub(crate) fn used(&mut self, sid: &str, ended: Moment) {
        if let Some(session) = self.sessions.get_mut(sid) {
            session.in_use = session.in_use.saturating_sub(1);
            session.used = session.used.max(ended.high);
        }
    }

    /// Whoever was let in was noted, or had been within the resolution of notes.
    fn stays(&mut self, sid: &str, began: Moment) {
        let (Some(limit), back) = (self.settings.session_idle_limit, self.back) else { return };
        if let Some(session) = self.sessions.get_mut(sid) {
            let noted = began.clock - NOTED - back;
            session.lives_until = session.lives_until.max(session.expires.min(noted + limit));
        }
    }

    /// A refresh token of generation `presented` was answered.
    pub(crate) fn refreshed<T>(
        &mut self,
        sid: &str,
        presented: i64,
        successor: Option<(&Tokens, &AccessClaims)>,
        class: Class,
        reply: &Reply<T>,
    ) {
        let (began, ended) = (reply.began, reply.ended);
        let Some(session) = self.sessions.get(sid) else { return };
        let was_known =
            |generation: i64| session.known.range(generation..).any(|(_, known)| known.step < began.step);
        let latest = session.known.last_key_value().map(|(generation, _)| *generation);
        let undisturbed = self.calls.get(&reply.call).is_some_and(|call| {
            call.touches.chain.is_none() || call.was_alone && call.chain_moves == session.moves
        });
        let is_old = was_known(presented + 2);
        let is_used = session.seen.range(presented + 1..).any(|(_, step)| *step < began.step)
            && session.known.get(&(presented + 1)).is_some_and(|known| began.clock - known.at > GRACE);
        match (class, successor) {
            (Class::Done, Some((tokens, claims))) => {
                self.lives(sid, began, "was refreshed");
                if claims.generation.0 != presented + 1 {
                    let other = claims.generation.0;
                    self.fails(format!(
                        "the refresh token {presented} of a session was answered with {other}"
                    ));
                }
                if is_old || is_used {
                    self.fails(format!("the spent refresh token {presented} of a session was answered"));
                }
                self.learns(sid, tokens, claims, ended);
            }
            (Class::Invalid, _) => {
                let honest = latest == Some(presented) && undisturbed;
                if honest && self.is_alive(sid, ended) && !self.sessions[sid].is_shared {
                    self.fails("the latest refresh token of a living session was refused");
                }
                let lives_on = |session: &Session| session.lives_until > ended.high;
                if let Some(session) =
                    self.sessions.get_mut(sid).filter(|session| is_old && lives_on(session))
                {
                    session.ends(ended.step, "theft");
                }
            }
            _ => {}
        }
    }

    fn learns(&mut self, sid: &str, tokens: &Tokens, claims: &AccessClaims, ended: Moment) {
        let Some(session) = self.sessions.get_mut(sid) else { return };
        let token = tokens.refresh.expose();
        let generation = claims.generation.0;
        let known = session.known.entry(generation).or_insert_with(|| Known {
            token: token.to_owned(),
            step: ended.step,
            at: ended.high,
        });
        if known.token != token {
            self.fails(format!("there are two refresh tokens {generation} of one session"));
        }
    }

    /// A session that admitted somebody must not have ended before the request began.
    fn lives(&mut self, sid: &str, began: Moment, how: &str) {
        let Some(session) = self.sessions.get(sid) else { return };
        let person = session.person;
        let account = self.accounts.get(&person);
        let since = |step: Option<&u64>| step.is_some_and(|step| *step < began.step);
        if let Some((_, why)) = session.ended.filter(|(step, _)| *step < began.step) {
            self.fails(format!("a session of person {person} that had ended by {why} {how}"));
        } else if self.is_idle(session, began) {
            self.fails(format!("a session of person {person} that nobody had used for too long {how}"));
        } else if since(account.and_then(|account| account.deleted.get(&session.user))) {
            self.fails(format!("a session of person {person}, whose account was deleted, {how}"));
        } else if since(account.and_then(|account| account.inactive_since.as_ref())) {
            self.fails(format!("a session of person {person}, who is switched off, {how}"));
        }
    }

    /// Whether nobody but the request that began then may have used it within the idle limit.
    fn is_idle(&self, session: &Session, began: Moment) -> bool {
        let limit = self.settings.session_idle_limit;
        limit.is_some_and(|limit| session.in_use <= 1 && began.clock - self.back > session.used + limit)
    }

    /// Whether the request with this answer ended the session: nothing else may have.
    pub(crate) fn was_ended_by<T>(&self, sid: &str, reply: &Reply<T>) -> bool {
        self.sessions.get(sid).is_some_and(|session| {
            let version = self.accounts.get(&session.person).map(|account| account.version);
            !session.is_shared
                && session.alive_in.map(|before| before + 1) == version
                && self.was_alone_with(reply.call, session.person)
                && reply.ended.high < session.lives_until - self.back
        })
    }

    /// Whether nothing may have ended it, so that it has to admit its owner.
    fn is_alive(&self, sid: &str, ended: Moment) -> bool {
        self.sessions.get(sid).is_some_and(|session| {
            let version = self.accounts.get(&session.person).map(|account| account.version);
            !session.is_shared
                && session.alive_in.is_some()
                && session.alive_in == version
                && ended.high < session.lives_until - self.back
        })
    }

    /// The latest refresh token of each session, with whether it has ended.
    pub(crate) fn chains(&self) -> Vec<(String, String, i64, bool)> {
        let latest = |session: &Session| {
            session.known.last_key_value().map(|(generation, known)| (known.token.clone(), *generation))
        };
        let all = self.sessions.iter().filter_map(|(sid, session)| {
            let (token, generation) = latest(session)?;
            Some((sid.clone(), token, generation, session.ended.is_some()))
        });
        all.collect()
    }
}
