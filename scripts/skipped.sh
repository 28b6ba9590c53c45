#!/usr/bin/env bash
# Says which tests were skipped, by the list that they wrote.
#
#   scripts/skipped.sh LIST
set -euo pipefail
if [ $# -ne 1 ]; then
  printf 'error: an argument is missing\nhint: scripts/skipped.sh LIST\n' >&2
  exit 2
fi
list=$1
if [ -s "$list" ]; then
  echo "$(wc -l <"$list") tests were skipped:"
  cat "$list"
else
  echo 'no test was skipped'
fi
