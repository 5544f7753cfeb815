-- The version before knows no start: what was cut by age looks removed to it.
CREATE OR REPLACE TRIGGER audit_seals_are_never_deleted BEFORE DELETE ON audit_seals
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_the_audit('a seal of the audit is never deleted');

CREATE OR REPLACE TRIGGER audit_log_is_never_deleted BEFORE DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_the_audit('a row of the audit is never deleted');

DROP FUNCTION refuse_to_remove_what_is_not_cut();
DROP TABLE audit_ends;
DROP FUNCTION check_the_end_of_the_audit();
