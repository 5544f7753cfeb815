//! `UserImports` in process.

use crate::state::{Account, MemoryStore, State};
use async_trait::async_trait;
use evently_auth_domain::Timestamp;
use evently_auth_domain::account::{Credentials, User};
use evently_auth_domain::audit::{AuditAction, AuditOutcome};
use evently_auth_domain::effects::Effects;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::import::{ImportVerdict, Standing, import_event};
use evently_auth_domain::ports::UserImports;

#[async_trait]
impl UserImports for MemoryStore {
    async fn standing(&self, accounts: &[Credentials]) -> Result<Standing, StoreError> {
        Ok(self.state()?.standing(accounts))
    }

    async fn import(
        &self,
        accounts: Vec<Credentials>,
        at: Timestamp,
    ) -> Result<Vec<ImportVerdict>, StoreError> {
        let mut state = self.state()?;
        let mut standing = state.standing(&accounts);
        let verdicts: Vec<_> = accounts.iter().map(|account| standing.judge(&account.user)).collect();
        let mut imported = Vec::new();
        for (Credentials { user, password }, verdict) in accounts.into_iter().zip(&verdicts) {
            if *verdict == ImportVerdict::Imported {
                imported.push(user.id);
                state.pass_number(user.id.0);
                state.users.insert(user.id, Account { user, password, wish: 0 });
            }
        }
        if let Some(event) = import_event(&imported, at) {
            state.write(Effects::audit(event), None);
        }
        Ok(verdicts)
    }
}

impl State {
    fn standing(&self, accounts: &[Credentials]) -> Standing {
        let in_the_way = |user: &&User| {
            accounts.iter().any(|Credentials { user: new, .. }| {
                user.id == new.id || user.email == new.email || user.username == new.username
            })
        };
        let users = self.users.values().map(|account| &account.user).filter(in_the_way).cloned();
        let deletions = self.audit.iter().map(|record| &record.event).filter(|event| {
            event.action == AuditAction::UserDeleted && event.outcome == AuditOutcome::Success
        });
        Standing::new(users, deletions.filter_map(|event| event.subject))
    }
}
