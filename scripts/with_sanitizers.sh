#!/bin/sh
# Runs `PYTHON -S ...` with the loops of build/sanitized, compiled with address and
# undefined-behaviour sanitizers. `-S` leaves out what installs skyseg as editable.
set -eu
site=$("$1" -c "import sysconfig; print(sysconfig.get_path('purelib'))")
PYTHONPATH="$(pwd)/build/sanitized:$site"
PYTHONMALLOC=malloc
PYTHONDONTWRITEBYTECODE=1
# Python itself frees little at its end
ASAN_OPTIONS=detect_leaks=0
UBSAN_OPTIONS=print_stacktrace=1
LD_PRELOAD="$(g++ -print-file-name=libasan.so) $(g++ -print-file-name=libstdc++.so)"
export PYTHONPATH PYTHONMALLOC PYTHONDONTWRITEBYTECODE ASAN_OPTIONS UBSAN_OPTIONS LD_PRELOAD
"$@"
