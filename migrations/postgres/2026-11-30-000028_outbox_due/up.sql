CREATE INDEX CONCURRENTLY outbox_due ON outbox (priority, next_attempt_at, created_at, id) WHERE status = 'queued';
