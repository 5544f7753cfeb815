DROP INDEX CONCURRENTLY audit_log_subject_at;
