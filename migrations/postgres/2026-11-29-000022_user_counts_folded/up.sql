-- Adds noted changes to the counts, now and then, so that there are few of them.
--
-- * Whoever notes each 64th does it, in the same transaction. Of several at once one does it, and none waits.
-- * No more than once in a transaction: rows that it took away itself would be walked over again each time.
--   What a huge transaction leaves is for the next ones, and for the sweep.

-- Says how many changes were added, at most `most`.
CREATE FUNCTION fold_user_count_changes(most bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    folded bigint;
BEGIN
    -- Each statement has to see what the holder before committed.
    IF current_setting('transaction_isolation') <> 'read committed'
        OR NOT pg_try_advisory_xact_lock(7311419236528112643)
    THEN
        RETURN 0;
    END IF;
    WITH known AS (
        DELETE FROM user_count_changes
        WHERE id = ANY (ARRAY(SELECT id FROM user_count_changes ORDER BY id LIMIT most))
        RETURNING *
    ), added AS (
        INSERT INTO user_counts AS counts
            (level, block, role, active_verified, active_unverified, inactive_verified, inactive_unverified)
        SELECT level, block >> (6 * level), role, sum(active_verified), sum(active_unverified),
            sum(inactive_verified), sum(inactive_unverified)
        FROM known CROSS JOIN generate_series(0, 2) AS level GROUP BY 1, 2, 3
        ON CONFLICT (level, block, role) DO UPDATE SET
            active_verified = counts.active_verified + EXCLUDED.active_verified,
            active_unverified = counts.active_unverified + EXCLUDED.active_unverified,
            inactive_verified = counts.inactive_verified + EXCLUDED.inactive_verified,
            inactive_unverified = counts.inactive_unverified + EXCLUDED.inactive_unverified
    )
    SELECT count(*) INTO folded FROM known;
    RETURN folded;
END
$$;

CREATE FUNCTION fold_user_count_changes_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('evently_auth.folded', true), '') = '' THEN
        PERFORM set_config('evently_auth.folded', 'once', true);
        -- As many as this transaction noted, and some of others.
        PERFORM fold_user_count_changes(
            1000 + (SELECT count(*) FROM user_count_changes WHERE xmin = pg_current_xact_id()::xid)
        );
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER user_count_changes_stay_few AFTER INSERT ON user_count_changes
    FOR EACH ROW WHEN (NEW.id % 64 = 0) EXECUTE FUNCTION fold_user_count_changes_once();
