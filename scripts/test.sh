#!/usr/bin/env bash
# Set-up, release build and all tests through CTest. Arguments go to ctest (-R NAME, -L core, ...).
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

scripts/setup.sh --ci
scripts/build.sh
ctest --test-dir build --output-on-failure --parallel "$JOBS" "$@"
