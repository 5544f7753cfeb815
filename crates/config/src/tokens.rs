//! How access tokens are signed, and which secrets are good enough.

use crate::error::ConfigError;
use crate::reader::Reader;
use crate::secret::SecretText;
use crate::strength;
use crate::text::plain_text;
use crate::variables as var;

/// Settings of access tokens; how long they live is a rule.
#[derive(Debug, Clone)]
pub struct TokenConfig {
    /// How they are signed.
    pub algorithm: TokenAlgorithm,
    /// The key of HS256, HS384 and HS512, long enough for [`TokenConfig::algorithm`]. Production mode has it
    /// when that is one of them.
    pub jwt_secret: Option<SecretText>,
    /// The key of RS256, ES256 and EdDSA, in PEM. Production mode has it when the algorithm is one of them.
    pub private_key: Option<SecretText>,
    /// Their `iss`.
    pub issuer: String,
    /// Their `aud`.
    pub audience: Option<String>,
}

/// A signature algorithm (RFC 7518, 3.1; RFC 8037, 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenAlgorithm {
    /// HMAC with SHA-256.
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl TokenAlgorithm {
    /// Every algorithm, by the name that a token's header bears.
    pub const ALL: [(&'static str, Self); 6] = [
        ("HS256", Self::Hs256),
        ("HS384", Self::Hs384),
        ("HS512", Self::Hs512),
        ("RS256", Self::Rs256),
        ("ES256", Self::Es256),
        ("EdDSA", Self::EdDsa),
    ];

    /// Whether signer and verifier share one secret.
    pub fn is_symmetric(self) -> bool {
        match self {
            Self::Hs256 | Self::Hs384 | Self::Hs512 => true,
            Self::Rs256 | Self::Es256 | Self::EdDsa => false,
        }
    }

    /// The fewest bytes of `JWT_SECRET`: those of the hash (RFC 7518, 3.2).
    fn min_secret_bytes(self) -> usize {
        match self {
            Self::Hs384 => 48,
            Self::Hs512 => 64,
            Self::Hs256 | Self::Rs256 | Self::Es256 | Self::EdDsa => strength::MIN_BYTES,
        }
    }
}

impl TokenConfig {
    /// Reads them, and `SECRET_KEY`, which is held against `JWT_SECRET`.
    pub(crate) fn read(
        reader: &Reader<'_>,
        production: bool,
    ) -> Result<(Self, Option<SecretText>), ConfigError> {
        let algorithm =
            reader.choice(&var::JWT_ALGORITHM, &TokenAlgorithm::ALL)?.unwrap_or(TokenAlgorithm::Hs256);
        let tokens = Self {
            algorithm,
            jwt_secret: reader.secret(&var::JWT_SECRET)?,
            private_key: reader.checked_secret(&var::JWT_PRIVATE_KEY, private_key)?,
            issuer: reader.required(&var::JWT_ISSUER, plain_text)?,
            audience: reader.optional(&var::JWT_AUDIENCE, plain_text)?,
        };
        let secret_key = reader.secret(&var::SECRET_KEY)?;
        if let Some(secret) = &tokens.jwt_secret {
            strength::check_length(secret, algorithm.min_secret_bytes())
                .map_err(|why| reader.refusal(&var::JWT_SECRET, &why))?;
        }
        if production {
            tokens.check_for_production(reader, secret_key.as_ref())?;
        }
        Ok((tokens, secret_key))
    }

    fn check_for_production(
        &self,
        reader: &Reader<'_>,
        secret_key: Option<&SecretText>,
    ) -> Result<(), ConfigError> {
        if self.algorithm.is_symmetric() && self.jwt_secret.is_none() {
            return Err(ConfigError::missing(&var::JWT_SECRET, "production mode signs tokens with it"));
        }
        if !self.algorithm.is_symmetric() && self.private_key.is_none() {
            return Err(ConfigError::missing(&var::JWT_PRIVATE_KEY, "production mode signs tokens with it"));
        }
        if let Some(secret) = &self.jwt_secret {
            strength::check(secret).map_err(|why| reader.refusal(&var::JWT_SECRET, &why))?;
        }
        let Some(key) = secret_key else {
            let none = self.jwt_secret.is_none();
            let why = "production mode derives its keys from it, and there is no JWT_SECRET in its place";
            return if none { Err(ConfigError::missing(&var::SECRET_KEY, why)) } else { Ok(()) };
        };
        strength::check(key).map_err(|why| reader.refusal(&var::SECRET_KEY, &why))?;
        if self.jwt_secret.as_ref().is_some_and(|secret| secret.expose() == key.expose()) {
            return Err(reader.refusal(&var::SECRET_KEY, "it is the same as JWT_SECRET"));
        }
        Ok(())
    }
}

/// A private key in PEM. One that came through an environment file has `\n` for its newlines.
fn private_key(text: &str) -> Result<SecretText, String> {
    let pem = if text.contains('\n') { text.to_owned() } else { text.replace("\\n", "\n") };
    let Some(label) = pem.strip_prefix("-----BEGIN ").and_then(|rest| rest.split("-----").next()) else {
        return Err("it does not begin with -----BEGIN".into());
    };
    let complete = pem.trim_end().ends_with(&format!("-----END {label}-----"));
    match label {
        "PRIVATE KEY" | "RSA PRIVATE KEY" if complete => Ok(SecretText::new(pem)),
        "PRIVATE KEY" | "RSA PRIVATE KEY" => Err("it is cut off".into()),
        "EC PRIVATE KEY" => Err("it is SEC1; `openssl pkcs8 -topk8 -nocrypt` makes PKCS#8 of it".into()),
        "ENCRYPTED PRIVATE KEY" => Err("it is encrypted".into()),
        _ => Err("it is PEM, but no private key".into()),
    }
}
