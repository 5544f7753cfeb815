-- Where the chain of seals begins and ends, and what may be removed before its start; indexes for the listing.

CREATE TABLE audit_ends (
    which     TEXT    NOT NULL PRIMARY KEY CHECK (which IN ('start', 'end')),
    -- The last seal that was removed; the last seal that there is.
    number    INTEGER NOT NULL CHECK (number > 0),
    digest    BLOB    NOT NULL CHECK (length(digest) = 32),
    -- How many rows were removed in all, and the highest id of a row that was removed or sealed.
    row_count INTEGER NOT NULL CHECK (row_count >= 0),
    last_row  INTEGER NOT NULL CHECK (last_row >= 0),
    at        INTEGER NOT NULL,
    mac       BLOB    NOT NULL CHECK (length(mac) = 32)
) STRICT, WITHOUT ROWID;

-- The end names the last seal, the start one that comes before it and was not removed yet.
CREATE TRIGGER audit_ends_begin_right BEFORE INSERT ON audit_ends
WHEN NOT EXISTS (
        SELECT 1 FROM audit_seals WHERE number = NEW.number AND mac = NEW.digest
        AND (NEW.which = 'end') = (number = (SELECT max(number) FROM audit_seals))
    )
    OR EXISTS (SELECT 1 FROM audit_ends WHERE which = 'start' AND which = NEW.which AND number >= NEW.number)
BEGIN SELECT RAISE(ABORT, 'an end of the audit is moved with its seal'); END;

CREATE TRIGGER audit_ends_move_with_their_seals BEFORE UPDATE ON audit_ends
WHEN NEW.which <> OLD.which
    OR NOT EXISTS (
        SELECT 1 FROM audit_seals WHERE number = NEW.number AND mac = NEW.digest
        AND (NEW.which = 'end') = (number = (SELECT max(number) FROM audit_seals))
    )
    OR NEW.which = 'start' AND NEW.number <= OLD.number
BEGIN SELECT RAISE(ABORT, 'an end of the audit is moved with its seal'); END;

CREATE TRIGGER audit_ends_are_never_deleted BEFORE DELETE ON audit_ends
BEGIN SELECT RAISE(ABORT, 'an end of the audit is never deleted'); END;

-- What the start covers may go; nothing else.
DROP TRIGGER audit_log_is_never_deleted;
CREATE TRIGGER audit_log_is_never_deleted BEFORE DELETE ON audit_log
WHEN NOT EXISTS (SELECT 1 FROM audit_ends WHERE which = 'start' AND number >= OLD.sealed_by)
BEGIN SELECT RAISE(ABORT, 'a row of the audit is never deleted'); END;

DROP TRIGGER audit_seals_are_never_deleted;
CREATE TRIGGER audit_seals_are_never_deleted BEFORE DELETE ON audit_seals
WHEN NOT EXISTS (SELECT 1 FROM audit_ends WHERE which = 'start' AND number >= OLD.number)
BEGIN SELECT RAISE(ABORT, 'a seal of the audit is never deleted'); END;

CREATE INDEX audit_log_actor ON audit_log (actor, at, id) WHERE actor IS NOT NULL;
CREATE INDEX audit_log_subject ON audit_log (subject, at, id) WHERE subject IS NOT NULL;
CREATE INDEX audit_log_action ON audit_log (action, at, id);
CREATE INDEX audit_log_failures ON audit_log (at, id) WHERE outcome = 'failure';
CREATE INDEX audit_log_ip_address ON audit_log (ip_address, at, id) WHERE ip_address IS NOT NULL;
CREATE INDEX audit_log_request_id ON audit_log (request_id, at, id) WHERE request_id IS NOT NULL;
CREATE INDEX audit_log_at ON audit_log (at, id);
