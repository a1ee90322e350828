#!/bin/sh
# Runs a command where some others cannot be found: `without.sh "node npm" COMMAND...`, with a
# PATH of everything else.
set -eu
hidden=$1
shift
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
(
    IFS=:
    for folder in $PATH; do
        # of two with one name the first is found, as on PATH; ln says that it is there already
        ln -s "$folder"/* "$tools" 2> /dev/null || true
    done
)
for name in $hidden; do
    rm -f "$tools/$name"
done
PATH=$tools
for name in $hidden; do
    if command -v "$name" > /dev/null; then
        echo "$name is still found on PATH" >&2
        exit 1
    fi
done
"$@"
