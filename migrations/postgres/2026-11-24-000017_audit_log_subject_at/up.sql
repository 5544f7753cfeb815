-- The one by id alone stays until a later version drops it.
CREATE INDEX CONCURRENTLY audit_log_subject_at ON audit_log (subject, at, id) WHERE subject IS NOT NULL;
