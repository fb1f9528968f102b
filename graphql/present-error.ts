import { GraphQLError } from 'graphql';
import type { ErrorCode } from '#graphql/error-codes.ts';
import { toUserError } from '#graphql/graph/payload.ts';
import { UnnamedViolation } from '#graphql/graph/violations.ts';
import { RequestError } from '#graphql/request-error.ts';
import type { Call } from '#platform/call.ts';
import { AppError, asAppError } from '#platform/errors.ts';
import { callFields, type Logger } from '#platform/logger.ts';

/** Characters of a message about the request itself. */
const MESSAGE_LENGTH_MAX = 500;

/** An error as the caller may see it: a code from a closed list, never a stack, a statement or a name of ours. */
export function presentError(error: GraphQLError, logger: Logger, call: Call): PresentedError {
  const { message, locations, path, originalError } = error;
  const where = { ...(locations && { locations }), ...(path && { path }) };
  const requestId = call.requestId;
  if (error instanceof RequestError)
    return { message: shorten(message), ...where, extensions: { code: error.code, requestId } };
  const cause = originalCause(originalError);
  if (cause instanceof AppError && !(cause instanceof UnnamedViolation)) {
    // The service has logged it for one of the callers that shared the read; the others have their own request ids.
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

/** What a form needs: the field of the first violation, and all of them. */
function violationsOf({ field, violations }: AppError): object | undefined {
  return field === undefined ? undefined : { field, violations: violations.map(toUserError) };
}

/** GraphQL repeats what it refuses, which may be as long as the body. */
function shorten(message: string): string {
  return message.length > MESSAGE_LENGTH_MAX ? `${message.slice(0, MESSAGE_LENGTH_MAX)}…` : message;
}

/** What a resolver threw; undefined for errors that GraphQL itself found in the request. */
function originalCause(error: Error | undefined): Error | undefined {
  return error instanceof GraphQLError ? originalCause(error.originalError) : error;
}
