#!/usr/bin/env bash
# ./dev fresh: a Debian 12 made by debootstrap in a folder, with git and nothing else, a clean clone inside, and the
# README's two commands. Proves that ./dev setup installs all that is needed, and measures how long it takes.
#
#   ./dev fresh [--keep] [--json FILE] [COMMAND...]     COMMAND: words for ./dev, one argument each (default: test, demo)
#
# What belongs to this machine's network and not to Debian is taken from it at run time: the mirror from apt's sources,
# the npm registry, certificates and proxies. Packages are kept in a cache, so that they are fetched once. The recordings
# that some tests read (SLUICE_CORPUS) are no part of the project: they are lent to the inside where there are any.
set -euo pipefail
cd "$(dirname "$0")/.."
ROOT=$PWD
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/sluice/fresh
say() { printf '\033[1m== fresh: %s\033[0m\n' "$*" >&2; }
die() { printf 'fresh: %s\n' "$*" >&2; exit 1; }

# The sources of this machine that are Debian 12's, as "URI suite components" lines, whichever of apt's two formats they have.
debian_sources() {
  {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
      sed -nE 's/^deb (\[[^]]*\] )?([^ ]+) (bookworm[^ ]*) (.*)/\2 \3 \4/p'
    cat /etc/apt/sources.list.d/*.sources 2>/dev/null | awk '
      function flush(  i, j, uris, suites) {
        split(uri, uris, " "); split(suite, suites, " ")
        for (i in uris) for (j in suites) if (suites[j] ~ /^bookworm/) print uris[i], suites[j], components
        uri = suite = components = ""
      }
      /^URIs:/ { $1 = ""; uri = $0 } /^Suites:/ { $1 = ""; suite = $0 } /^Components:/ { $1 = ""; components = $0 }
      /^ *$/ { flush() } END { flush() }'
  } | awk '$2 ~ /^bookworm(-updates|-security)?$/ { print $1, $2, "main" }' | sort -u
}

# Lines for the inside's environment: registry, proxies. Certificates that this machine adds go along as a file.
network_environment() {
  local name
  command -v npm >/dev/null && printf 'npm_config_registry=%s\n' "$(npm config get registry 2>/dev/null)"
  for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    [ -z "${!name:-}" ] || printf '%s=%s\n' "$name" "${!name}"
  done
  if [ -s /etc/ssl/certs/ca-certificates.crt ]; then
    printf 'NODE_EXTRA_CA_CERTS=/root/host-certificates.crt\nnpm_config_cafile=/root/host-certificates.crt\n'
  fi
}

# Runs "$@" inside, in mount and process namespaces that end with it: nothing stays mounted or running.
inside() {
  unshare --mount --pid --fork --kill-child bash -c '
    set -e
    target=$1; cache=$2; corpus=$3; shift 3
    mount --make-rprivate /
    mount --bind "$target" "$target"  # a root that is no mount keeps programs inside from making namespaces of their own
    mount -t proc proc "$target/proc"
    mount --rbind /sys "$target/sys"
    mount --rbind /dev "$target/dev"
    mount -t tmpfs tmpfs "$target/run"
    mkdir -p "$target/run/lock"
    mount --bind "$cache/archives" "$target/var/cache/apt/archives"
    mkdir -p "$target/root/.npm"
    mount --bind "$cache/npm" "$target/root/.npm"
    if [ -d "$corpus" ]; then
      mkdir -p "$target/root/shared/corpus"
      mount --bind -o ro "$corpus" "$target/root/shared/corpus"
    fi
    exec chroot "$target" env -i HOME=/root USER=root TERM="${TERM:-dumb}" LANG=C.UTF-8 \
      PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin $(cat "$cache/environment") "$@"
  ' inside "$target" "$CACHE" "${SLUICE_CORPUS:-}" "$@"
}

keep='' json='' commands=()
while [ $# -gt 0 ]; do
  case $1 in
    --keep) keep=1 ;;
    --json) json=${2:?--json needs a file}; shift ;;
    -*) die "unknown option $1; see the head of tools/fresh.sh" ;;
    *) commands+=("$1") ;;
  esac
  shift
done
[ ${#commands[@]} -gt 0 ] || commands=("test" "demo --once --json /root/demo.json")

[ "$(id -u)" = 0 ] || die "needs root (debootstrap and chroot)"
command -v debootstrap >/dev/null || die "debootstrap is missing: ./dev setup installs it"
sources=$(debian_sources)
mirror=$(awk '$2 == "bookworm" { print $1; exit }' <<<"$sources")
[ -n "$mirror" ] || die "no Debian 12 (bookworm) in this machine's apt sources: add it, or run this on Debian 12"
[ -z "$(git status --porcelain)" ] || say "note: what is not committed is not part of the clone"

mkdir -p "$CACHE/archives/partial" "$CACHE/npm"
network_environment >"$CACHE/environment"
target=$(mktemp -d "${TMPDIR:-/var/tmp}/sluice-fresh.XXXXXX")
chmod 755 "$target"
finish() {
  if [ -n "$keep" ]; then say "kept: $target"; else rm -rf --one-file-system "$target"; fi
}
trap finish EXIT

say "Debian 12 in $target"
debootstrap --variant=minbase --include=git,ca-certificates --cache-dir="$CACHE/archives" bookworm "$target" "$mirror" >"$CACHE/debootstrap.log" ||
  { tail -n 20 "$CACHE/debootstrap.log" >&2; die "debootstrap failed; its last lines are above"; }
sed 's/^/deb /' <<<"$sources" >"$target/etc/apt/sources.list"
printf '127.0.0.1 localhost\n::1 localhost\n' >"$target/etc/hosts"
cp -L /etc/resolv.conf "$target/etc/resolv.conf" 2>/dev/null || true
[ ! -s /etc/ssl/certs/ca-certificates.crt ] || cp -L /etc/ssl/certs/ca-certificates.crt "$target/root/host-certificates.crt"
git clone -q --no-hardlinks "$ROOT" "$target/root/sluice"

say "fetching packages (kept in $CACHE)"
inside bash -c 'cd /root/sluice && apt-get update -q >/dev/null &&
  sed "s/#.*//" packaging/debian-packages.txt | xargs apt-get install -y -q --no-install-recommends --download-only' >"$CACHE/fetch.log" 2>&1 ||
  { tail -n 20 "$CACHE/fetch.log" >&2; die "fetching failed; its last lines are above"; }

failed=0
[ -z "$json" ] || : >"$json"
for command in "${commands[@]}"; do
  say "./dev $command"
  began=$SECONDS status=0
  # shellcheck disable=SC2086 # a command is words
  inside bash -c 'cd /root/sluice && exec ./dev "$@"' dev $command || status=$?
  took=$((SECONDS - began))
  say "./dev $command: exit $status after $((took / 60)) min $((took % 60)) s"
  [ -z "$json" ] || printf '{"bench":"fresh","case":"%s","metric":"duration","value":%d,"unit":"s","runs":1,"min":%d,"max":%d,"exit":%d}\n' \
    "${command%% *}" "$took" "$took" "$took" "$status" >>"$json"
  [ $status = 0 ] || failed=1
done
exit $failed
