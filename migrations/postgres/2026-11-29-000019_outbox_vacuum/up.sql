-- Each mail that is sent leaves an entry in the index of those that wait, at the very place where claims begin, until
-- the table is vacuumed. By default that is when a fifth of all rows changed, those of a week's sent mails included.
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000);
