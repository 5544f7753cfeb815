-- Whoever makes an account writes into it at once (fastupdate): no list of pending entries that each search has to
-- read and that somebody's registration has to empty.
CREATE INDEX CONCURRENTLY users_search ON users USING gin (
    email gin_trgm_ops,
    username gin_trgm_ops,
    lower(lower(full_name COLLATE "C") COLLATE "default") gin_trgm_ops
) WITH (fastupdate = off);
