#!/bin/sh
# Prints the newest usable Python, or says in one line what is missing.
found=
for name in python3.14 python3.13 python3.12 python3.11 python3; do
    "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
    if "$name" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "$name"
        exit 0
    fi
    found="$name"
done
if [ -n "$found" ]; then
    echo "$found has no venv module: install it (Debian, Ubuntu: apt-get install python3-venv) and run make again." >&2
else
    echo "Python 3.11 or newer is missing: install it (Debian, Ubuntu: python3 python3-venv; macOS: brew install python)." >&2
fi
exit 1
