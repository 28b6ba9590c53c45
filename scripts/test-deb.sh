#!/usr/bin/env bash
# Installs the packages with apt into a clean Debian 12 that mmdebstrap makes, uses them there, and removes them
# without a trace. Needs root.
#
#   scripts/test-deb.sh FOLDER_OF_PACKAGES
set -euo pipefail
cd "$(dirname "$0")/.."
if [ $# -ne 1 ]; then
  printf 'error: an argument is missing\nhint: scripts/test-deb.sh FOLDER\n' >&2
  exit 2
fi
packages=$1

fail() {
  printf 'error: %s\nhint: %s\n' "$1" "${2:-what came before this line says why}" >&2
  exit 1
}

[ "$(id -u)" -eq 0 ] || fail 'a root for a test can only be made by root' 'run: sudo make test-deb'
grep -q '^VERSION_CODENAME=bookworm' /etc/os-release || fail 'this machine has other packages' 'run this on Debian 12'
ls "$packages"/vidaio_*.deb >/dev/null 2>&1 || fail "there is no package in $packages" 'make deb'
if ! command -v mmdebstrap >/dev/null; then
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends mmdebstrap >/dev/null ||
    fail 'mmdebstrap could not be installed' 'try: apt-get update'
fi

work=$(mktemp -d "${TMPDIR:-/tmp}/vidaio-deb.XXXXXX")
root=$work/root
trap 'umount -q -l "$root/proc" 2>/dev/null || true; rm -rf --one-file-system "$work"' EXIT

# The mirror is the one that this machine uses.
sources=()
for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources; do
  [ -s "$file" ] && sources+=("$file")
done
[ ${#sources[@]} -gt 0 ] || fail 'this machine has no package sources' 'write /etc/apt/sources.list'
mmdebstrap --quiet --variant=apt --mode=root bookworm "$root" "${sources[0]}" ||
  fail 'no clean root could be made'
mount -t proc proc "$root/proc"
inside() {
  chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive "$@"
}

# Everything but what apt itself keeps (lists, caches, logs, dpkg's state, old copies of user tables) and what goes
# with the next start (/run).
files() {
  (cd "$root" && find . -xdev \( -path ./proc -o -path ./run -o -path ./tmp -o -path './var/lib/apt' -o -path ./var/cache \
    -o -path ./var/log -o -path ./var/lib/dpkg -o -path ./etc/ld.so.cache \
    -o -path './etc/*-' \) -prune -o -print | sort)
  cut -d: -f1 "$root/etc/passwd" "$root/etc/group"
}

mkdir "$root/tmp/packages"
cp "$packages"/*.deb "$root/tmp/packages/"
step() { printf '%4d s  %s\n' "$SECONDS" "$1"; }

# What vidaio needs stays when it goes, so it is there before the files are counted.
step 'packages that vidaio depends on'
inside apt-get -q -y update >/dev/null
needed=$(inside sh -c 'dpkg-deb -f /tmp/packages/vidaio_*.deb Depends' | tr ',' '\n' | sed 's/(.*)//; s/|.*//' | xargs)
# shellcheck disable=SC2086  # names
inside apt-get -q -y install --no-install-recommends $needed man-db >/dev/null
files >"$work/before"

step 'installed with apt'
inside sh -c 'apt-get -q -y install --no-install-recommends /tmp/packages/*.deb >/dev/null'
files >"$work/installed"

step 'used'
inside vidaio --version --verbose
inside getent passwd vidaio | grep -q ':/var/lib/vidaio:' || fail 'there is no user vidaio'
[ "$(inside stat -c %U:%a /var/lib/vidaio)" = vidaio:750 ] || fail '/var/lib/vidaio is not for vidaio alone'
grep -q 'deb-systemd-invoke stop' "$root/var/lib/dpkg/info/vidaio.prerm" || fail 'a removal leaves the service running'
for page in vidaio vidaio-score vidaio-score-compress vidaio-mine; do
  inside man -w "$page" >/dev/null || fail "there is no manual page $page"
done
for file in usr/share/bash-completion/completions/vidaio usr/share/zsh/vendor-completions/_vidaio \
  usr/share/fish/vendor_completions.d/vidaio.fish lib/systemd/system/vidaio-mine.service \
  usr/share/doc/vidaio/copyright usr/share/doc/vidaio/licences.txt etc/vidaio/config.toml; do
  [ -s "$root/$file" ] || [ -s "$root/usr/$file" ] || fail "the package has no $file"
done

cp -r fixtures "$root/tmp/"
inside /tmp/fixtures/make.sh /tmp/clips
inside vidaio score compress /tmp/clips/reference.mp4 /tmp/clips/compressed.mp4 --threshold 85 \
  --rules latest --format json >"$work/score.json"
python3 - "$work/score.json" fixtures/expected.json <<'PY' || fail 'the score is not that of fixtures/expected.json'
import json, sys
got, expected = (json.load(open(path)) for path in sys.argv[1:])
want = next(case for case in expected["cases"] if case["output"] == "compressed.mp4")
vmaf = got["measurement"]["vmaf"]
found = {"vmaf_base": vmaf["base"]["mean"], "vmaf_neg": vmaf["neg"]["mean"], "rate": got["compression_rate"]}
print("scored", found)
assert all(abs(found[key] - want[key]) < (0.003 if key == "rate" else 0.3) for key in found), want
PY
inside vidaio doctor --format json >"$work/doctor.json"
worker=$(ls "$packages"/vidaio-torch_*.deb 2>/dev/null || true)
python3 - "$work/doctor.json" "${worker:+torch}" <<'PY' || fail 'doctor finds something wrong'
import json, sys
state = {line["what"]: line["state"] for line in json.load(open(sys.argv[1]))}
print("doctor", state)
ok = ["FFmpeg libraries", "libvmaf", "features", "FFmpeg program", "encoders"]
if sys.argv[2]:
    ok += ["libtorch worker", "libtorch"]
assert all(state[what] == "ok" for what in ok)
PY
inside vidaio compress /tmp/clips/reference.mp4 /tmp/clips/made.mp4 --threshold 75 --codec h264 --max-probes 3 --quiet >/dev/null
inside vidaio mine --check --offline --metagraph /nowhere.json >"$work/mine" 2>&1 || true
grep -q '/nowhere.json' "$work/mine" || fail "vidaio mine --check says something else: $(cat "$work/mine")"
if [ -n "$worker" ]; then
  inside vidaio-torch --write-test-weights /tmp/synthetic.safetensors
  inside vidaio score upscale /tmp/clips/reference.mp4 /tmp/clips/upscaled.mp4 --length 5 \
    --pieapp-weights /tmp/synthetic.safetensors --format json | grep -q '"pieapp"' || fail 'no PIE-APP'
fi

step 'removed'
rm -rf "$root/root/.cache" "$root/root/.local" "$root/root/.config"
inside sh -c "apt-get -q -y purge 'vidaio*' >/dev/null"
files >"$work/after"
diff "$work/before" "$work/after" >&2 || fail 'the packages left these behind'
printf 'passed: %d files came and went in %d s\n' \
  "$(($(wc -l <"$work/installed") - $(wc -l <"$work/before")))" "$SECONDS"
