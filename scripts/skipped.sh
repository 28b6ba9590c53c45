#!/usr/bin/env bash
# Says which tests were skipped, by the list that they wrote.
#
#   scripts/skipped.sh LIST
set -euo pipefail
list=${1:?usage: scripts/skipped.sh LIST}
if [ -s "$list" ]; then
  echo "$(wc -l <"$list") tests were skipped:"
  cat "$list"
else
  echo 'no test was skipped'
fi
