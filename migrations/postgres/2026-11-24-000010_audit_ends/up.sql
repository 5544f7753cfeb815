-- Where the chain of seals begins and ends, and what may be removed before its start.
--
-- The version before goes on meanwhile and afterwards: its seals move no end, which a verification knows, and it
-- deletes nothing.

CREATE TABLE audit_ends (
    which     text        COLLATE "C" PRIMARY KEY,
    -- The last seal that was removed; the last seal that there is.
    number    bigint      NOT NULL CHECK (number > 0),
    digest    bytea       NOT NULL CHECK (octet_length(digest) = 32),
    -- How many rows were removed in all, and the highest id of a row that was removed or sealed.
    row_count bigint      NOT NULL CHECK (row_count >= 0),
    last_row  bigint      NOT NULL CHECK (last_row >= 0),
    at        timestamptz NOT NULL,
    mac       bytea       NOT NULL CHECK (octet_length(mac) = 32),
    CONSTRAINT audit_ends_which_check CHECK (which IN ('start', 'end'))
);

-- The end names the last seal, the start one that comes before it and was not removed yet.
CREATE FUNCTION check_the_end_of_the_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
            SELECT FROM audit_seals WHERE number = NEW.number AND mac = NEW.digest
            AND (NEW.which = 'end') = (number = (SELECT max(number) FROM audit_seals))
        )
        OR TG_OP = 'UPDATE' AND (NEW.which <> OLD.which OR NEW.which = 'start' AND NEW.number <= OLD.number)
    THEN
        RAISE EXCEPTION '% of %: an end of the audit is moved with its seal', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER audit_ends_move_with_their_seals BEFORE INSERT OR UPDATE ON audit_ends
    FOR EACH ROW EXECUTE FUNCTION check_the_end_of_the_audit();

CREATE TRIGGER audit_ends_are_never_deleted BEFORE DELETE ON audit_ends
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_the_audit('an end of the audit is never deleted');

CREATE TRIGGER audit_ends_are_never_truncated BEFORE TRUNCATE ON audit_ends
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_the_audit('an end of the audit is never deleted');

-- What the start covers may go; nothing else.
CREATE FUNCTION refuse_to_remove_what_is_not_cut() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce((to_jsonb(OLD) ->> TG_ARGV[1])::bigint
            <= (SELECT number FROM audit_ends WHERE which = 'start'), false)
    THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '% of %: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = 'restrict_violation';
END
$$;

CREATE OR REPLACE TRIGGER audit_log_is_never_deleted BEFORE DELETE ON audit_log
    FOR EACH ROW
    EXECUTE FUNCTION refuse_to_remove_what_is_not_cut('a row of the audit is never deleted', 'sealed_by');

CREATE OR REPLACE TRIGGER audit_seals_are_never_deleted BEFORE DELETE ON audit_seals
    FOR EACH ROW
    EXECUTE FUNCTION refuse_to_remove_what_is_not_cut('a seal of the audit is never deleted', 'number');
