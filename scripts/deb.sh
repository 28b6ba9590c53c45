#!/usr/bin/env bash
# Makes the Debian packages in target/debian: vidaio and, with --torch, vidaio-torch, which brings the libtorch that
# it was built with. They fit the release of Debian or Ubuntu that they are made on.
#
#   scripts/deb.sh [--torch]
set -euo pipefail
cd "$(dirname "$0")/.."

CARGO_DEB=3.8.0
CARGO_ABOUT=0.9.3
case "${1:-}" in
  --torch) torch=1 ;;
  '') torch=0 ;;
  *) printf 'error: unknown argument %s\nhint: --torch\n' "$1" >&2; exit 2 ;;
esac
# shellcheck source=scripts/torch-env.sh
[ "$torch" -eq 0 ] || . scripts/torch-env.sh

tool() { # NAME VERSION [ARGUMENT...]: installed once, for this folder alone
  local folder=.tools/$1-$2
  if [ ! -x "$folder/bin/$1" ]; then
    cargo install -q --locked "$1" --version "$2" --root "$folder" "${@:3}"
  fi
  PATH=$PWD/$folder/bin:$PATH
}
tool cargo-deb "$CARGO_DEB"
tool cargo-about "$CARGO_ABOUT" --features cli
cargo fetch --quiet --locked

stage=target/stage
rm -rf "$stage"
mkdir -p "$stage"/{programs,completions,torch/libraries,torch/licences} target/debian
rm -f target/debian/*.deb

pack() { # PACKAGE
  cargo deb --locked --no-build --no-strip -p "$1" --output target/debian/
}
licences() { # MANIFEST FILE
  cargo about generate --frozen --fail --manifest-path "$1" packaging/licences.hbs -o "$2"
}

cargo build --profile dist --locked
cp target/dist/vidaio target/dist/vidaio-video "$stage/programs/"
vidaio=$stage/programs/vidaio
"$vidaio" man "$stage/man"
for shell in bash zsh fish; do "$vidaio" completions "$shell" >"$stage/completions/vidaio.$shell"; done
licences Cargo.toml "$stage/licences.txt"
# The crate that contains libvmaf has a licence of its own.
vmaf=$(cargo metadata --format-version 1 --frozen | python3 -c 'import json, os, sys
print(next(os.path.dirname(p["manifest_path"]) for p in json.load(sys.stdin)["packages"] if p["name"] == "vmaf-head-sys"))')
{
  printf '\n%s\nlibvmaf\n%s\n\n' "$(printf '=%.0s' {1..80})" "$(printf '=%.0s' {1..80})"
  cat "$vmaf/vendored/vmaf/LICENSE"
} >>"$stage/licences.txt"
pack vidaio
[ "$torch" -eq 1 ] || exit 0

# The worker finds libtorch where its package puts it, not where it was built.
# shellcheck disable=SC2016  # $ORIGIN is for the loader
VIDAIO_TORCH_LIBRARIES='$ORIGIN/../lib/vidaio-torch' cargo build --profile dist --locked -p vidaio-torch
cp target/dist/vidaio-torch "$stage/torch/"
# What the worker loads from the wheel: libtorch for the CPU, and what that names of CUDA's run time.
loaded=$(LD_LIBRARY_PATH=$LIBTORCH/lib ldd "$stage/torch/vidaio-torch")
if grep 'not found' <<<"$loaded" >&2; then
  printf 'error: the worker needs libraries that are not there\nhint: rm -r .torch, then make setup\n' >&2
  exit 1
fi
sed -n 's|.*=> \(.*/\.torch/[^ ]*\) .*|\1|p' <<<"$loaded" |
  while read -r library; do cp "$library" "$stage/torch/libraries/"; done
licences torch/Cargo.toml "$stage/torch/licences.txt"
site=$(dirname "$LIBTORCH")
for package in torch nvidia_cuda_runtime nvidia_cuda_cupti; do
  for text in "$site/$package"-*.dist-info/licenses/*; do
    cp "$text" "$stage/torch/licences/$package-$(basename "$text")"
  done
done
pack vidaio-torch
