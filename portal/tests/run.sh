#!/usr/bin/env bash
# One of the portal's checks, as ctest calls it: unit, budget. Status 77 means skipped, with the reason.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() { echo "portal.$name skipped: $*"; exit 77; }

name=${1:?which check}
[ -d node_modules/vite ] || skip "the npm packages are not installed; run ./dev setup"
case $name in
  unit) exec npm test --silent ;;
  budget)
    [ -f dist/manifest.json ] || skip "the portal is not built; run ./dev build"
    exec node tools/budget.mjs ;;
  *) echo "portal: there is no check $name" >&2; exit 2 ;;
esac
