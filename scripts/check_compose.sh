#!/usr/bin/env bash
# Read docker-compose.yml as docker-compose does, with made-up values for what .env must set.
set -euo pipefail
cd "$(dirname "$0")/.."
values=$(mktemp)
trap 'rm -f "$values"' EXIT
sed -E 's/^([A-Z_]+)=$/\1=made-up/' deploy/env.example >"$values"
docker-compose --env-file "$values" config --quiet
services=$(docker-compose --env-file "$values" config --services | sort | tr '\n' ' ')
echo "services: $services"
if docker-compose --env-file /dev/null config --quiet 2>/dev/null; then
    echo 'a secret has a default value in docker-compose.yml' >&2
    exit 1
fi
