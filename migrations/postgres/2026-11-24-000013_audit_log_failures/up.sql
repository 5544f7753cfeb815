CREATE INDEX CONCURRENTLY audit_log_failures ON audit_log (id) WHERE outcome = 'failure';
