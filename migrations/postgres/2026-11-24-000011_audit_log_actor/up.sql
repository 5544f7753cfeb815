CREATE INDEX CONCURRENTLY audit_log_actor ON audit_log (actor, at, id) WHERE actor IS NOT NULL;
