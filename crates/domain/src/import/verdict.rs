//! Who gets in: the one rule that every store applies, and a dry run as well.

use crate::Timestamp;
use crate::account::{EmailAddress, User, UserId, Username};
use std::collections::{HashMap, HashSet};
use std::fmt;

/// What becomes of an account that is to be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportVerdict {
    /// Nothing stands in its way.
    Imported,
    /// It was imported before, and whatever happened to it since stays.
    AlreadyThere,
    /// It is left out.
    Conflict(Vec<Obstacle>),
}

/// What stands in the way of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// Its id is that of another account here.
    Id,
    /// Its id was that of an account here that an administrator deleted, perhaps itself; no id is used twice.
    Retired,
    /// Its address, whatever its case, belongs to this account.
    Email(UserId),
    /// Its username, whatever its case, belongs to this account.
    Username(UserId),
}

/// Who has the ids, addresses and usernames that accounts of a batch want.
#[derive(Debug, Default)]
pub struct Standing {
    ids: HashMap<UserId, (EmailAddress, Timestamp)>,
    emails: HashMap<EmailAddress, UserId>,
    usernames: HashMap<Username, UserId>,
    retired: HashSet<UserId>,
}

impl Standing {
    /// These accounts stand in the way, and these ids were those of accounts that are gone.
    pub fn new(users: impl IntoIterator<Item = User>, retired: impl IntoIterator<Item = UserId>) -> Self {
        let mut standing = Self { retired: retired.into_iter().collect(), ..Self::default() };
        for user in users {
            standing.add(&user);
        }
        standing
    }

    /// What becomes of `user`; an account that gets in stands in the way of those after it.
    ///
    /// The same account is known by its id and either its address or, since that may have changed here, the moment
    /// of its registration, which never does.
    pub fn judge(&mut self, user: &User) -> ImportVerdict {
        let mut obstacles = Vec::new();
        match self.ids.get(&user.id) {
            Some((email, created_at)) if *email == user.email || *created_at == user.created_at => {
                return ImportVerdict::AlreadyThere;
            }
            Some(_) => obstacles.push(Obstacle::Id),
            None if self.retired.contains(&user.id) => obstacles.push(Obstacle::Retired),
            None => {}
        }
        obstacles.extend(self.emails.get(&user.email).copied().map(Obstacle::Email));
        obstacles.extend(self.usernames.get(&user.username).copied().map(Obstacle::Username));
        if !obstacles.is_empty() {
            return ImportVerdict::Conflict(obstacles);
        }
        self.add(user);
        ImportVerdict::Imported
    }

    /// The same, in a run that writes nothing: who got in earlier stands in the way too. Ids come in order, so no
    /// earlier one is wanted again.
    #[must_use]
    pub fn after(self, earlier: Self) -> Self {
        let Self { mut emails, mut usernames, .. } = earlier;
        emails.extend(self.emails);
        usernames.extend(self.usernames);
        Self { emails, usernames, ..self }
    }

    fn add(&mut self, user: &User) {
        self.ids.insert(user.id, (user.email.clone(), user.created_at));
        self.emails.insert(user.email.clone(), user.id);
        self.usernames.insert(user.username.clone(), user.id);
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id => f.write_str("its id belongs to another account here"),
            Self::Retired => f.write_str("its id belonged to an account that was deleted here"),
            Self::Email(holder) => write!(f, "its email belongs to account {holder}"),
            Self::Username(holder) => write!(f, "its username belongs to account {holder}"),
        }
    }
}
