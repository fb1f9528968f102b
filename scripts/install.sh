#!/bin/sh
# Installs the pinned packages. Quiet unless something is wrong.
set -eu
if ! command -v npm >/dev/null 2>&1; then
  echo "fritzy: npm is missing: install Node 20 or newer (https://nodejs.org)." >&2
  exit 1
fi
echo "Installing packages (once, about half a minute) ..."
npm ci --no-audit --no-fund --loglevel=error
# make compares times: the lock file may be as new as what was just installed.
touch node_modules/.package-lock.json
