# One image for all services and operator commands. The first argument selects the program:
#   docker run fritzy account|catalog|order|graphql
#   docker run fritzy migrate up|status, token, rotate-keys, dlq list|replay, reindex, search-report
# The tag is pinned. To pin the content too, append the digest (@sha256:…) from your registry.
ARG NODE_IMAGE=node:26.10.0-trixie-slim

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# Omits devDependencies and optionalDependencies (the PostgreSQL and Node of `make run`). Runs no install scripts. A
# package that ships its platform binary as an optional dependency would not work here.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund \
    && npm cache clean --force

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="fritzy" \
      org.opencontainers.image.description="A headless shop back end: one GraphQL API over account, catalog and order services" \
      org.opencontainers.image.licenses="MIT"
# Makes glibc return large blocks to the system on free and limits its arenas. Without these settings, the freed buffers
# of 1 MiB requests kept 90 MB resident in a gateway of 256 MiB.
ENV MALLOC_ARENA_MAX=2 \
    MALLOC_MMAP_THRESHOLD_=131072
# The addresses on which other containers reach the program. The other settings are passed to the container.
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8000 \
    LISTEN=0.0.0.0:50051 \
    ADMIN_HOST=0.0.0.0 \
    ADMIN_PORT=9090
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY . .
# A volume for TOKEN_KEYS starts with this owner.
RUN install -d -o 65532 -g 65532 -m 0700 /keys
# Numeric, so that Kubernetes can verify runAsNonRoot. The program writes no files: the root file system may be read-only.
USER 65532:65532
EXPOSE 8000 50051 9090
STOPSIGNAL SIGTERM
# Node runs as process 1 and handles the signals itself. The heap takes 3 × 8 MiB for the young generation and 50 % of the
# memory for the old one; buffers outside the heap need the rest (e2e/attack.test.ts).
ENTRYPOINT ["node", "--min-semi-space-size=8", "--max-semi-space-size=8", "--max-old-space-size-percentage=50", "cmd/container/main.ts"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["node", "cmd/healthcheck/main.ts"]
