#!/usr/bin/env bash
# Makes the Debian packages: vidaio and, with --torch, vidaio-torch, which brings the libtorch that it was
# built with. They fit the release of Debian or Ubuntu that they are made on.
#
#   scripts/deb.sh [--torch] [--built FOLDER]
#
# --built packs programs that are there already instead of building them with the profile `dist`.
set -euo pipefail
cd "$(dirname "$0")/.."

CARGO_DEB=3.8.0
CARGO_ABOUT=0.9.3
torch=0
built=
while [ $# -gt 0 ]; do
  case $1 in
    --torch) torch=1 ;;
    --built) built=${2:?--built needs a folder}; shift ;;
    *) printf 'error: unknown argument %s\nhint: --torch, --built FOLDER\n' "$1" >&2; exit 2 ;;
  esac
  shift
done

tool() { # NAME VERSION
  [ -x ".tools/$1-$2/bin/$1" ] ||
    cargo install -q --locked --debug "$1" --version "$2" --root ".tools/$1-$2"
  PATH=$PWD/.tools/$1-$2/bin:$PATH
}
tool cargo-deb "$CARGO_DEB"
tool cargo-about "$CARGO_ABOUT"

stage=target/stage
rm -rf "$stage"
mkdir -p "$stage"/{programs,completions,libtorch,libtorch-licences} target/debian

# The worker finds libtorch where its package puts it, not where it was built.
# shellcheck disable=SC2016  # $ORIGIN is for the loader
export VIDAIO_TORCH_LIBRARIES='$ORIGIN/../lib/vidaio-torch'
if [ -z "$built" ]; then
  cargo build --profile dist --locked
  if [ "$torch" -eq 1 ]; then
    # shellcheck source=scripts/torch-env.sh
    (. scripts/torch-env.sh && cargo build --profile dist --locked -p vidaio-torch)
  fi
  built=target/dist
fi
cp "$built"/vidaio "$built"/vidaio-video "$stage/programs/"

vidaio=$stage/programs/vidaio
"$vidaio" man "$stage/man"
for shell in bash zsh fish; do "$vidaio" completions "$shell" >"$stage/completions/vidaio.$shell"; done
cargo about generate --locked --fail packaging/licences.hbs -o "$stage/licences.txt"

pack() { # PACKAGE: a folder at a time, so that no older package is left beside the new one
  rm -f target/debian/"$1"_*.deb
  cargo deb --locked --no-build --no-strip -p "$1" --output target/debian/
}
pack vidaio
[ "$torch" -eq 1 ] || exit 0

cp "$built/vidaio-torch" "$stage/programs/"
# shellcheck source=scripts/torch-env.sh
. scripts/torch-env.sh
# What the worker loads from the wheel: libtorch for the CPU, and what that names of CUDA's run time.
LD_LIBRARY_PATH=$LIBTORCH/lib ldd "$stage/programs/vidaio-torch" | sed -n "s|.*=> \(.*\.torch/[^ ]*\) .*|\1|p" |
  while read -r library; do cp "$library" "$stage/libtorch/"; done
site=$(dirname "$LIBTORCH")
for package in torch nvidia_cuda_runtime nvidia_cuda_cupti; do
  for text in "$site/$package"-*.dist-info/licenses/*; do
    cp "$text" "$stage/libtorch-licences/$package-$(basename "$text")"
  done
done
pack vidaio-torch
