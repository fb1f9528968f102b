import { refused, type AppError } from '#platform/errors.ts';

/** The error of a wrong e-mail address or password. It does not say which. */
export function invalidCredentials(field: string): AppError {
  return refused('INVALID_CREDENTIALS', field, 'The e-mail address or the password is wrong.');
}

/** The error of a token that is unknown, expired or used. It does not say which. */
export function invalidToken(field: string): AppError {
  return refused('INVALID_TOKEN', field, 'The token is unknown, expired or used.');
}
