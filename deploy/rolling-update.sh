#!/bin/sh
# Brings what compose.yaml runs to another version, while it serves: migrates, then replaces servers, then workers, one
# at a time. The version is that of EVENTLY_AUTH_VERSION, whose image is there already or is built.
#
# It stops at the first failure. A server that does not become healthy stays without requests; the other serves.
set -eu

cd "$(dirname "$0")"
compose() {
    docker compose -f compose.yaml "$@"
}

compose build migrate
compose run --rm migrate

for server in server-1 server-2; do
    compose exec -T balancer touch "/tmp/drain-$server"
    # Requests on their way arrive; those that are there already are finished when the server stops.
    sleep 2
    compose up --detach --no-deps --wait "$server"
    compose exec -T balancer rm "/tmp/drain-$server"
done

for worker in worker-1 worker-2; do
    compose up --detach --no-deps --wait "$worker"
done
