#!/usr/bin/env bash
# Pin the dependencies anew: requirements*.lock with hashes, for every platform, and
# package-lock.json. No address of a registry is written, so any mirror serves.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
python3 -m venv "$tools/venv"
"$tools/venv/bin/pip" --quiet install uv
compile() {
    output=$1
    shift
    "$tools/venv/bin/uv" pip compile pyproject.toml --quiet --upgrade --universal \
        --generate-hashes --python-version 3.11 --no-emit-index-url --no-annotate --no-header \
        --output-file "$output" "$@"
}
compile requirements.lock --extra assets
compile requirements-dev.lock --extra assets --extra dev
PATH="$PWD/.venv/bin:$PATH" npm install --package-lock-only --omit-lockfile-registry-resolved \
    --no-audit --no-fund
