#!/bin/sh
# Uses an installed wheel as its users do, from the folder of its commands: `try_wheel.sh BIN`.
set -eu
bin=$1
scripts=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export XDG_CONFIG_HOME="$work/config" SKYSEG_DATA_DIR="$work/data" SKYSEG_WORK_DIR="$work/work"
mkdir config
"$bin/python" "$scripts/check_bundle.py"
"$bin/npe2" validate skyseg
"$bin/skyseg" sample data > sample.txt
"$bin/skyseg" segment sample v1 --band F444W --json > made.json
"$bin/skyseg" verify sample v1 > verified.txt
"$bin/skyseg" plot sample v1 --band F444W --save seg.png > plotted.txt
test -s seg.png
echo "the wheel makes and shows a map"
