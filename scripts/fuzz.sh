#!/usr/bin/env bash
# Feeds the readers of what strangers wrote with what AFL++ makes of the seeds in fuzz/corpus, one target after
# the other. Ends with 1 where an input crashes a target or holds it up.
#
#   scripts/fuzz.sh [MINUTES [TARGET...]]
#
# Everything that was found lies in target/fuzz/found and is gone on from the next time.
set -euo pipefail
cd "$(dirname "$0")/.."

# The same version as fuzz/Cargo.toml has of the crate; it brings its own AFL++, built for one compiler.
VERSION=0.18.2
# Slower than this is not kept, and slower than that is a hang: in milliseconds.
SLOW=2000
HANG=10000
# Inputs that are named.
SHOWN=10
# What a target may take, in MiB.
MEMORY=1024

fail() {
  printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
  exit 2
}

minutes=${1:-10}
case $minutes in
  '' | 0 | *[!0-9]*) fail "MINUTES is ${minutes:-empty}" 'name a whole number of minutes, 1 or more' ;;
esac
shift $(($# > 0))
mapfile -t known < <(cd fuzz/corpus && printf '%s\n' *)
targets=("${@:-${known[@]}}")
for target in "${targets[@]}"; do
  [ -d "fuzz/corpus/$target" ] || fail "there is no target $target" "known are: ${known[*]}"
done

host=$(rustc -vV | sed -n 's/^host: //p')
tool=$PWD/.tools/cargo-afl-$VERSION-rust-$(rustc -vV | sed -n 's/^release: //p')
export XDG_DATA_HOME=$tool/share
export PATH=$tool/bin:$PATH
if [ ! -f "$tool/installed" ]; then
  echo "installing cargo-afl $VERSION into .tools/"
  rm -rf "$tool"
  cargo install -q --locked cargo-afl --version "$VERSION" --root "$tool" >/dev/null ||
    fail 'cargo-afl could not be installed' 'check the network and the disk'
  touch "$tool/installed"
fi

build=$PWD/target/fuzz/build
echo 'building (the first time takes a quarter of an hour)'
# With a target named, what runs at build time gets no instruments. Much is compiled and little of it is run.
(cd fuzz && AFL_OPT_LEVEL=1 cargo afl build -q --locked --target "$host" --target-dir "$build")

# Small files are written at every try.
scratch=$(mktemp -d -p "$([ -d /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")")
trap 'rm -rf "$scratch"' EXIT
export TMPDIR=$scratch
# One core and no rights are enough: no questions about the machine, no screen.
export AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_AFFINITY=1 AFL_NO_UI=1
export AFL_AUTORESUME=1 AFL_CRASHING_SEEDS_AS_NEW_CRASH=1 AFL_HANG_TMOUT=$HANG
# More would only wait for one file.
export RAYON_NUM_THREADS=1

# What crashed a target and no longer does is forgotten.
forget_mended() {
  local input
  for input in "$2"/default/{crashes,hangs}/id*; do
    [ -f "$input" ] || continue
    if timeout $((HANG / 1000)) "$1" <"$input" >/dev/null 2>&1; then rm "$input"; fi
  done
}

# Where AFL++ goes on, it reads what it found and not the seeds.
add_new_seeds() {
  local seed
  [ -d "$2" ] || return 0
  for seed in "$1"/*; do
    compgen -G "$2/*orig:${seed##*/}" >/dev/null || cp "$seed" "$2/id:999999,time:0,execs:0,orig:${seed##*/}"
  done
}

figure() {
  sed -n "s/^$2 *: //p" "$1/default/fuzzer_stats"
}

rows=
bad=()
for target in "${targets[@]}"; do
  program=$build/$host/debug/$target
  found=target/fuzz/found/$target
  mkdir -p "$found"
  forget_mended "$program" "$found"
  add_new_seeds "fuzz/corpus/$target" "$found/default/queue"
  echo "$target for $minutes minutes"
  cargo afl fuzz -V $((minutes * 60)) -t $SLOW -m $MEMORY -x "fuzz/dictionaries/$target.dict" \
    -i "fuzz/corpus/$target" -o "$found" -- "$program" >"$found/log" 2>&1 || {
    tail -n 20 "$found/log" >&2
    fail "AFL++ does not run $target" "its words are in $found/log"
  }
  mapfile -t inputs < <(find "$found/default/crashes" "$found/default/hangs" -name 'id*' | sort)
  bad+=("${inputs[@]}")
  crashes=$(find "$found/default/crashes" -name 'id*' | wc -l)
  rows+=$(printf '%s\t' "$target" $(($(figure "$found" run_time) / 60)) "$(figure "$found" execs_done)" \
    "$(figure "$found" execs_per_sec)" "$(figure "$found" corpus_count)" "$crashes" \
    $((${#inputs[@]} - crashes)))$'\n'
done

echo
printf 'target\tminutes\texecutions\ta second\tcorpus\tcrashes\thangs\n%s' "$rows" | expand -t 12,20,32,42,50,58
if [ ${#bad[@]} -gt 0 ]; then
  printf '\nerror: a target crashed or hung, at what lies in:\n' >&2
  printf '  %s\n' "${bad[@]:0:SHOWN}" >&2
  [ ${#bad[@]} -le $SHOWN ] || echo "  and $((${#bad[@]} - SHOWN)) more beside them" >&2
  exit 1
fi
