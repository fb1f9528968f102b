#!/bin/sh
# Installs the pinned packages. Reports an old Node, a missing network and a full disk with one line each.
set -eu
NODE_MIN=20
NPM_MIN=9
NODE_HINT="install Node $NODE_MIN or newer (https://nodejs.org)"
# The sizes of node_modules and of the packages in npm's cache.
PACKAGES_MIB=950
CACHE_MIB=350
# The timeout of one small registry request, in milliseconds. npm itself waits minutes for an unreachable network.
PROBE_MS=8000

fail() {
  printf 'fritzy: %s\n' "$*" >&2
  exit 1
}

major() { expr "$1" : 'v\{0,1\}\([0-9]*\)'; }

# Free MiB on the disk of a folder.
free_mib() { df -Pk "$1" | awk 'NR == 2 { print int($4 / 1024) }'; }

disk_full() {
  fail "the disk is full: $PWD has $(free_mib .) MiB free, npm's cache $cache has $(free_mib "$cache") MiB; the packages need about $PACKAGES_MIB MiB and $CACHE_MIB MiB: free some space and try again."
}

# Prints why the registry cannot be reached with npm's registry and proxy settings; prints nothing if it sends any response.
registry_problem() {
  # shellcheck disable=SC2016 # ${} is JavaScript
  node -e '
    const options = ["--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=1000"];
    const { spawnSync } = require("node:child_process");
    const timeout = Number(process.argv[1]);
    const { status, stderr } = spawnSync("npm", ["ping", ...options], { timeout, killSignal: "SIGKILL", encoding: "utf8" });
    const code = /code (\w+)/.exec(stderr)?.[1];
    if (status === null) console.log(`no response within ${timeout / 1000} s`);
    else if (status !== 0 && !/^E\d{3}$/.test(code ?? "")) console.log(code ?? "unknown error");
  ' "$PROBE_MS"
}

no_network() {
  fail "the npm registry $(npm config get registry) cannot be reached ($1): check the network or the proxy and try again. On a very slow network, run npm ci first."
}

command -v node >/dev/null 2>&1 || fail "Node is missing: $NODE_HINT."
node_version=$(node --version)
[ "$(major "$node_version")" -ge "$NODE_MIN" ] || fail "Node $node_version is too old: $NODE_HINT."
command -v npm >/dev/null 2>&1 || fail "npm is missing: $NODE_HINT."
npm_version=$(npm --version)
[ "$(major "$npm_version")" -ge "$NPM_MIN" ] || fail "npm $npm_version is too old: $NODE_HINT, or run npm install -g npm@$NPM_MIN."

# On a full disk, even npm config may fail.
cache=$(npm config get cache 2>/dev/null) || cache=$HOME
# npm ci deletes node_modules first, so its size counts as free. npm detects a full disk only after minutes and then
# reports success.
installed=0
if [ -d node_modules ]; then installed=$(du -sk node_modules | awk '{ print int($1 / 1024) }'); fi
[ $(($(free_mib .) + installed)) -ge "$PACKAGES_MIB" ] || disk_full

# npm reports some errors as warnings, so warnings are included.
install_packages() { npm ci --no-audit --no-fund --loglevel=warn "$@" 2>&1; }

problem=$(registry_problem)
if [ -n "$problem" ]; then
  # npm's cache may contain all packages.
  install_packages --offline >/dev/null || no_network "$problem"
else
  echo "Installing packages (once, about half a minute) ..."
  status=0
  output=$(install_packages) || status=$?
  case $output in
    *ENOSPC* | *EDQUOT*)
      rm -f node_modules/.package-lock.json
      disk_full
      ;;
  esac
  if [ "$status" -ne 0 ]; then
    code=$(printf '%s\n' "$output" | sed -n 's/^npm error code \([A-Z_]*\)$/\1/p' | head -n 1)
    case $code in
      ENOTFOUND | EAI_AGAIN | ECONN* | ENET* | EHOST* | ETIMEDOUT | ERR_SOCKET_TIMEOUT) no_network "$code" ;;
    esac
    printf '%s\n' "$output" >&2
    fail "npm ci failed: see the lines above."
  fi
fi
# make compares modification times: package-lock.json may be as new as the installed packages.
touch node_modules/.package-lock.json
