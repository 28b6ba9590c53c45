#!/usr/bin/env bash
# Measures vidaio beside its peers and prints tables of ratios. Peers and clips are kept in .bench/.
#
#   scripts/bench.sh [--pieapp] [--rounds N]
#   scripts/bench.sh --making CLIPS     # compress and upscale on a folder of clips, nothing else
set -euo pipefail
cd "$(dirname "$0")/.."
pieapp=0
rounds=3
making=
while [ $# -gt 0 ]; do
  case $1 in
    --pieapp) pieapp=1 ;;
    --rounds) rounds=$2; shift ;;
    --making) making=$2; shift ;;
    *) printf 'error: unknown argument %s\nhint: --pieapp, --rounds N, --making CLIPS\n' "$1" >&2; exit 2 ;;
  esac
  shift
done

[ -x .bench/bin/python ] || python3 -m venv .bench
.bench/bin/python -m pip install -q --disable-pip-version-check imageio-ffmpeg==0.8.1

if [ -n "$making" ]; then
  [ -x .bench/bin/ab-av1 ] || cargo install -q ab-av1 --version 0.11.7 --locked --root .bench
  ffmpeg=$(.bench/bin/python -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')
  python3 bench/compress.py target/dist/vidaio .bench/bin/ab-av1 "$ffmpeg" "$making"
  python3 bench/upscale.py target/dist/vidaio "${UPSCALE_WEIGHTS:-realesr-animevideov3}" "$making"
  exit
fi

# The `vmaf` program of the same libvmaf that vidaio links, with its tools switched on.
if [ ! -x .bench/vmaf ]; then
  source=$(cargo metadata --format-version 1 --locked |
    python3 -c 'import json,sys,os; print(next(os.path.dirname(p["manifest_path"]) for p in json.load(sys.stdin)["packages"] if p["name"] == "vmaf-head-sys"))')
  rm -rf .bench/vmaf-build
  meson setup .bench/vmaf-build "$source/vendored/vmaf/libvmaf" --buildtype=release \
    --default-library=static -Denable_tests=false -Denable_docs=false -Dbuilt_in_models=true >/dev/null
  ninja -C .bench/vmaf-build >/dev/null
  cp .bench/vmaf-build/tools/vmaf .bench/vmaf
fi
.bench/bin/python bench/vmaf.py --vidaio target/dist/vidaio --vmaf .bench/vmaf --rounds "$rounds"

python3 bench/history.py target/dist/vidaio --rounds "$rounds"

# A node on loopback; with mainnet's metadata where a file of it is named (VIDAIO_METADATA="FILE SPEC").
cargo build -q --profile dist --locked --example fake_node
[ -x .bench/sdk/bin/python ] || python3 -m venv .bench/sdk
.bench/sdk/bin/python -m pip install -q --disable-pip-version-check bittensor==10.1.0
# shellcheck disable=SC2086  # two words
python3 bench/chain.py target/dist/vidaio target/dist/examples/fake_node \
  ${VIDAIO_METADATA:+--metadata $VIDAIO_METADATA} --sdk .bench/sdk/bin/python

# The network's own axon is in the rig of ../shared.
rig=${VIDAIO_SHARED:-$PWD/../shared}/axon/rig
if [ -d "$rig" ]; then
  cargo build -q --profile dist --locked --example ask_axon
  .bench/sdk/bin/python -m pip install -q --disable-pip-version-check -r "$rig/requirements-10.1.0.txt"
  python3 bench/axon.py target/dist/vidaio target/dist/examples/ask_axon .bench/sdk/bin/python "$rig"
else
  printf 'SKIPPED bench/axon.py: there is no ../shared with the rig\n' >&2
fi

if [ "$pieapp" -eq 1 ]; then
  [ -x .bench/torch/bin/python ] || python3 -m venv .bench/torch
  .bench/torch/bin/python -m pip install -q --disable-pip-version-check torch==2.11.0
  .bench/torch/bin/python bench/pieapp.py target/dist/vidaio-torch --rounds "$rounds"
fi
