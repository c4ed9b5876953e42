#!/usr/bin/env bash
# Installs what lexome builds with, from Debian's packages (12 "bookworm") and npm. Says what it
# installs, is silent when nothing is missing. --peers adds what the benchmarks compare with.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

packages=(g++ cmake ninja-build git ccache zlib1g-dev libtorch-dev libopenblas-pthread-dev libopenblas0-pthread
  libhts-dev libfmt-dev nlohmann-json3-dev libtomlplusplus-dev libcli11-dev libgtest-dev
  clang-format-14)
for option in "$@"; do
  case "$option" in
    --ci) packages+=(clang-14 libclang-rt-14-dev python3-sklearn python3-scipy) ;;
    --peers) packages+=(python3-torch python3-torchvision python3-sklearn python3-scipy sentencepiece libbenchmark-dev) ;;
    *) say "unknown option $option (known: --ci, --peers)"; exit 2 ;;
  esac
done

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  command -v apt-get >/dev/null || { say "needs Debian's apt-get to install: ${missing[*]}"; exit 1; }
  as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo)
  say "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  "${as_root[@]}" apt-get update -qq >/dev/null
  log=$(mktemp)
  if ! "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    say "apt-get failed; the lines above say why"
    exit 1
  fi
  rm -f "$log"
fi

# The report's plotting libraries. Without npm the build passes and reports are drawn as plain SVG.
installed=report_bundle/node_modules/.package-lock.json
if [ -f report_bundle/package.json ] && { [ ! -e $installed ] || [ report_bundle/package-lock.json -nt $installed ]; }; then
  if ! command -v npm >/dev/null; then
    say "installing npm"
    as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get install -y -qq --no-install-recommends npm >/dev/null 2>&1 || true
  fi
  if command -v npm >/dev/null; then
    say "installing the report's plotting bundle (npm)"
    (cd report_bundle && npm ci --silent --no-audit --no-fund >/dev/null 2>&1) ||
      say "npm could not install the plotting bundle: reports will be plain SVG"
  else
    say "no npm: reports will be plain SVG"
  fi
fi
