//! What no store keeps: hashing and delivery behind the gate, tokens and randomness that cost nothing.

use super::Gated;
use crate::random::Random;
use async_trait::async_trait;
use evently_auth_domain::Timestamp;
use evently_auth_domain::access::{AccessClaims, AccessToken};
use evently_auth_domain::client::Network;
use evently_auth_domain::error::StoreError;
use evently_auth_domain::password::{Password, PasswordHash};
use evently_auth_domain::ports::{
    AccessTokens, Entropy, Envelope, HashError, InvalidAccessToken, Mailer, MailerError, PasswordHasher,
    PasswordVerdict,
};
use std::sync::{Mutex, PoisonError};

#[async_trait]
impl<P: PasswordHasher> PasswordHasher for Gated<P> {
    async fn hash(&self, password: &Password, network: Option<Network>) -> Result<PasswordHash, HashError> {
        let work = async { Ok(self.port.hash(password, network).await) };
        self.gate.pass("hasher.hash", work).await?
    }

    async fn verify(
        &self,
        password: &Password,
        hash: Option<&PasswordHash>,
        network: Option<Network>,
    ) -> Result<PasswordVerdict, HashError> {
        let work = async { Ok(self.port.verify(password, hash, network).await) };
        self.gate.pass("hasher.verify", work).await?
    }

    fn has_room(&self, network: Option<Network>) -> Result<(), HashError> {
        self.port.has_room(network)
    }
}

#[async_trait]
impl<P: Mailer> Mailer for Gated<P> {
    async fn send(&self, envelope: &Envelope) -> Result<(), MailerError> {
        let work = async { Ok(self.port.send(envelope).await) };
        self.gate
            .pass("mailer.send", work)
            .await
            .map_err(|broken| MailerError::Temporary(broken.to_string()))?
    }
}

/// Access tokens that name a row of a table: nothing to sign, so nothing to forge. Forging is attacked elsewhere.
#[derive(Default)]
pub(crate) struct TableTokens(Mutex<Vec<AccessClaims>>);

impl TableTokens {
    pub(crate) fn claims(&self, token: &str) -> Option<AccessClaims> {
        let row: usize = token.parse().ok()?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(row).cloned()
    }
}

impl AccessTokens for TableTokens {
    fn issue(&self, claims: &AccessClaims) -> Result<AccessToken, StoreError> {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.push(claims.clone());
        Ok(AccessToken::new((table.len() - 1).to_string()))
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims, InvalidAccessToken> {
        self.claims(token).filter(|claims| claims.expires_at > now).ok_or(InvalidAccessToken)
    }
}

/// Randomness of a stream of its own.
pub(crate) struct Stream(Mutex<Random>);

impl Stream {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Mutex::new(Random::new(seed)))
    }
}

impl Entropy for Stream {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), StoreError> {
        let mut random = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in bytes.chunks_mut(8) {
            let block = random.next().to_be_bytes();
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}
