#!/usr/bin/env bash
# Puts a backup of backup.sh into the database, all of it or nothing.
#
#   DATABASE_URL=postgres://… restore.sh [--replace] [--keep-sessions] [--despite-connections] FILE
#
# DATABASE_URL_FILE or PG* variables may stand for DATABASE_URL; the user owns the database. Stop servers and workers
# first. The checksum FILE.sha256 must be there and right, and the database empty.
#
#   --replace              deletes what the schema `public` holds, in the transaction that restores
#   --keep-sessions        leaves sessions as they were; without it all of them end, and everybody logs in again
#   --despite-connections  does not mind that somebody else is connected, such as a monitor
#
# A backup is the past, and some of the past must not come back:
# - Sessions that were ended since would live again, so all of them end here.
# - Ids that were given away since would be given to others, while other services still know them by their first
#   owner. So the next account's id is 1,000,000 higher.
# - Mails that waited then wait again. Those whose code has expired are dropped by the worker. The others may have been
#   sent already; they go out with the Message-ID of the first time, as after any failure, and none is lost.
# What no script can know is printed at the end.
set -euo pipefail
umask 077

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=connection.sh
. "$here/connection.sh"

usage() {
    echo "usage: restore.sh [--replace] [--keep-sessions] [--despite-connections] FILE" >&2
    exit 2
}

replace=no keep_sessions=no despite_connections=no file=
while [ $# -gt 0 ]; do
    case $1 in
        --replace) replace=yes ;;
        --keep-sessions) keep_sessions=yes ;;
        --despite-connections) despite_connections=yes ;;
        -*) usage ;;
        *)
            [ -z "$file" ] || usage
            file=$1
            ;;
    esac
    shift
done
[ -n "$file" ] || usage
[ -f "$file" ] || fail "there is no file $file"
[ -f "$file.sha256" ] || fail "there is no checksum $file.sha256"
find_programs pg_restore psql
read_connection

read -r expected _ <"$file.sha256" || fail "$file.sha256 is empty"
actual=$(sha256sum <"$file")
[ "${actual%% *}" = "$expected" ] || fail "$file is not what was backed up: its checksum is another one"

database() {
    psql --no-psqlrc --no-password --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 "$@"
}

# The server's own workers belong to no user; more than that is not shown of other users' connections.
others=$(database --command "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND usesysid IS NOT NULL AND pid <> pg_backend_pid()")
if [ "$others" -gt 0 ] && [ "$despite_connections" = no ]; then
    fail "$others other connections to the database: stop servers and workers, or give --despite-connections"
fi
tables=$(database --command "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace")
if [ "$tables" -gt 0 ] && [ "$replace" = no ]; then
    fail "the database is not empty: restore into another one, or give --replace to delete what is in it"
fi

# One stream of SQL, so that all of it is one transaction: nobody ever sees the sessions of the past alive.
statements() {
    echo "SET lock_timeout = '30s';"
    if [ "$replace" = yes ]; then
        # As a new database has it.
        echo "DROP SCHEMA public CASCADE;"
        echo "CREATE SCHEMA public AUTHORIZATION pg_database_owner;"
        echo "GRANT USAGE ON SCHEMA public TO PUBLIC;"
    fi
    # When the file ends too early, neither does the transaction commit: a statement that cannot succeed, also when it
    # is taken for a line of data.
    pg_restore --exit-on-error --no-owner --no-privileges --file=- "$file" || printf '\n\\.\nthe backup is broken;\n'
    if [ "$keep_sessions" = no ]; then
        echo "UPDATE public.user_sessions SET is_active = false WHERE is_active;"
    fi
    echo "SELECT pg_catalog.setval(ids, 1000000 + greatest(
              (SELECT coalesce(max(id), 0) FROM public.users),
              (SELECT coalesce(last_value, 0) FROM pg_catalog.pg_sequences
               WHERE pg_catalog.format('%I.%I', schemaname, sequencename)::regclass = ids)))
          FROM (SELECT pg_catalog.pg_get_serial_sequence('public.users', 'id')::regclass AS ids) AS of_users;"
}
statements | database --single-transaction --file=- --output=/dev/null ||
    fail "nothing was restored: the database is as it was"

cat <<'TEXT'
The backup is restored. Before servers and workers start again:
1. `evently-auth migrate up`: the backup may be older than the program.
2. `evently-auth audit verify`: needs the SECRET_KEY of that time. Events after the backup are missing from the audit.
3. Empty Redis (`redis-cli FLUSHALL`, or FLUSHDB for its database): what it caches is about the database that was.
4. Do again what was done since and must not be undone: accounts deleted or deactivated, roles taken away. Who changed
   a password since has the old one again; make those who were in danger reset theirs.
TEXT
