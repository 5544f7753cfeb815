-- For the search for a part of an address, username or name. The extension comes with PostgreSQL (Debian's `postgresql`,
-- others' `postgresql-contrib`), and is "trusted": whoever may create schemas in the database may create it.
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
    RAISE EXCEPTION
        'the extension pg_trgm is needed: have the administrator of the server run CREATE EXTENSION pg_trgm in this database (%)',
        SQLERRM;
END
$$;
