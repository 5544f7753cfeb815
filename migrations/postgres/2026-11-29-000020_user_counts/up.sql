-- How many accounts there are of each kind, by blocks of ids: what a listing's total and the start of a far page
-- come from, so that neither reads the accounts.
--
-- * Whoever changes accounts notes what that did to the counts in a row of its own, in the same transaction, so
--   that nobody waits for anybody. Counts and changes that are visible at the same moment add up to the accounts
--   that are.
-- * A change that touches none of this, such as a login's, notes nothing.
-- * The version before goes on meanwhile and afterwards: triggers note for it as well.

CREATE TABLE user_counts (
    -- 0: blocks of 64 ids; 1: of 4,096; 2: of 262,144.
    level               smallint NOT NULL CHECK (level IN (0, 1, 2)),
    -- The id divided by the size of a block.
    block               bigint   NOT NULL,
    role                text     COLLATE "C" NOT NULL,
    active_verified     integer  NOT NULL,
    active_unverified   integer  NOT NULL,
    inactive_verified   integer  NOT NULL,
    inactive_unverified integer  NOT NULL,
    PRIMARY KEY (level, block, role)
) WITH (fillfactor = 70);

-- What was not added to the counts yet.
CREATE TABLE user_count_changes (
    id                  bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY CHECK (id > 0),
    -- Of 64 ids.
    block               bigint  NOT NULL,
    role                text    COLLATE "C" NOT NULL,
    active_verified     integer NOT NULL,
    active_unverified   integer NOT NULL,
    inactive_verified   integer NOT NULL,
    inactive_unverified integer NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);

CREATE FUNCTION note_users_made_or_gone() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sign CONSTANT integer := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    INSERT INTO user_count_changes
        (block, role, active_verified, active_unverified, inactive_verified, inactive_unverified)
    SELECT id / 64, role,
        sign * count(*) FILTER (WHERE is_active AND is_verified),
        sign * count(*) FILTER (WHERE is_active AND NOT is_verified),
        sign * count(*) FILTER (WHERE NOT is_active AND is_verified),
        sign * count(*) FILTER (WHERE NOT is_active AND NOT is_verified)
    FROM concerned GROUP BY 1, 2;
    RETURN NULL;
END
$$;

CREATE FUNCTION note_user_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO user_count_changes
        (block, role, active_verified, active_unverified, inactive_verified, inactive_unverified)
    SELECT id / 64, role,
        sum(sign * (is_active AND is_verified)::integer),
        sum(sign * (is_active AND NOT is_verified)::integer),
        sum(sign * (NOT is_active AND is_verified)::integer),
        sum(sign * (NOT is_active AND NOT is_verified)::integer)
    FROM (VALUES
        (-1, OLD.id, OLD.role, OLD.is_active, OLD.is_verified),
        (1, NEW.id, NEW.role, NEW.is_active, NEW.is_verified)
    ) AS concerned (sign, id, role, is_active, is_verified) GROUP BY 1, 2;
    RETURN NULL;
END
$$;

CREATE FUNCTION forget_user_counts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE user_counts, user_count_changes;
    RETURN NULL;
END
$$;

CREATE TRIGGER users_made_are_counted AFTER INSERT ON users REFERENCING NEW TABLE AS concerned
    FOR EACH STATEMENT EXECUTE FUNCTION note_users_made_or_gone();

CREATE TRIGGER users_gone_are_counted AFTER DELETE ON users REFERENCING OLD TABLE AS concerned
    FOR EACH STATEMENT EXECUTE FUNCTION note_users_made_or_gone();

CREATE TRIGGER users_changed_are_counted AFTER UPDATE OF id, role, is_active, is_verified ON users
    FOR EACH ROW WHEN (
        (OLD.id, OLD.role, OLD.is_active, OLD.is_verified)
        IS DISTINCT FROM (NEW.id, NEW.role, NEW.is_active, NEW.is_verified)
    )
    EXECUTE FUNCTION note_user_changed();

CREATE TRIGGER users_truncated_are_counted AFTER TRUNCATE ON users
    FOR EACH STATEMENT EXECUTE FUNCTION forget_user_counts();
