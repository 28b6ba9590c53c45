#!/usr/bin/env bash
# Installs what the build needs: packages of the distribution and, for the libtorch worker, a
# private virtual environment in .torch/. Can be run again; what is there already is left alone.
#
#   scripts/setup.sh [--tests] [--torch | --torch-cuda]
#
# --tests adds what only tests use: a browser that opens pages, a checker of XML schemas, a queue.
set -euo pipefail
cd "$(dirname "$0")/.."

TORCH_VERSION=2.11.0
PACKAGES=(
  build-essential pkg-config clang libclang-dev
  libavcodec-dev libavformat-dev libavutil-dev libswscale-dev
  meson ninja-build nasm xxd python3-venv ffmpeg
)

if [ "${1:-}" = --tests ]; then
  shift
  PACKAGES+=(libxml2-utils redis-server)
  # Ubuntu has Chromium only as a snap; tests that open pages skip there, loudly.
  if grep -q '^ID=debian' /etc/os-release 2>/dev/null; then PACKAGES+=(chromium); fi
fi

fail() {
  printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
  exit 1
}

command -v cargo >/dev/null ||
  fail 'Rust is not installed' 'install Rust 1.95 or later with rustup, then run this again'
command -v python3 >/dev/null || fail 'Python 3 is not installed' 'install Python 3.11 or later'

missing=()
for package in "${PACKAGES[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
    missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  command -v apt-get >/dev/null ||
    fail "missing: ${missing[*]}" 'this is not Debian or Ubuntu: install their like by hand'
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
      fail "missing: ${missing[*]}" 'run this as root, or have them installed'
    as_root=(sudo)
  fi
  echo "installing: ${missing[*]}"
  "${as_root[@]}" apt-get update -q >/dev/null ||
    fail 'apt-get update failed' 'check the network and the package sources'
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}" >/dev/null ||
    fail 'packages could not be installed' "try: apt-get install ${missing[*]}"
fi

case "${1:-}" in
  --torch)
    # These three are all that CPU work needs of the wheel.
    wanted=("--no-deps" "torch==$TORCH_VERSION" nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85)
    ;;
  --torch-cuda) wanted=("torch==$TORCH_VERSION") ;;
  "") exit 0 ;;
  *) fail "unknown argument $1" 'use --tests, --torch or --torch-cuda' ;;
esac
mark=".torch/installed-$TORCH_VERSION$1"
if [ ! -f "$mark" ]; then
  [ "$(uname -m)" = x86_64 ] ||
    fail "there is no tested libtorch for $(uname -m)" 'build without it: make build TORCH=0'
  echo "installing libtorch $TORCH_VERSION into .torch/ (about 1.3 GB)"
  python3 -m venv .torch ||
    fail 'the virtual environment could not be made' 'install python3-venv and free 1.5 GB of disk'
  .torch/bin/python -m pip install -q --disable-pip-version-check "${wanted[@]}" ||
    fail 'libtorch could not be installed' 'check the network and the disk, or use TORCH=0'
  touch "$mark"
fi
