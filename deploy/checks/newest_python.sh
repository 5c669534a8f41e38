#!/bin/sh
# Tells the story once on the newest Python found on PATH or in pyenv, when that is newer than the project's own.
# Usage: sh deploy/checks/newest_python.sh, from the project's root, after `make run` or `make test` made .venv.
set -eu
own=$(.venv/bin/python -c 'import sys; print(sys.version_info[1])')

newest=
minor=$own
for candidate in $(ls -d "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin/python3 2>/dev/null) \
    python3.11 python3.12 python3.13 python3.14 python3.15 python3; do
    # A pyenv shim of a version that is not active fails here; a Python without venv or a release candidate is skipped.
    found=$("$candidate" -c 'import ensurepip, venv, sys; v = sys.version_info
print(v[1] if v[0] == 3 and v[3] == "final" else 0)' 2>/dev/null) || continue
    if [ "$found" -gt "$minor" ]; then
        newest=$candidate
        minor=$found
    fi
done
if [ -z "$newest" ]; then
    echo "The story was not told on another Python: none newer than 3.$own was found"
    exit 0
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/tenghuan-python.XXXXXX")
clean() {
    if [ -e "$folder/var/postgres" ]; then
        .venv/bin/python -m deploy.local.postgres remove "$folder/var/postgres"
    fi
    rm -rf "$folder"
}
trap clean EXIT
trap 'exit 130' INT TERM
echo "Telling the story on Python 3.$minor ($newest); installing into $folder"
"$newest" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
TENGHUAN_DATA_DIR="$folder/var" "$folder/venv/bin/python" -m deploy.all_in_one --once
