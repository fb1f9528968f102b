import type { Reason } from '#platform/errors.ts';

/** Codes of errors that the gateway finds in a request, in addition to the reasons of services (platform/errors.ts). */
export const GATEWAY_CODES = [
  'BAD_REQUEST',
  'BODY_TOO_LARGE',
  'EXPECTATION_FAILED',
  'GRAPHQL_LIMIT_EXCEEDED',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'HEADERS_TOO_LARGE',
  'METHOD_NOT_ALLOWED',
  'MISDIRECTED_REQUEST',
  'NOT_ACCEPTABLE',
  'OPERATION_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
  'RATE_LIMITED',
  'UNSUPPORTED_MEDIA_TYPE',
] as const;

/** All error codes of the API: `enum ErrorCode` of the schema, explained in docs/api.md. */
export type ErrorCode = Reason | (typeof GATEWAY_CODES)[number];
