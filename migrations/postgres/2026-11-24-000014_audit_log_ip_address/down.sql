DROP INDEX CONCURRENTLY audit_log_ip_address;
