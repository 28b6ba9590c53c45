#!/usr/bin/env bash
# Runs the network's own Python client against `vidaio mine`: every case of the rig in ../shared (or the
# folder that VIDAIO_SHARED names). Where the rig is not there, or its packages cannot be had, says so.
#
#   scripts/test-rig.sh [PACKAGES]    # as `make test` names them to Cargo, so that nothing is built again
set -euo pipefail
cd "$(dirname "$0")/.."
packages=${VIDAIO_SHARED:-$PWD/../shared}/axon/rig/requirements-10.1.0.txt

skip() {
  printf 'SKIPPED make test-rig: %s\n' "$1" >&2
  exit 0
}

[ -f "$packages" ] || skip 'there is no ../shared with the rig'
if [ ! -f .rig/installed ]; then
  python3 -m venv .rig || skip 'no virtual environment could be made'
  .rig/bin/python -m pip install -q --disable-pip-version-check -r "$packages" ||
    skip "the network's Python client could not be installed"
  touch .rig/installed
fi
mkdir -p target
list=$PWD/target/skipped-rig.txt
rm -f "$list"
VIDAIO_TEST_RIG=$PWD/.rig/bin/python VIDAIO_SKIP_LIST=$list \
  cargo test --locked "$@" --test it -- mining::rig
scripts/skipped.sh "$list"
