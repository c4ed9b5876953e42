#!/usr/bin/env bash
# Fuzzes every reader of files: builds the targets with clang's sanitizers and runs each for SECONDS (15 if
# not given) from a fresh set of tiny inputs. Further arguments name targets (fuzz_fasta ...); none: all.
# An input that breaks something stays in build-fuzz/found/ and the script fails.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

seconds=${1:-15}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || { say "usage: fuzz.sh [SECONDS [TARGET...]]"; exit 2; }
shift || true
build=${LEXOME_FUZZ_BUILD:-build-fuzz}

launcher=()
command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
cmake --preset fuzz -B "$build" "${launcher[@]}" >/dev/null
cmake --build "$build" --parallel "$JOBS" --target fuzz_targets | tail -n 1

corpus=$(mktemp -d)
trap 'rm -rf "$corpus"' EXIT
"$build/make_seeds" "$corpus"
found=$build/found
mkdir -p "$found"

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for source in tests/fuzz/fuzz_*.cpp; do targets+=("$(basename "$source" .cpp)"); done
fi
failed=()
for target in "${targets[@]}"; do
  say "$target, $seconds s"
  log=$corpus/$target.log
  # Warnings about odd inputs are what the targets provoke; only libFuzzer's own words are kept.
  if "$build/$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3072 -print_final_stats=1 \
      -artifact_prefix="$found/$target-" "$corpus/$target" >"$log" 2>&1; then
    grep -E 'stat::(number_of_executed_units|average_exec_per_sec|peak_rss_mb)' "$log" >&2 || true
  else
    failed+=("$target")
    grep -vF '[lexome]' "$log" | tail -n 40 >&2
  fi
done
if [ ${#failed[@]} -gt 0 ]; then
  say "failed: ${failed[*]}; the inputs are in $found"
  exit 1
fi
say "no target broke"
