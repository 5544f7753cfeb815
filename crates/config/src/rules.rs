//! The parameters of the domain's rules.

use crate::error::ConfigError;
use crate::reader::Reader;
use crate::variables as var;
use crate::{HashAlgorithm, HashConfig};
use chrono::TimeDelta;
use evently_auth_domain::limits::Limit;
use evently_auth_domain::password::PasswordPolicy;
use evently_auth_domain::settings::{LimitSettings, SessionBinding, Settings};

/// The most bytes of a password that bcrypt reads.
const BCRYPT_MAX_BYTES: usize = 72;

pub(crate) fn read(reader: &Reader<'_>, hashing: &HashConfig) -> Result<Settings, ConfigError> {
    let idle = reader.duration(&var::SESSION_IDLE_MINUTES, TimeDelta::try_minutes)?;
    Ok(Settings {
        access_token_lifetime: reader.duration(&var::JWT_EXPIRY_MINUTES, TimeDelta::try_minutes)?,
        session_lifetime: reader.duration(&var::REFRESH_TOKEN_EXPIRY_DAYS, TimeDelta::try_days)?,
        session_idle_limit: Some(idle).filter(|idle| !idle.is_zero()),
        session_binding: session_binding(reader)?,
        unverified_lifetime: reader.duration(&var::UNVERIFIED_EXPIRY_HOURS, TimeDelta::try_hours)?,
        password_policy: PasswordPolicy {
            min_chars: reader.number(&var::PASSWORD_MIN_LENGTH)?,
            max_bytes: match hashing.algorithm {
                HashAlgorithm::Argon2id => None,
                HashAlgorithm::Bcrypt => Some(BCRYPT_MAX_BYTES),
            },
            composition: reader
                .choice(&var::PASSWORD_POLICY, &[("default", false), ("composition", true)])?
                .unwrap_or_default(),
        },
        limits: limits(reader)?,
        mail_max_attempts: reader.number::<u32>(&var::MAX_RETRIES)?.saturating_add(1),
        mail_retry_delay: reader.duration(&var::RETRY_DELAY, TimeDelta::try_seconds)?,
    })
}

fn session_binding(reader: &Reader<'_>) -> Result<SessionBinding, ConfigError> {
    let options = [
        ("record", SessionBinding::Record),
        ("user_agent", SessionBinding::UserAgent),
        ("ip", SessionBinding::Ip),
        ("both", SessionBinding::Both),
        ("off", SessionBinding::Off),
    ];
    Ok(reader.choice(&var::SESSION_BINDING, &options)?.unwrap_or(SessionBinding::Record))
}

fn limits(reader: &Reader<'_>) -> Result<LimitSettings, ConfigError> {
    let window = reader.duration(&var::RATE_LIMIT_WINDOW, TimeDelta::try_minutes)?;
    let limit = |variable, window| Ok(Limit { max: reader.number(variable)?, window });
    Ok(LimitSettings {
        login: limit(&var::RATE_LIMIT_LOGIN, window)?,
        login_account: limit(&var::RATE_LIMIT_LOGIN_ACCOUNT, window)?,
        login_address: limit(&var::RATE_LIMIT_LOGIN_ADDRESS, window)?,
        register: limit(&var::RATE_LIMIT_REGISTER, window)?,
        verify: limit(&var::RATE_LIMIT_VERIFY, TimeDelta::minutes(5))?,
        resend: limit(&var::RATE_LIMIT_RESEND, TimeDelta::minutes(10))?,
        resend_address: limit(&var::RATE_LIMIT_RESEND_ADDRESS, TimeDelta::minutes(10))?,
        password: limit(&var::RATE_LIMIT_PASSWORD, window)?,
    })
}
