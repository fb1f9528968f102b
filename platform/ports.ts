/** The default ports. This file imports nothing, because health checks load it. */
export const DEFAULT_PORTS = {
  /** LISTEN: gRPC of a service. */
  grpc: 50_051,
  /** ADMIN_PORT: /healthz, /readyz and /metrics of a service. */
  admin: 9_090,
  /** PORT: the gateway. */
  api: 8_000,
} as const;
