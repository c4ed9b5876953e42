#!/usr/bin/env bash
# The release build: leaves the program at build/lexome.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

launcher=()
command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
cmake --preset release -DLEXOME_WERROR=ON "${launcher[@]}" "$@" >build.configure.log 2>&1 || {
  cat build.configure.log >&2
  say "configuring failed; scripts/setup.sh installs what is missing"
  exit 1
}
rm -f build.configure.log
cmake --build build --parallel "$JOBS"
