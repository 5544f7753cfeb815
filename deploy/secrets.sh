#!/bin/sh
# Makes the secrets that compose.yaml and the Kubernetes manifests mount, one file each, under deploy/secrets (or the
# folder that is named). What is there already stays: run it again after an upgrade, and only new ones are made.
set -eu
umask 077

folder=${1:-"$(dirname "$0")/secrets"}
mkdir -p "$folder"
chmod 700 "$folder"

# A secret that is written in part must not count as made: it appears by its rename.
put() {
    cat > "$folder/.$1"
    # Containers read it as their own users; on this machine the folder keeps everybody else out.
    chmod 444 "$folder/.$1"
    mv -f "$folder/.$1" "$folder/$1"
}

make_secret() {
    if [ -e "$folder/$1" ]; then
        echo "kept $folder/$1"
    else
        # 48 random bytes; in hexadecimal, so that it needs no escaping in URLs and configuration files.
        openssl rand -hex 48 | put "$1"
        echo "made $folder/$1"
    fi
}

make_secret jwt_secret
make_secret secret_key
make_secret postgres_password
make_secret database_password
make_secret redis_password

# Redis knows a digest of the password. The service may do all but administer the server.
digest=$(tr -d '\n' < "$folder/redis_password" | openssl dgst -sha256 -r | cut -d ' ' -f 1)
printf 'user default on #%s ~* &* +@all -@admin +role\n' "$digest" | put redis_users
echo "made $folder/redis_users"
