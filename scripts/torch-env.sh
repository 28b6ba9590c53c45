# shellcheck shell=bash
# Sourced: sets the variables by which Cargo finds the private libtorch.
LIBTORCH=$(echo "$PWD"/.torch/lib/python3*/site-packages/torch)
if [ ! -d "$LIBTORCH/lib" ]; then
  printf 'error: libtorch is not in .torch/\nhint: make setup, or build without it: TORCH=0\n' >&2
  exit 1
fi
export LIBTORCH LIBTORCH_CXX11_ABI=1
