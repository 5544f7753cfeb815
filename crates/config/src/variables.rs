//! The table of all variables. Defaults, ranges, error texts and the documentation come from it, so they
//! agree.

use Takes::{Flag, Number, OneOf, Secret, Text};
use std::fmt;

/// A variable that the service reads.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Variable {
    /// Its name in the environment.
    pub name: &'static str,
    /// Its value when nobody sets it.
    pub default: Option<&'static str>,
    /// Which values it takes.
    pub takes: Takes,
    /// What it decides.
    pub about: &'static str,
    /// Whether it is never shown, and may be given as `NAME_FILE` as well.
    pub secret: bool,
}

/// Which values a variable takes; as text it completes "it takes …".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// A whole number in a range.
    Number {
        /// What is counted; empty when the name says it.
        unit: &'static str,
        /// The least.
        min: u64,
        /// The most.
        max: u64,
    },
    /// One of these words, in any case.
    OneOf(&'static [&'static str]),
    /// Yes or no.
    Flag,
    /// Text as described.
    Text(&'static str),
    /// Text as described, that nobody may see.
    Secret(&'static str),
}

impl fmt::Display for Takes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number { unit: "", min, max } => write!(f, "a whole number, {min} to {max}"),
            Number { unit, min, max } => write!(f, "a whole number of {unit}, {min} to {max}"),
            OneOf(words) => write!(f, "one of `{}`", words.join("`, `")),
            Flag => f.write_str("`true` or `false`"),
            Text(text) | Secret(text) => f.write_str(text),
        }
    }
}

/// The table as Markdown, for the documentation.
pub fn markdown_table() -> String {
    let mut table =
        String::from("| Variable | Default | Takes | What it decides |\n| --- | --- | --- | --- |\n");
    for variable in VARIABLES {
        let Variable { name, takes, about, .. } = variable;
        let file = if variable.secret { format!(", `{name}_FILE`") } else { String::new() };
        let default = variable.default.map(|default| format!("`{default}`")).unwrap_or_default();
        table.push_str(&format!("| `{name}`{file} | {default} | {takes} | {about} |\n"));
    }
    table
}

const fn number(unit: &'static str, min: u64, max: u64) -> Takes {
    Number { unit, min, max }
}

/// Port 0 is no port that somebody can be reached at.
const PORT_NUMBER: Takes = number("", 1, 65_535);
const TIMES: Takes = number("requests", 1, 1_000_000);
const HOST_NAME: Takes = Text("a host name or an IP address");
const PLAIN: Takes = Text("text without control characters, at most 255 characters");
const NODES: Takes = Text("a comma-separated list of `host:port`");

/// Makes a constant of each line, and [`VARIABLES`] of all.
macro_rules! variables {
    ($($name:ident = $default:expr, $takes:expr, $about:expr;)+) => {
        $(pub(crate) const $name: Variable = Variable {
            name: stringify!($name),
            default: $default,
            takes: $takes,
            about: $about,
            secret: matches!($takes, Secret(_)),
        };)+

        /// Every variable, in the order of the documentation.
        pub const VARIABLES: &[Variable] = &[$($name),+];
    };
}

variables! {
    HOST = Some("127.0.0.1"), Text("an IP address or `localhost`"), "The address that the server listens on.";
    PORT = Some("8000"), number("", 0, 65_535), "The port that the server listens on; 0 is any free one.";
    PUBLIC_URL = None,
        Text("an http or https URL without query and fragment, such as `https://auth.example.com`"),
        "Where users reach the service; links in mails start with it. With https, browsers are told to use nothing \
            else for this host and those below it, for a year (HSTS).";
    CORS_ORIGINS = None,
        Text("a comma-separated list of origins such as `https://app.example.com`, without path; never `*`, \
            because requests carry credentials: name each origin"),
        "The web origins whose scripts may call the service.";
    TRUSTED_PROXIES = None, Text("a comma-separated list of CIDRs or IP addresses such as `10.0.0.0/8`"),
        "The proxies whose `X-Forwarded-For` is believed.";
    DATA_DIR = Some("./data"), Text("a folder that the service may write to"),
        "Where embedded mode keeps its database, keys and mails.";

    DATABASE_URL = None,
        Secret("`postgres://user:password@host:port/name`, percent-encoded, with at most \
            `?sslmode=disable`, `require`, `verify-ca` or `verify-full`"),
        "The PostgreSQL database; with it, or with `DB_HOST`, the service runs in production mode. What it \
            leaves out comes from `DB_*`.";
    DB_HOST = None, Text("a host name, an IP address or the folder of a Unix socket"),
        "The database's host, where no `DATABASE_URL` is set.";
    DB_PORT = Some("5432"), PORT_NUMBER, "The database's port.";
    DB_NAME = Some("evently_auth"), PLAIN, "The database's name.";
    DB_USER = Some("evently_auth"), PLAIN, "The database's user.";
    DB_PASSWORD = None, Secret("a password; one that everybody knows, such as `postgres`, on this machine alone"),
        "That user's password.";
    DB_USE_TLS = Some("false"), Flag,
        "Whether connections to the database are encrypted, and its certificate verified.";
    DATABASE_REPLICA_URLS = None, Secret("a comma-separated list of URLs like `DATABASE_URL`"),
        "Read replicas; what a URL leaves out is as for the database itself.";
    DB_POOL_SIZE = Some("10"), number("connections", 1, 1_000), "The most connections to each database.";

    REDIS_URL = None,
        Secret("`redis://user:password@host:port/number`, or `rediss://` for TLS, percent-encoded"),
        "The Redis server; production mode needs this or another of `REDIS_*`.";
    REDIS_HOST = None, HOST_NAME, "The Redis server's host, where no `REDIS_URL` is set.";
    REDIS_PORT = Some("6379"), PORT_NUMBER, "The Redis server's port.";
    REDIS_PASSWORD = None,
        Secret("a password; one that everybody knows, such as `redis`, on this machine alone"),
        "The password for Redis, where the URL has none.";
    REDIS_USE_TLS = Some("false"), Flag,
        "Whether connections to Redis are encrypted, and its certificate verified.";
    REDIS_CLUSTER_NODES = None, NODES, "Nodes of a Redis Cluster; comes before `REDIS_URL` and `REDIS_HOST`.";
    REDIS_SENTINELS = None, NODES, "Redis Sentinels; come before `REDIS_URL` and `REDIS_HOST`.";
    REDIS_SENTINEL_MASTER = Some("mymaster"), PLAIN, "What the Sentinels call the master.";

    JWT_ALGORITHM = Some("HS256"), OneOf(&["HS256", "HS384", "HS512", "RS256", "ES256", "EdDSA"]),
        "How access tokens are signed.";
    JWT_SECRET = None,
        Secret("at least 32 random bytes as text (48 for HS384, 64 for HS512), such as from `openssl rand \
            -base64 48`"),
        "Signs access tokens with HS256, HS384 and HS512; services that verify them share it. Embedded mode \
            makes one.";
    JWT_PRIVATE_KEY = None, Secret("an unencrypted private key in PEM"),
        "Signs access tokens with RS256, ES256 and EdDSA. Embedded mode makes one.";
    JWT_EXPIRY_MINUTES = Some("30"), number("minutes", 1, 1_440), "How long an access token lives.";
    JWT_ISSUER = Some("evently-auth"), PLAIN, "The `iss` of access tokens.";
    JWT_AUDIENCE = None, PLAIN, "The `aud` of access tokens; without it they have none.";
    REFRESH_TOKEN_EXPIRY_DAYS = Some("7"), number("days", 1, 365),
        "How long a session lives after its login.";
    SECRET_KEY = None,
        Secret("at least 32 random bytes as text, other ones than `JWT_SECRET`, such as from `openssl rand \
            -base64 48`"),
        "The keys of refresh tokens, device tokens, codes, waiting mails and the audit come from it. \
            Embedded mode makes one.";
    ZERO_TOKEN = None, Secret("a token of the Zero secrets manager"),
        "Opens the Zero secrets manager: what neither environment nor file gives comes from its project \
            `evently`, under keys such as `db-host` for `DB_HOST`.";
    ZERO_URL = Some("https://core.tryzero.com/graphql"),
        Text("an https URL without query and fragment, or an http one on this machine"),
        "Where the Zero secrets manager answers.";

    SESSION_BINDING = Some("record"), OneOf(&["record", "user_agent", "ip", "both", "off"]),
        "What happens when a session is used from another user agent or address: the audit records it, it \
            is refused, or nothing.";
    SESSION_IDLE_MINUTES = Some("0"), number("minutes", 0, 525_600),
        "After how long without use a session ends; 0 is never.";
    REGISTRATION_PRIVACY = Some("reveal"), OneOf(&["reveal", "conceal"]),
        "Whether a registration tells that its address is taken; with `conceal` the answer is that for any \
            address, and its owner gets a mail.";
    UNVERIFIED_EXPIRY_HOURS = Some("24"), number("hours", 1, 8_760),
        "How long an account that was never verified keeps its address and username.";
    AUDIT_RETENTION_DAYS = Some("0"), number("days", 0, 36_500),
        "How long the audit is kept, by whole days in UTC; 0 is for ever.";

    // At least 8, and 64 have to be possible (NIST SP 800-63B-4, 3.1.1.2).
    PASSWORD_MIN_LENGTH = Some("8"), number("characters", 8, 64), "The shortest new password.";
    PASSWORD_POLICY = Some("default"), OneOf(&["default", "composition"]),
        "`composition` asks for an upper-case letter, a lower-case letter and a digit as well.";
    PASSWORD_HASH = Some("argon2id"), OneOf(&["argon2id", "bcrypt"]),
        "How new passwords are hashed; `bcrypt` takes at most 72 bytes of a password.";
    // 7 MiB is the least that OWASP names; the most keeps one login from taking all memory or whole seconds.
    ARGON2_MEMORY_KIB = Some("19456"), number("KiB", 7_168, 262_144), "The memory of one hash.";
    ARGON2_ITERATIONS = Some("2"), number("", 1, 20), "The passes over that memory.";
    ARGON2_PARALLELISM = Some("1"), number("", 1, 16), "The lanes of one hash.";
    BCRYPT_COST = Some("12"), number("", 10, 16),
        "The logarithm of bcrypt's rounds; each step doubles the time.";

    RATE_LIMIT_WINDOW = Some("15"), number("minutes", 1, 1_440),
        "The window of `RATE_LIMIT_LOGIN`, `_LOGIN_ACCOUNT`, `_LOGIN_ADDRESS`, `_REGISTER` and `_PASSWORD`.";
    RATE_LIMIT_LOGIN = Some("5"), TIMES,
        "Failed logins per e-mail address or username and client address, and per device that signed in to the account before.";
    RATE_LIMIT_LOGIN_ACCOUNT = Some("100"), TIMES,
        "Failed logins per e-mail address or username, from all client addresses together, but for devices that signed in to the account before.";
    RATE_LIMIT_LOGIN_ADDRESS = Some("100"), TIMES, "Login attempts per client address.";
    RATE_LIMIT_REGISTER = Some("3"), TIMES, "Registrations per client address.";
    RATE_LIMIT_VERIFY = Some("5"), TIMES, "Attempts with a code per client address, in 5 minutes.";
    RATE_LIMIT_RESEND = Some("3"), TIMES, "Codes asked for per e-mail address, in 10 minutes.";
    RATE_LIMIT_RESEND_ADDRESS = Some("10"), TIMES, "Codes asked for per client address, in 10 minutes.";
    RATE_LIMIT_PASSWORD = Some("5"), TIMES, "Password changes and e-mail changes per user.";

    SMTP_HOST = None, HOST_NAME, "The mail server.";
    SMTP_PORT = Some("587"), PORT_NUMBER, "The mail server's port.";
    SMTP_USERNAME = None, PLAIN, "The user at the mail server; needs `SMTP_PASSWORD`.";
    SMTP_PASSWORD = None, Secret("a password, beside `SMTP_USERNAME`"), "That user's password.";
    SMTP_USE_TLS = Some("true"), Flag,
        "Whether mail goes out encrypted: by TLS from the start on port 465, by STARTTLS, never without, on \
            any other.";
    FROM_ADDRESS = Some("no-reply@evently.example"), Text("an e-mail address"), "The sender of mails.";
    FROM_NAME = Some("Evently"), PLAIN, "The sender's name.";
    MAX_RETRIES = Some("8"), number("", 0, 100), "Attempts to deliver a mail after the first.";
    RETRY_DELAY = Some("60"), number("seconds", 1, 86_400),
        "The wait before the first of them; each next one doubles it.";

    WORKER_PORT = Some("8001"), number("", 0, 65_535),
        "The port, on `HOST`, of a worker's health and metrics; 0 is any free one.";
    WORKER_CONCURRENCY = Some("8"), number("mails", 1, 256), "How many mails a worker sends at once.";

    LOG_FORMAT = None, OneOf(&["json", "pretty"]),
        "How logs are written; when not set, `pretty` in embedded mode and `json` in production mode.";
    RUST_LOG = Some("info,actix_server=warn,actix_http=off"), Text("levels for the log such as `info` or `info,evently_auth_http=debug`"),
        "What is logged.";
    OTEL_EXPORTER_OTLP_ENDPOINT = None,
        Text("an http or https URL without query and fragment, such as `http://collector:4318`"),
        "Where traces go, by OTLP over HTTP to `/v1/traces` below it; without it there are none.";
}

/// The variables that open Zero, and so cannot come from it.
pub(crate) const ZERO_ACCESS: [&str; 2] = [ZERO_TOKEN.name, ZERO_URL.name];
