CREATE INDEX CONCURRENTLY users_unverified ON users (id) WHERE NOT is_verified;
