-- Everything goes, the audit included: a table that is dropped takes its triggers along and fires none.
DROP TABLE audit_log;
DROP TABLE audit_seals;
DROP TABLE outbox;
DROP TABLE user_sessions;
DROP TABLE users;
DROP FUNCTION refuse_to_change_the_audit();
