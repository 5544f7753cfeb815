CREATE INDEX outbox_queue ON outbox (priority, created_at, id, next_attempt_at) WHERE status = 'queued';
