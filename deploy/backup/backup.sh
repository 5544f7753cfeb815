#!/usr/bin/env bash
# Writes a backup of the database into a folder: one file in PostgreSQL's custom format, with its SHA-256 beside it.
#
#   DATABASE_URL=postgres://… backup.sh FOLDER
#
# DATABASE_URL_FILE or PG* variables may stand for DATABASE_URL. BACKUP_KEEP (default 14) backups are kept, the newest.
# The service may run meanwhile: a backup shows one moment. What lies in the folder under its final name is complete;
# a run that fails leaves all earlier ones as they are, and says so by its exit code.
#
# A backup contains addresses, names and password hashes: keep it where nobody reads it, and off this machine. It does
# not contain SECRET_KEY and JWT_SECRET: keep them too, elsewhere, for without them the audit cannot be verified and
# mails that wait cannot be read. Redis needs no backup: codes and limits live for minutes, the rest is a cache.
set -euo pipefail
umask 077

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=connection.sh
. "$here/connection.sh"

[ $# -eq 1 ] || { echo "usage: backup.sh FOLDER" >&2; exit 2; }
folder=$1
keep=${BACKUP_KEEP:-14}
[[ $keep =~ ^[1-9][0-9]{0,4}$ ]] || fail "BACKUP_KEEP is not a number from 1"
find_programs pg_dump pg_restore
read_connection

mkdir -p "$folder"
cd "$folder"
exec 9>.lock
flock -n 9 || fail "another backup into $folder is running"

# The next second, when there was one in this.
until name=evently-auth-$(date -u +%Y%m%dT%H%M%SZ).dump && [ ! -e "$name" ]; do
    sleep 1
done
# What a run before this one could not remove. Nobody else is here: the lock is ours.
rm -f -- evently-auth-*.partial
trap 'rm -f -- "$name.partial" "$name.sha256.partial"' EXIT

pg_dump --no-password --format=custom --lock-wait-timeout=60s --file="$name.partial"
# Its table of contents can be read, and it is on the disk.
pg_restore --list "$name.partial" >/dev/null
sum=$(sha256sum "$name.partial")
printf '%s  %s\n' "${sum%% *}" "$name" >"$name.sha256.partial"
sync "$name.partial" "$name.sha256.partial"
# The checksum first: a backup under its final name always has one.
mv -- "$name.sha256.partial" "$name.sha256"
mv -- "$name.partial" "$name"
sync .

# The names sort by age. Checksums whose backup was never finished go too.
for old in $(printf '%s\n' evently-auth-*.dump | sort -r | tail -n "+$((keep + 1))"); do
    rm -f -- "$old" "$old.sha256"
done
for sum in evently-auth-*.dump.sha256; do
    [ -e "${sum%.sha256}" ] || rm -f -- "$sum"
done

echo "$folder/$name"
