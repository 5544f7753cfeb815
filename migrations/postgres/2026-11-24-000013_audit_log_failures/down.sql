DROP INDEX CONCURRENTLY audit_log_failures;
