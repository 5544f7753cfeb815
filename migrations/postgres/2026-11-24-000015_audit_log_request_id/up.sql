CREATE INDEX CONCURRENTLY audit_log_request_id ON audit_log (request_id, at, id) WHERE request_id IS NOT NULL;
