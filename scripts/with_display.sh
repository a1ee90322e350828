#!/bin/sh
# Run a command on a virtual display, so that nothing appears on, or depends on, a real one.
set -eu
exec xvfb-run --auto-servernum --server-args="-screen 0 1600x1200x24" "$@"
