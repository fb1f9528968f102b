/**
 * The error type of the project. An expected failure is an `AppError` with a reason from the closed list below. It
 * crosses RPC calls (in process and over the wire) and becomes `extensions.code` in a GraphQL response. Any other
 * thrown value is a bug: the caller sees `INTERNAL` and a request id; the log has the details.
 */

/** All reasons, with their canonical gRPC status codes (google.rpc.Code). */
export const REASONS = {
  /** A field of the request is invalid. */
  INVALID_ARGUMENT: 3,
  /** A cursor is damaged, or belongs to another list or to another query, filter, sort or parent. */
  INVALID_CURSOR: 3,
  /** The deadline passed. The caller does not know whether the work was done. */
  DEADLINE_EXCEEDED: 4,
  /** The entity with this id does not exist. */
  NOT_FOUND: 5,
  /** An order refers to an account that does not exist. */
  ACCOUNT_NOT_FOUND: 9,
  /** An order refers to a product that does not exist. */
  PRODUCT_NOT_FOUND: 9,
  /** An order refers to a product that is no longer sold. */
  PRODUCT_ARCHIVED: 9,
  /** An order would have another total price than the caller expects. */
  PRICE_CHANGED: 9,
  /** The idempotency key belongs to another request of the last 24 hours. */
  IDEMPOTENCY_KEY_REUSED: 9,
  /** Another request with the same idempotency key is in progress. Wait, then retry. */
  IDEMPOTENCY_IN_PROGRESS: 10,
  /** A product or a category refers to a category that does not exist. */
  CATEGORY_NOT_FOUND: 9,
  /** The category tree has reached its maximum depth, width or size. */
  CATEGORY_LIMIT_EXCEEDED: 9,
  /** Another category with the same parent has the same name, ignoring case and accents. */
  CATEGORY_NAME_TAKEN: 6,
  /** The entity has changed since the caller read it. Read it again, then retry. */
  VERSION_CONFLICT: 10,
  /** The access token is missing, invalid, expired or revoked. */
  UNAUTHENTICATED: 16,
  /** The caller lacks the role that the operation requires. */
  PERMISSION_DENIED: 7,
  /** The e-mail address or the password is wrong. */
  INVALID_CREDENTIALS: 16,
  /** A token from an e-mail or a refresh token is unknown, expired or used. */
  INVALID_TOKEN: 3,
  /** There were too many attempts. Wait for `retryAfterSeconds`. */
  TOO_MANY_ATTEMPTS: 8,
  /** The caller cancelled the request. */
  CANCELLED: 1,
  /** A limit on concurrent work is reached. Wait, then retry. */
  RESOURCE_EXHAUSTED: 8,
  /** The response exceeds its maximum size. Request less data. */
  RESPONSE_TOO_LARGE: 8,
  /** A required service or engine cannot be reached. Retry later. */
  UNAVAILABLE: 14,
  /** A bug. The public message contains only the request id. */
  INTERNAL: 13,
} as const;

export type Reason = keyof typeof REASONS;

/** The names of the gRPC status codes in use (https://grpc.io/docs/guides/status-codes/). */
export const STATUS_NAMES: Readonly<Record<(typeof REASONS)[Reason], string>> = {
  1: 'CANCELLED',
  3: 'INVALID_ARGUMENT',
  4: 'DEADLINE_EXCEEDED',
  5: 'NOT_FOUND',
  6: 'ALREADY_EXISTS',
  7: 'PERMISSION_DENIED',
  8: 'RESOURCE_EXHAUSTED',
  9: 'FAILED_PRECONDITION',
  10: 'ABORTED',
  13: 'INTERNAL',
  14: 'UNAVAILABLE',
  16: 'UNAUTHENTICATED',
};

/** Machine-readable numbers about a failure, for example `{ bytesMax: 4000000 }`. */
export type ErrorDetail = Readonly<Record<string, number>>;

/** A violation in one field of a request. */
export interface Violation {
  /** The path of the field, e.g. `products[2].quantity`. */
  readonly field: string;
  /** With INVALID_ARGUMENT a predicate of the field (`must be a UUID`), otherwise a sentence. */
  readonly message: string;
  readonly code: Reason;
}

/** Maximum violations in one error; further ones are omitted. An order has at most 200. */
export const VIOLATIONS_MAX = 200;

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly reason: Reason;
  /** The text for the caller. `message` is the same text, so that logs show it. */
  readonly publicMessage: string;
  readonly detail: ErrorDetail;
  /** The violations that the caller can correct, in the order of the input. Empty for overload and faults. */
  readonly violations: readonly Violation[];

  constructor(
    reason: Reason,
    publicMessage: string,
    options: { detail?: ErrorDetail; violations?: readonly Violation[]; cause?: unknown } = {},
  ) {
    super(publicMessage, 'cause' in options ? { cause: options.cause } : undefined);
    this.reason = reason;
    this.publicMessage = publicMessage;
    this.detail = options.detail ?? {};
    this.violations = options.violations ?? [];
  }

  /** The field of the first violation. */
  get field(): string | undefined {
    return this.violations[0]?.field;
  }
}

/** The error of a request with these violations. The first one determines the reason and the text. */
export function violationsError(first: Violation, ...others: readonly Violation[]): AppError {
  return new AppError(first.code, violationText(first), {
    violations: [first, ...others].slice(0, VIOLATIONS_MAX),
  });
}

/** The violation as one sentence. */
function violationText({ field, message, code }: Violation): string {
  return code === 'INVALID_ARGUMENT' ? `${field} ${message}` : message;
}

/** INVALID_ARGUMENT for an input field. `problem` continues a sentence that begins with the field. */
export function invalid(field: string, problem: string): AppError {
  return refused('INVALID_ARGUMENT', field, problem);
}

/** An error about one input field that the caller can correct. */
export function refused(code: Reason, field: string, message: string): AppError {
  return violationsError({ field, message, code });
}

/** The same error with these numbers. */
export function withDetail({ reason, publicMessage, violations }: AppError, detail: ErrorDetail): AppError {
  return new AppError(reason, publicMessage, { detail, violations });
}

/** The error that a caller sees for a thrown value: an AppError unchanged, anything else as INTERNAL. */
export function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError('INTERNAL', 'Something went wrong on our side.', { cause: error });
}

/**
 * The reason why the program cannot start or continue, in one line that names the problem and its remedy. Entry
 * points print the line without a stack and exit with status 1.
 */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** The text of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
