#!/usr/bin/env bash
# Makes the fixture clips and scores them, compressed and upscaled, with the programs of a folder.
#
#   scripts/demo.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
if [ $# -ne 1 ]; then
  printf 'error: an argument is missing\nhint: scripts/demo.sh FOLDER\n' >&2
  exit 2
fi
programs=$1
vidaio=$programs/vidaio
clips=target/fixtures
fixtures/make.sh "$clips"

step() { printf '\n$ %s\n' "$*"; "$@"; }

step "$vidaio" score compress $clips/reference.mp4 $clips/compressed.mp4 --threshold 85
step "$vidaio" score compress $clips/reference.mp4 $clips/compressed.mp4 --rules latest
step "$vidaio" lint $clips/reference.mp4 $clips/compressed.mp4 --task compress --rules latest
step "$vidaio" multipliers fixtures/history
step "$vidaio" rewards fixtures/population.csv --rules latest --uid 42
echo
echo '# Without the PIE-APP weights (their licence forbids shipping them) S_F is a range, and the exit code 4.'
status=0
step "$vidaio" score upscale $clips/reference.mp4 $clips/upscaled.mp4 --length 5 || status=$?
[ "$status" -eq 0 ] || [ "$status" -eq 4 ]
if [ -x "$programs/vidaio-torch" ]; then
  weights=$clips/made-up-weights.safetensors
  [ -f "$weights" ] || "$programs/vidaio-torch" --write-test-weights "$weights"
  echo
  echo '# The network at work, with made-up weights: the figures mean nothing to a validator.'
  step "$vidaio" score upscale $clips/reference.mp4 $clips/upscaled.mp4 --length 5 --pieapp-weights "$weights"
fi
