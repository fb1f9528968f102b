# One image for every service and for an operator's programs; which one is its argument:
#   docker run fritzy account|catalog|order|graphql
#   docker run fritzy migrate up|status, dlq list|replay, reindex
# The tag is pinned; put @sha256:… behind it where your registry is at hand (none was when this was written).
ARG NODE_IMAGE=node:26.10.0-trixie-slim

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# Without the tools of development, and without what npm calls optional: the PostgreSQL and the Node that `make run`
# brings along. No script of a package runs. A package whose platform's part is "optional" would need another way.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund \
    && npm cache clean --force

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="fritzy" \
      org.opencontainers.image.description="A headless shop back end: one GraphQL API over account, catalog and order services" \
      org.opencontainers.image.licenses="MIT"
# glibc gives large blocks back at once and keeps few arenas: without these settings freed buffers of requests of 1 MiB
# stayed resident, 90 MB in a gateway of 256 MiB.
ENV MALLOC_ARENA_MAX=2 \
    MALLOC_MMAP_THRESHOLD_=131072
# What is reached from other containers; everything else is a setting that has no default.
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8000 \
    LISTEN=0.0.0.0:50051 \
    ADMIN_HOST=0.0.0.0 \
    ADMIN_PORT=9090
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY . .
# A number, so that Kubernetes can tell that it is not root. Nothing is written: the root file system may be read-only.
USER 65532:65532
EXPOSE 8000 50051 9090
STOPSIGNAL SIGTERM
# The only program that runs is Node, as process 1: it handles the signals itself. The heap has 3 times 8 MiB of young
# objects and 50 % of the memory of old ones; buffers outside it need the rest (e2e/attack.test.ts).
ENTRYPOINT ["node", "--min-semi-space-size=8", "--max-semi-space-size=8", "--max-old-space-size-percentage=50", "cmd/container/main.ts"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["node", "cmd/healthcheck/main.ts"]
