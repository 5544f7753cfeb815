//! What was acknowledged, held against database and mailbox: nothing lost, nothing granted.

use super::account::{Account, DRAINED, Fact};
use super::world::World;
use crate::harness::Production;
use std::collections::{BTreeSet, HashMap};
use std::thread;
use std::time::{Duration, Instant};

/// A lease of a minute, and what a mail waits after several failed attempts.
const DELIVERY: Duration = Duration::from_secs(180);

/// For whatever happens between a moment and the note of it.
const SLACK: Duration = Duration::from_secs(1);

pub(super) struct Oracle<'a> {
    pub(super) site: &'a Production,
    pub(super) world: &'a World,
}

struct Row {
    id: i64,
    facts: [bool; 3],
    full_name: Option<String>,
    username: String,
}

impl Oracle<'_> {
    fn sql(&self, sql: &str) -> Vec<Vec<String>> {
        let text = self.site.runtime.block_on(self.site.postgres.sql("postgres", sql)).unwrap();
        text.lines().map(|line| line.split('|').map(str::to_owned).collect()).collect()
    }

    fn number(&self, sql: &str) -> i64 {
        self.sql(sql)[0][0].parse().unwrap()
    }

    fn violation(&self, what: impl AsRef<str>) {
        self.world.book.violation(what);
    }

    /// Waits until no mail waits. With `hurry` nobody waits for leases of the dead and for pauses between attempts to
    /// end: they are ended in the database.
    pub(super) fn until_delivered(&self, hurry: bool) {
        let begun = Instant::now();
        while self.number("SELECT count(*) FROM outbox WHERE status = 'queued'") > 0 {
            if begun.elapsed() > DELIVERY {
                self.violation("mails still wait");
                break;
            }
            thread::sleep(Duration::from_millis(500));
            if hurry && begun.elapsed() > Duration::from_secs(3) {
                self.sql("UPDATE outbox SET next_attempt_at = now() WHERE status = 'queued' AND next_attempt_at > now()");
                thread::sleep(Duration::from_secs(2));
            }
        }
        // What stands in for a mail to an address that gets none is written as expired, to a place that cannot be.
        let others = self.sql(
            "SELECT recipient, kind, status, last_error FROM outbox WHERE status NOT IN ('queued', 'sent')
                AND NOT (status = 'expired' AND recipient LIKE '%.invalid')",
        );
        if !others.is_empty() {
            self.violation(format!("mails that were given up: {others:?}"));
        }
        self.world.letters.collect(&self.site.sink);
    }

    /// Each acknowledged mail came, under one Message-ID; nobody got another.
    pub(super) fn hold_mails(&self, accounts: &[Account], staff: &[&str]) {
        for account in accounts {
            for wrong in account.differences(&self.world.letters.counts(&account.email)) {
                self.violation(format!("mails to {}: {wrong}", account.email));
            }
        }
        let mut strangers = self.world.letters.addresses();
        for known in accounts.iter().map(|account| account.email.as_str()).chain(staff.iter().copied()) {
            strangers.remove(known);
        }
        if !strangers.is_empty() {
            self.violation(format!("mails to strangers: {strangers:?}"));
        }
        let (duplicates, changed) = self.world.letters.duplicates();
        self.world.book.entries().duplicates = duplicates;
        if !changed.is_empty() {
            self.violation(format!("another mail under the same Message-ID: {changed:?}"));
        }
    }

    /// Each acknowledged account is there as it was acknowledged, and nobody else is. What was in doubt is settled.
    pub(super) fn hold_accounts(&self, accounts: &mut [Account], staff: &[&str]) {
        let rows = self.sql(
            "SELECT email, id, is_verified, is_active, role = 'admin', username, coalesce('=' || full_name, '') FROM users",
        );
        let read = |row: Vec<String>| {
            let facts = [2, 3, 4].map(|at| row[at] == "t");
            let full_name = row[6].strip_prefix('=').map(str::to_owned);
            (row[0].clone(), Row { id: row[1].parse().unwrap(), facts, full_name, username: row[5].clone() })
        };
        let mut rows: HashMap<String, Row> = rows.into_iter().map(read).collect();
        for account in accounts {
            let row = rows.remove(&account.email);
            let mut wrong = Vec::new();
            let mut settle = |name: &'static str, fact: &mut Fact<bool>, found: bool| {
                if !fact.admits(&found) {
                    wrong.push(format!("{name} is {found}"));
                }
                fact.acknowledge(found);
            };
            settle("existence", &mut account.exists, row.is_some());
            if let Some(row) = row {
                settle("is_verified", &mut account.verified, row.facts[0]);
                settle("is_active", &mut account.active, row.facts[1]);
                settle("administrator", &mut account.admin, row.facts[2]);
                if !account.full_name.admits(&row.full_name) || account.username != row.username {
                    wrong.push(format!("it is called {:?}, {}", row.full_name, row.username));
                }
                // A registration in doubt has an id that nobody was told.
                if account.id.is_some_and(|id| id != row.id) {
                    wrong.push(format!("its id is {}", row.id));
                }
            }
            if !wrong.is_empty() {
                self.violation(format!("in the database {}: {}", account.email, wrong.join(", ")));
            }
        }
        let strangers: BTreeSet<_> = rows.keys().filter(|email| !staff.contains(&email.as_str())).collect();
        if !strangers.is_empty() {
            self.violation(format!("accounts of strangers: {strangers:?}"));
        }
    }

    /// No session is open but those that were answered, and as many as there were logins without an answer.
    pub(super) fn hold_sessions(&self, accounts: &[Account]) {
        let rows = self.sql("SELECT u.email, s.session_token FROM user_sessions s JOIN users u ON u.id = s.user_id WHERE s.is_active");
        let mut open: HashMap<String, Vec<String>> = HashMap::new();
        for row in rows {
            open.entry(row[0].clone()).or_default().push(row[1].clone());
        }
        for account in accounts {
            let open = open.remove(&account.email).unwrap_or_default();
            let is_unknown = |sid: &&String| {
                !account.sessions.iter().any(|session| !session.is_dead() && session.sid() == sid.as_str())
            };
            let unknown = open.iter().filter(is_unknown).count();
            if unknown > account.lost_logins {
                let lost = account.lost_logins;
                self.violation(format!(
                    "{}: {unknown} unknown open sessions, {lost} lost logins",
                    account.email
                ));
            }
        }
    }

    /// Each live session that was refused ended when a refresh without an answer may have arrived, says the audit. Asked
    /// when every token was shown.
    pub(super) fn hold_late(&self) {
        let late = self.world.book.entries().late.clone();
        for (sid, lost) in late {
            let (from, to) = (lost.first.elapsed() + SLACK, lost.last.elapsed());
            let found = self.number(&format!(
                "SELECT count(*) FROM audit_log WHERE action = 'session.refresh_token_reused' AND sid = '{sid}'
                    AND at BETWEEN now() - interval '{} ms' AND now() - interval '{} ms' + interval '{} ms'",
                from.as_millis(),
                to.as_millis(),
                (DRAINED + SLACK).as_millis()
            ));
            if found == 0 {
                self.violation(format!("session {sid} was refused, and the audit does not say why"));
            }
        }
    }

    /// The audit is whole, and there is an administrator.
    pub(super) fn hold_audit(&self) {
        let verified = self.site.run(&["audit", "verify"], "");
        if !verified.status.success() {
            self.violation(format!("audit verify: {verified:?}"));
        }
        if self.number("SELECT count(*) FROM users WHERE role = 'admin' AND is_active") == 0 {
            self.violation("there is no administrator");
        }
    }
}
