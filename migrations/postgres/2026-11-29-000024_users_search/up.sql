-- New accounts wait in a list of at most 512 kB, some hundreds of them, before they are sorted in: written one by one, each
-- would cost three times as much. Every search reads that list.
CREATE INDEX CONCURRENTLY users_search ON users USING gin (
    email gin_trgm_ops,
    username gin_trgm_ops,
    lower(lower(full_name COLLATE "C") COLLATE "default") gin_trgm_ops
) WITH (fastupdate = on, gin_pending_list_limit = 512);
