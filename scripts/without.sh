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
        for tool in "$folder"/*; do
            name=${tool##*/}
            case " $hidden " in *" $name "*) continue ;; esac
            [ -e "$tools/$name" ] || ln -s "$tool" "$tools/$name"
        done
    done
)
PATH=$tools
for name in $hidden; do
    if command -v "$name" > /dev/null; then
        echo "$name is still found on PATH" >&2
        exit 1
    fi
done
"$@"
