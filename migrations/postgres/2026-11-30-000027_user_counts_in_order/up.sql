-- What is counted anew is written in order.

CREATE OR REPLACE FUNCTION count_users_anew() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- Nobody adds changes to the counts meanwhile.
    PERFORM pg_advisory_xact_lock(7311419236528112643);
    DELETE FROM user_counts;
    WITH known AS (
        DELETE FROM user_count_changes
    ), blocks AS (
        SELECT id / 64 AS block, role,
            count(*) FILTER (WHERE is_active AND is_verified) AS active_verified,
            count(*) FILTER (WHERE is_active AND NOT is_verified) AS active_unverified,
            count(*) FILTER (WHERE NOT is_active AND is_verified) AS inactive_verified,
            count(*) FILTER (WHERE NOT is_active AND NOT is_verified) AS inactive_unverified
        FROM users GROUP BY 1, 2
    )
    INSERT INTO user_counts
        (level, block, role, active_verified, active_unverified, inactive_verified, inactive_unverified)
    SELECT level, block >> (6 * level), role, sum(active_verified), sum(active_unverified), sum(inactive_verified),
        sum(inactive_unverified)
    FROM blocks CROSS JOIN generate_series(0, 2) AS level GROUP BY 1, 2, 3
    -- A far page's walk adds up neighbours: in order they lie on few pages, as those do that were added one by one.
    ORDER BY 1, 2, 3;
END
$$;

SELECT count_users_anew();
