# shellcheck shell=bash
# Read by backup.sh and restore.sh: finds PostgreSQL's programs, and turns DATABASE_URL (or the file that
# DATABASE_URL_FILE names) into the PG* variables that they read. So the password never stands on a command line,
# where every user of the machine could see it. Without a URL the PG* variables count as they are.

fail() {
    echo "error: $1" >&2
    exit 1
}

# find_programs NAME…: each is in PATH afterwards, if need be from the folder of the newest version.
find_programs() {
    local folder program
    if ! command -v "$1" >/dev/null; then
        folder=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
        PATH="$PATH:$folder"
    fi
    for program in "$@"; do
        command -v "$program" >/dev/null || fail "$program is missing: install the Debian package postgresql-client"
    done
}

decoded() {
    local text=${1//\\/\\\\}
    printf '%b' "${text//%/\\x}"
}

read_connection() {
    local url=${DATABASE_URL:-} rest credentials host
    if [ -z "$url" ] && [ -n "${DATABASE_URL_FILE:-}" ]; then
        url=$(cat "$DATABASE_URL_FILE")
    fi
    export PGCONNECT_TIMEOUT=${PGCONNECT_TIMEOUT:-10}
    if [ -z "$url" ]; then
        [ -n "${PGDATABASE:-}" ] || fail "DATABASE_URL is not set, and neither is PGDATABASE"
        return
    fi
    # postgres://user:password@host:port/name?sslmode=…; a driver in the scheme (postgresql+asyncpg) is passed over.
    [[ $url =~ ^postgres(ql)?(\+[a-z0-9]+)?://([^/?#]*)(/([^?#]*))?(\?([^#]*))?$ ]] || fail "DATABASE_URL is no URL of PostgreSQL"
    rest=${BASH_REMATCH[3]}
    [ -z "${BASH_REMATCH[5]}" ] || PGDATABASE=$(decoded "${BASH_REMATCH[5]}")
    case ${BASH_REMATCH[7]} in
        '') ;;
        sslmode=disable) export PGSSLMODE=disable ;;
        # As the service does: encrypted means that the certificate is verified.
        sslmode=require | sslmode=verify-ca | sslmode=verify-full)
            export PGSSLMODE=verify-full
            export PGSSLROOTCERT=${PGSSLROOTCERT:-${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}}
            ;;
        *) fail "DATABASE_URL has a parameter other than sslmode" ;;
    esac
    if [[ $rest == *@* ]]; then
        credentials=${rest%@*}
        rest=${rest##*@}
        PGUSER=$(decoded "${credentials%%:*}")
        [[ $credentials != *:* ]] || PGPASSWORD=$(decoded "${credentials#*:}")
    fi
    [[ $rest =~ ^(\[([^]]*)\]|([^:]*))(:([0-9]+))?$ ]] || fail "DATABASE_URL names no host that can be read"
    host=${BASH_REMATCH[2]}${BASH_REMATCH[3]}
    PGPORT=${BASH_REMATCH[5]:-5432}
    PGHOST=$(decoded "${host:-localhost}")
    [ -n "${PGDATABASE:-}" ] || fail "DATABASE_URL names no database"
    export PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE
}
