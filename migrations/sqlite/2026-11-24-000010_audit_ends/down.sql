-- The version before knows no start: what was cut by age looks removed to it.
DROP INDEX audit_log_at;
DROP INDEX audit_log_request_id;
DROP INDEX audit_log_ip_address;
DROP INDEX audit_log_failures;
DROP INDEX audit_log_action;
DROP INDEX audit_log_subject;
DROP INDEX audit_log_actor;

DROP TRIGGER audit_seals_are_never_deleted;
CREATE TRIGGER audit_seals_are_never_deleted BEFORE DELETE ON audit_seals
BEGIN SELECT RAISE(ABORT, 'a seal of the audit is never deleted'); END;

DROP TRIGGER audit_log_is_never_deleted;
CREATE TRIGGER audit_log_is_never_deleted BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'a row of the audit is never deleted'); END;

DROP TABLE audit_ends;
