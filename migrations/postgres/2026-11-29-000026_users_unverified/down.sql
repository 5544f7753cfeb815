DROP INDEX CONCURRENTLY users_unverified;
