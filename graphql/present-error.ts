import { GraphQLError } from 'graphql';
import type { ErrorCode } from '#graphql/error-codes.ts';
import { toUserError } from '#graphql/graph/payload.ts';
import { UnmappedViolation } from '#graphql/graph/violations.ts';
import { RequestError } from '#graphql/request-error.ts';
import type { Call } from '#platform/call.ts';
import { AppError, asAppError } from '#platform/errors.ts';
import { callFields, type Logger } from '#platform/logger.ts';

/** The maximum characters of a message about the request. */
const MESSAGE_LENGTH_MAX = 500;

/** Converts an error for the caller: a code from a closed list, without stacks, statements or internal names. */
export function presentError(error: GraphQLError, logger: Logger, call: Call): PresentedError {
  const { message, locations, path, originalError } = error;
  const where = { ...(locations && { locations }), ...(path && { path }) };
  const requestId = call.requestId;
  if (error instanceof RequestError)
    return { message: shorten(message), ...where, extensions: { code: error.code, requestId } };
  const cause = originalCause(originalError);
  if (cause instanceof AppError && !(cause instanceof UnmappedViolation)) {
    // The service logs it with the request id of one of the callers that share a read; here each caller has its own.
    if (cause.reason === 'INTERNAL')
      logger.error({ err: cause, path, ...callFields(call) }, 'a service failed');
    const extensions = { code: cause.reason, ...violationsOf(cause), ...cause.detail, requestId };
    return { message: cause.publicMessage, ...where, extensions };
  }
  logger.error({ err: cause ?? error, path, ...callFields(call) }, 'unexpected error');
  const { publicMessage } = asAppError(undefined);
  return { message: publicMessage, ...where, extensions: { code: 'INTERNAL', requestId } };
}

interface PresentedError {
  readonly message: string;
  readonly extensions: { readonly code: ErrorCode; readonly [name: string]: unknown };
}

/** Returns the field of the first violation, and all violations, for forms. */
function violationsOf({ field, violations }: AppError): object | undefined {
  return field === undefined ? undefined : { field, violations: violations.map(toUserError) };
}

/** graphql-js quotes the input in its messages, which can be as long as the body. */
function shorten(message: string): string {
  return message.length > MESSAGE_LENGTH_MAX ? `${message.slice(0, MESSAGE_LENGTH_MAX)}…` : message;
}

/** Returns the error that a resolver threw; undefined for errors that graphql-js found in the request. */
function originalCause(error: Error | undefined): Error | undefined {
  return error instanceof GraphQLError ? originalCause(error.originalError) : error;
}
