CREATE INDEX CONCURRENTLY users_inactive ON users (id) WHERE NOT is_active;
