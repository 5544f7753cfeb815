-- Accounts, sessions, one-time codes, waiting mails and the audit of one embedded instance.
--
-- Conventions
-- * Every table is STRICT: a column holds its type and nothing else.
-- * A time is an INTEGER: microseconds since 1970-01-01T00:00:00Z, exact and quick to compare.
-- * Addresses and usernames are kept in lower case (checked), so a plain unique index knows no case.
-- * AUTOINCREMENT: an id is never used twice, not even the one of the last row that was deleted.

CREATE TABLE users (
    id               INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
    email            TEXT    NOT NULL UNIQUE,
    username         TEXT    NOT NULL UNIQUE,
    hashed_password  TEXT    NOT NULL CHECK (hashed_password <> ''),
    full_name        TEXT             CHECK (length(full_name) BETWEEN 1 AND 255),
    is_active        INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    is_verified      INTEGER NOT NULL CHECK (is_verified IN (0, 1)),
    role             TEXT    NOT NULL CHECK (role IN ('user', 'admin')),
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    last_login       INTEGER,
    -- The address that takes over once it is proven, and when that was asked for: the latest wish is served.
    pending_email    TEXT,
    pending_email_at INTEGER,
    -- Until when a never-verified account keeps its address and username to itself.
    claim_expires_at INTEGER,
    CHECK (email = lower(email) AND length(email) BETWEEN 3 AND 254),
    CHECK (username = lower(username) AND length(username) BETWEEN 3 AND 100),
    CHECK (pending_email = lower(pending_email) AND length(pending_email) BETWEEN 3 AND 254),
    CHECK ((pending_email IS NULL) = (pending_email_at IS NULL)),
    CHECK (claim_expires_at IS NULL OR is_verified = 0)
) STRICT;

CREATE INDEX users_pending_email ON users (pending_email, pending_email_at);
CREATE INDEX users_claim_expires_at ON users (claim_expires_at);
CREATE INDEX users_role ON users (role);

CREATE TABLE user_sessions (
    id              INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
    user_id         INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- The session's name in tokens (sid). Tokens themselves are made from it and the seed, and never stored.
    session_token   TEXT    NOT NULL UNIQUE CHECK (length(session_token) = 22),
    seed            BLOB    NOT NULL CHECK (length(seed) = 32),
    generation      INTEGER NOT NULL CHECK (generation >= 0),
    seen_generation INTEGER          CHECK (seen_generation >= 0),
    rotated_at      INTEGER,
    is_active       INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    last_accessed   INTEGER NOT NULL,
    ip_address      TEXT,
    user_agent      TEXT             CHECK (length(user_agent) BETWEEN 1 AND 255),
    last_ip_address TEXT,
    last_user_agent TEXT             CHECK (length(last_user_agent) BETWEEN 1 AND 255)
) STRICT;

CREATE INDEX user_sessions_user_id ON user_sessions (user_id, created_at);
CREATE INDEX user_sessions_expires_at ON user_sessions (expires_at);

-- Slots and codes are keyed digests: the table knows neither addresses nor codes.
CREATE TABLE one_time_codes (
    slot           BLOB    NOT NULL PRIMARY KEY CHECK (length(slot) = 32),
    code_mac       BLOB             CHECK (length(code_mac) = 32),
    subject        INTEGER,
    code_ends_at   INTEGER,
    attempts       INTEGER          CHECK (attempts > 0),
    attempts_until INTEGER,
    -- When neither the code nor the count matters any more.
    expires_at     INTEGER NOT NULL,
    CHECK ((code_mac IS NULL) = (code_ends_at IS NULL) AND (code_mac IS NULL) = (subject IS NULL)),
    CHECK ((attempts IS NULL) = (attempts_until IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX one_time_codes_expires_at ON one_time_codes (expires_at);

CREATE TABLE outbox (
    id              INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
    message_id      TEXT    NOT NULL UNIQUE,
    kind            TEXT    NOT NULL,
    priority        INTEGER NOT NULL CHECK (priority IN (0, 1)), -- 0 a code, 1 a notice
    recipient       TEXT    NOT NULL,
    -- Encrypted under a key that is not in here; wiped when the mail is sent or has expired.
    payload         BLOB,
    expires_at      INTEGER,
    request_id      TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    status          TEXT    NOT NULL CHECK (status IN ('queued', 'sent', 'dead', 'expired')),
    attempts        INTEGER NOT NULL CHECK (attempts >= 0),
    -- While the mail is claimed: when the lease ends.
    next_attempt_at INTEGER NOT NULL,
    -- Counts the claims and, unlike attempts, never restarts: who holds an older one settles nothing.
    lease           INTEGER NOT NULL,
    is_claimed      INTEGER NOT NULL CHECK (is_claimed IN (0, 1)),
    last_error      TEXT,
    CHECK ((payload IS NULL) = (status IN ('sent', 'expired'))),
    CHECK (status = 'queued' OR is_claimed = 0),
    CHECK (lease >= attempts)
) STRICT;

CREATE INDEX outbox_queue ON outbox (status, priority, created_at);
-- Sent and expired mails, which are swept away some time after they were written.
CREATE INDEX outbox_settled ON outbox (created_at) WHERE payload IS NULL;

CREATE TABLE audit_seals (
    number INTEGER PRIMARY KEY CHECK (number > 0),
    -- What the seal covers, in order: id (8 bytes, big-endian) and digest (32 bytes) of each row.
    covers BLOB    NOT NULL CHECK (length(covers) % 40 = 0),
    at     INTEGER NOT NULL,
    mac    BLOB    NOT NULL CHECK (length(mac) = 32)
) STRICT;

CREATE TABLE audit_log (
    id         INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id > 0),
    at         INTEGER NOT NULL,
    action     TEXT    NOT NULL,
    outcome    TEXT    NOT NULL CHECK (outcome IN ('success', 'failure')),
    -- Accounts come and go, their events stay: no foreign keys.
    actor      INTEGER,
    subject    INTEGER,
    sid        TEXT,
    ip_address TEXT,
    user_agent TEXT,
    request_id TEXT,
    detail     TEXT,
    mac        BLOB    NOT NULL CHECK (length(mac) = 32),
    sealed_by  INTEGER REFERENCES audit_seals (number)
) STRICT;

CREATE INDEX audit_log_sealed_by ON audit_log (sealed_by);

-- The audit is written once. INSERT is watched too, for INSERT OR REPLACE deletes without firing a delete
-- trigger.
CREATE TRIGGER audit_log_is_never_replaced BEFORE INSERT ON audit_log
WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'a row of the audit is never replaced'); END;

CREATE TRIGGER audit_log_is_never_deleted BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'a row of the audit is never deleted'); END;

CREATE TRIGGER audit_log_is_sealed_once_and_never_changed BEFORE UPDATE ON audit_log
WHEN OLD.sealed_by IS NOT NULL
    OR (NEW.id, NEW.at, NEW.action, NEW.outcome, NEW.actor, NEW.subject, NEW.sid, NEW.ip_address,
        NEW.user_agent, NEW.request_id, NEW.detail, NEW.mac)
    IS NOT
       (OLD.id, OLD.at, OLD.action, OLD.outcome, OLD.actor, OLD.subject, OLD.sid, OLD.ip_address,
        OLD.user_agent, OLD.request_id, OLD.detail, OLD.mac)
BEGIN SELECT RAISE(ABORT, 'a row of the audit is sealed once and never changed'); END;

CREATE TRIGGER audit_seals_are_never_replaced BEFORE INSERT ON audit_seals
WHEN EXISTS (SELECT 1 FROM audit_seals WHERE number = NEW.number)
BEGIN SELECT RAISE(ABORT, 'a seal of the audit is never replaced'); END;

CREATE TRIGGER audit_seals_are_never_deleted BEFORE DELETE ON audit_seals
BEGIN SELECT RAISE(ABORT, 'a seal of the audit is never deleted'); END;

CREATE TRIGGER audit_seals_are_never_changed BEFORE UPDATE ON audit_seals
BEGIN SELECT RAISE(ABORT, 'a seal of the audit is never changed'); END;
