#!/bin/sh
# Install the system packages that building and the tests need, where that is possible.
set -eu

missing=""
need() { # command-or-file package
    if ! command -v "$1" >/dev/null 2>&1 && ! [ -e "$1" ]; then
        missing="$missing $2"
    fi
}
library() { # library-name package
    if ! ldconfig -p 2>/dev/null | grep -q "$1"; then
        missing="$missing $2"
    fi
}

if ! command -v source-extractor >/dev/null 2>&1 && ! command -v sex >/dev/null 2>&1; then
    missing="$missing source-extractor"
fi
need g++ g++
need "$(python3 -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h" python3-dev
need Xvfb xvfb
need xauth xauth
need chromium chromium
need node nodejs
need npm npm
library libGL.so.1 libgl1
library libEGL.so.1 libegl1
library libxkbcommon-x11.so.0 libxkbcommon-x11-0
library libxcb-cursor.so.0 libxcb-cursor0
library libdbus-1.so.3 libdbus-1-3
library libxcb-icccm.so.4 libxcb-icccm4
library libxcb-image.so.0 libxcb-image0
library libxcb-keysyms.so.1 libxcb-keysyms1
library libxcb-render-util.so.0 libxcb-render-util0
library libxcb-shape.so.0 libxcb-shape0
library libxcb-xinerama.so.0 libxcb-xinerama0
for driver in /usr/lib/*/dri/swrast_dri.so; do
    [ -e "$driver" ] || missing="$missing libgl1-mesa-dri"
done

[ -z "$missing" ] && exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "The tests need these Debian packages, or what your system calls them:$missing" >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    run=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    run="sudo"
else
    echo "The tests need system packages; install them with: sudo apt-get install$missing" >&2
    exit 1
fi
echo "installing$missing"
$run apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $run apt-get install -y -qq --no-install-recommends $missing
