-- A claim goes by what is due longest.
DROP INDEX outbox_queue;
CREATE INDEX outbox_due ON outbox (status, priority, next_attempt_at, created_at);
