DROP INDEX outbox_due;
CREATE INDEX outbox_queue ON outbox (status, priority, created_at);
