CREATE INDEX CONCURRENTLY audit_log_ip_address ON audit_log (ip_address, at, id) WHERE ip_address IS NOT NULL;
