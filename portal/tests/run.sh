#!/usr/bin/env bash
# One of the portal's checks, as ctest calls it: unit, budget, browser. Status 77 means skipped, with the reason.
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
  browser)
    [ -f dist/index.html ] || skip "the portal is not built; run ./dev build"
    for program in sluice-controller sluice-collector sluice-gateway; do
      [ -x "${SLUICE_BIN:?}/$program" ] || skip "$program is not built"
    done
    for program in "${CHROMIUM:-chromium}" gobgpd tcpreplay ip unshare; do
      command -v "$program" >/dev/null || skip "$program is not installed; run ./dev setup"
    done
    # A network of its own: free ports, an interface for the gateway, and no way out to any other host.
    unshare --net true 2>/dev/null || skip "this user may not make a network namespace; run as root"
    exec unshare --net node_modules/.bin/playwright test "${@:2}" ;;
  *) echo "portal: there is no check $name" >&2; exit 2 ;;
esac
