/**
 * The one error of the project. An expected failure is an `AppError` with a reason from the closed list below;
 * it crosses RPC (in process and on the wire alike) and ends as `extensions.code` in a GraphQL answer.
 * Anything else that is thrown is a bug: the caller sees `INTERNAL` and a request id, the log has the rest.
 */

/** Every reason there is, with its canonical gRPC status code (google.rpc.Code). */
export const REASONS = {
  /** A field of the request breaks its bound. */
  INVALID_ARGUMENT: 3,
  /** A cursor is damaged, or of another list or of the same list with another query, filter, sort or parent. */
  INVALID_CURSOR: 3,
  /** The deadline passed; whether the work was done is unknown to the caller. */
  DEADLINE_EXCEEDED: 4,
  /** The entity named by id does not exist. */
  NOT_FOUND: 5,
  /** An order names an account that does not exist. */
  ACCOUNT_NOT_FOUND: 9,
  /** An order names a product that does not exist. */
  PRODUCT_NOT_FOUND: 9,
  /** An order names a product that is no longer sold. */
  PRODUCT_ARCHIVED: 9,
  /** A product or a category names a category that does not exist. */
  CATEGORY_NOT_FOUND: 9,
  /** The tree of categories is as deep, as wide or as large as it may be. */
  CATEGORY_LIMIT_EXCEEDED: 9,
  /** Another category with the same parent has the name, whatever its case and accents. */
  CATEGORY_NAME_TAKEN: 6,
  /** The entity has changed since the caller read it: read it again, then retry. */
  VERSION_CONFLICT: 10,
  /** The caller went away. */
  CANCELLED: 1,
  /** A bound on work in progress is reached: wait, then retry. */
  RESOURCE_EXHAUSTED: 8,
  /** The answer would have more bytes than one may have: ask for less. */
  RESPONSE_TOO_LARGE: 8,
  /** A service or engine that is needed cannot be reached: retry later. */
  UNAVAILABLE: 14,
  /** A bug. The public message never says more than the request id. */
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
  8: 'RESOURCE_EXHAUSTED',
  9: 'FAILED_PRECONDITION',
  10: 'ABORTED',
  13: 'INTERNAL',
  14: 'UNAVAILABLE',
};

/** Numbers about a failure that programs may read, for example `{ bytesMax: 4000000 }`. */
export type ErrorDetail = Readonly<Record<string, number>>;

/** What is wrong with one field of a request. */
export interface Violation {
  /** The path of the field, e.g. `products[2].quantity`. */
  readonly field: string;
  /** With INVALID_ARGUMENT what the field must be (`must be a UUID`), otherwise a sentence. */
  readonly message: string;
  readonly code: Reason;
}

/** Violations that one error names; further ones are left out. An order has at most 200. */
export const VIOLATIONS_MAX = 200;

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly reason: Reason;
  /** What the caller may read. `message` is the same text, so that logs show it. */
  readonly publicMessage: string;
  readonly detail: ErrorDetail;
  /** What the caller can correct, in the order of the input. Empty for overload and faults. */
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

/** The error of a request with these violations; the first one decides its reason and its text. */
export function violationsError(first: Violation, ...others: readonly Violation[]): AppError {
  return new AppError(first.code, violationText(first), {
    violations: [first, ...others].slice(0, VIOLATIONS_MAX),
  });
}

/** A violation as one sentence that names the field where the sentence needs it. */
function violationText({ field, message, code }: Violation): string {
  return code === 'INVALID_ARGUMENT' ? `${field} ${message}` : message;
}

/** An input field that breaks its bound: INVALID_ARGUMENT. `problem` continues a sentence that begins with the field. */
export function invalid(field: string, problem: string): AppError {
  return refused('INVALID_ARGUMENT', field, problem);
}

/** An error about one input field that the caller can correct. */
export function refused(code: Reason, field: string, message: string): AppError {
  return violationsError({ field, message, code });
}

/** What a caller may see of any thrown value: the error itself when it was expected, otherwise a bare INTERNAL. */
export function asAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError('INTERNAL', 'Something went wrong on our side.', { cause: error });
}

/**
 * Why the program cannot start or go on, in one line that says what is wrong and how to mend it.
 * Entry points print the line without a stack and exit with status 1.
 */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/** The text of any thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
