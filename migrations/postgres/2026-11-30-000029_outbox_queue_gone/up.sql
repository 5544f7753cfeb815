-- A claim goes by what is due longest. One of the version before sorts what waits, which is little.
DROP INDEX outbox_queue;
