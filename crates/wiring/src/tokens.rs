//! Access tokens: the configured key, or in embedded mode one that is made on the first start.

use crate::error::WiringError;
use crate::keys;
use evently_auth_config::{TokenAlgorithm, TokenConfig};
use evently_auth_crypto::{JwtAccessTokens, JwtAlgorithm, JwtKey, JwtKeyError, OsEntropy};
use std::path::Path;

/// The issuer that `config` asks for; a key that it does not give is kept in `folder`, where there is one.
pub(crate) fn access_tokens(
    config: &TokenConfig,
    folder: Option<&Path>,
) -> Result<JwtAccessTokens, WiringError> {
    let keep = |variable, name: &str, make: &dyn Fn() -> Result<String, WiringError>| match folder {
        Some(folder) => keys::keep(folder, name, make),
        None => Err(WiringError::Setting { variable, why: "production mode makes no key of its own".into() }),
    };
    let algorithm = algorithm(config.algorithm);
    let key = if algorithm.is_symmetric() {
        let secret = match &config.jwt_secret {
            Some(secret) => secret.expose().to_owned(),
            None => keep("JWT_SECRET", "jwt-secret", &|| keys::random_secret(&OsEntropy))?,
        };
        JwtKey::hmac(algorithm, secret.as_bytes()).map_err(|error| refused("JWT_SECRET", &error))?
    } else {
        let pem = match &config.private_key {
            Some(pem) => pem.expose().to_owned(),
            None => {
                let name = format!("jwt-{}.pem", algorithm.as_str().to_lowercase());
                keep("JWT_PRIVATE_KEY", &name, &|| {
                    JwtKey::generate_pem(algorithm).map_err(|error| refused("JWT_ALGORITHM", &error))
                })?
            }
        };
        JwtKey::from_pem(algorithm, &pem).map_err(|error| refused("JWT_PRIVATE_KEY", &error))?
    };
    Ok(JwtAccessTokens::new(key, &config.issuer, config.audience.clone()))
}

fn algorithm(algorithm: TokenAlgorithm) -> JwtAlgorithm {
    match algorithm {
        TokenAlgorithm::Hs256 => JwtAlgorithm::Hs256,
        TokenAlgorithm::Hs384 => JwtAlgorithm::Hs384,
        TokenAlgorithm::Hs512 => JwtAlgorithm::Hs512,
        TokenAlgorithm::Rs256 => JwtAlgorithm::Rs256,
        TokenAlgorithm::Es256 => JwtAlgorithm::Es256,
        TokenAlgorithm::EdDsa => JwtAlgorithm::EdDsa,
    }
}

fn refused(variable: &'static str, error: &JwtKeyError) -> WiringError {
    WiringError::Setting { variable, why: error.to_string() }
}
