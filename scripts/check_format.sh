#!/usr/bin/env bash
# Formatting of every source file against .clang-format; prints the files that differ.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

git ls-files '*.cpp' '*.h' '*.cu' | xargs clang-format-14 --dry-run -Werror
