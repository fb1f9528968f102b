import { GraphQLError, type GraphQLErrorOptions } from 'graphql';
import type { ErrorCode } from '#graphql/error-codes.ts';

/** The error of an operation that is not executed. */
export class RequestError extends GraphQLError {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options: GraphQLErrorOptions = {}) {
    super(message, { ...options, extensions: { code } });
    this.code = code;
  }
}
