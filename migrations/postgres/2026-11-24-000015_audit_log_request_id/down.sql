DROP INDEX CONCURRENTLY audit_log_request_id;
