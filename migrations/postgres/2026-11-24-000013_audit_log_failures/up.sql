CREATE INDEX CONCURRENTLY audit_log_failures ON audit_log (at, id) WHERE outcome = 'failure';
