#!/bin/sh
# Runs a command where Node.js cannot be found: with a PATH of everything else.
set -eu
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
(
    IFS=:
    for folder in $PATH; do
        for tool in "$folder"/*; do
            name=${tool##*/}
            case $name in node | nodejs | npm | npx) continue ;; esac
            [ -e "$tools/$name" ] || ln -s "$tool" "$tools/$name"
        done
    done
)
PATH=$tools
if command -v npm > /dev/null || command -v node > /dev/null; then
    echo "Node.js is still found on PATH" >&2
    exit 1
fi
"$@"
