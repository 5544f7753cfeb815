#!/bin/sh
# Run once by the PostgreSQL image, when its volume is new: the service's own database, and a user who owns that and
# nothing else. The superuser is for backups and for whoever looks after the server.
set -eu

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set password="$(cat /run/secrets/database_password)" <<'SQL'
CREATE ROLE evently_auth LOGIN PASSWORD :'password';
CREATE DATABASE evently_auth OWNER evently_auth ENCODING 'UTF8';
REVOKE ALL ON DATABASE evently_auth FROM PUBLIC;
SQL
