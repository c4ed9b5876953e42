#!/usr/bin/env bash
# Gathers the header-only packages into bundle/ (ignored by git), so that a GPU machine with nothing but
# CUDA, PyTorch 2.x, CMake, ninja and g++ can build: cmake --preset gpu && cmake --build build-gpu.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

scripts/setup.sh
rm -rf bundle
mkdir -p bundle/include
for package in fmt nlohmann toml++ CLI; do
  [ -d "/usr/include/$package" ] || { say "headers of $package not found under /usr/include"; exit 1; }
  cp -rL "/usr/include/$package" bundle/include/
done
say "bundle/ holds $(du -sh bundle | cut -f1)"
