#!/bin/sh
# Run a command on a virtual display, so that nothing appears on, or depends on, a real one.
# A server that resets itself when its last window closes refuses the next one for a moment.
set -eu
exec xvfb-run --auto-servernum --server-num="${FIRST_DISPLAY:-99}" --server-args="-screen 0 1600x1200x24 -noreset" "$@"
