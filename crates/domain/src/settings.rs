//! What an operator may decide about the rules.

use crate::limits::Limit;
use crate::password::PasswordPolicy;
use chrono::TimeDelta;

/// The rules' parameters; [`Settings::default`] is the contract's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How long an access token lives (`JWT_EXPIRY_MINUTES`).
    pub access_token_lifetime: TimeDelta,
    /// How long a session lives (`REFRESH_TOKEN_EXPIRY_DAYS`).
    pub session_lifetime: TimeDelta,
    /// After how long without use a session ends (`SESSION_IDLE_MINUTES`).
    pub session_idle_limit: Option<TimeDelta>,
    /// What happens when a session is used from elsewhere (`SESSION_BINDING`).
    pub session_binding: SessionBinding,
    /// Whether a registration tells that its address is taken (`REGISTRATION_PRIVACY`).
    pub registration_privacy: RegistrationPrivacy,
    /// How long a never-verified account keeps its address and username (`UNVERIFIED_EXPIRY_HOURS`).
    pub unverified_lifetime: TimeDelta,
    /// How long the audit is kept (`AUDIT_RETENTION_DAYS`); for ever, unless told otherwise.
    pub audit_retention: Option<TimeDelta>,
    /// What a new password must be.
    pub password_policy: PasswordPolicy,
    /// Who may do what how often.
    pub limits: LimitSettings,
    /// Attempts before a mail is given up (`MAX_RETRIES` retries after the first).
    pub mail_max_attempts: u32,
    /// The first wait after a failed attempt, doubled each time (`RETRY_DELAY`).
    pub mail_retry_delay: TimeDelta,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            access_token_lifetime: TimeDelta::minutes(30),
            session_lifetime: TimeDelta::days(7),
            session_idle_limit: None,
            session_binding: SessionBinding::Record,
            registration_privacy: RegistrationPrivacy::Reveal,
            unverified_lifetime: TimeDelta::hours(24),
            audit_retention: None,
            password_policy: PasswordPolicy::default(),
            limits: LimitSettings::default(),
            mail_max_attempts: 9,
            mail_retry_delay: TimeDelta::seconds(60),
        }
    }
}

/// What happens when a session is used from another address (IPv6: /64) or with another product than it was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionBinding {
    /// Nothing.
    Off,
    /// The audit records each use from a place that is neither where it was made nor where it was last used besides.
    Record,
    /// Another user agent is refused.
    UserAgent,
    /// Another address is refused.
    Ip,
    /// Either is refused.
    Both,
}

impl SessionBinding {
    /// Whether some uses are refused.
    pub(crate) fn refuses(self) -> bool {
        match self {
            Self::Off | Self::Record => false,
            Self::UserAgent | Self::Ip | Self::Both => true,
        }
    }
}

/// Whether a registration tells that its address is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationPrivacy {
    /// The caller is refused.
    Reveal,
    /// The caller is answered as for any address, at registration and afterwards; the owner of the address is told.
    Conceal,
}

/// Who may do what how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitSettings {
    /// Failed logins per account and network, and per device that signed in before (`RATE_LIMIT_LOGIN`).
    pub login: Limit,
    /// Failed logins per account, of all networks and strangers together (`RATE_LIMIT_LOGIN_ACCOUNT`).
    pub login_account: Limit,
    /// Login attempts per network (`RATE_LIMIT_LOGIN_ADDRESS`).
    pub login_address: Limit,
    /// Registrations per network (`RATE_LIMIT_REGISTER`).
    pub register: Limit,
    /// Attempts with a code per network (`RATE_LIMIT_VERIFY`).
    pub verify: Limit,
    /// Codes asked for per e-mail address (`RATE_LIMIT_RESEND`).
    pub resend: Limit,
    /// Codes asked for per network (`RATE_LIMIT_RESEND_ADDRESS`).
    pub resend_address: Limit,
    /// Attempts with the current password per user (`RATE_LIMIT_PASSWORD`).
    pub password: Limit,
}

impl Default for LimitSettings {
    fn default() -> Self {
        let limit = |max, minutes| Limit { max, window: TimeDelta::minutes(minutes) };
        Self {
            login: limit(5, 15),
            login_account: limit(100, 15),
            login_address: limit(100, 15),
            register: limit(3, 15),
            verify: limit(5, 5),
            resend: limit(3, 10),
            resend_address: limit(10, 10),
            password: limit(5, 15),
        }
    }
}
