CREATE INDEX CONCURRENTLY audit_log_actor ON audit_log (actor, id) WHERE actor IS NOT NULL;
