import type { UserError } from '#graphql/graph/resolver-types.ts';
import { UnmappedViolation } from '#graphql/graph/violations.ts';
import { AppError, type Violation } from '#platform/errors.ts';

/** Returns the payload of a mutation: its entity, or user errors for violations. Throws all other errors. */
export async function payloadOf<Name extends string, T>(
  name: Name,
  mutate: () => Promise<T>,
): Promise<Record<Name, T | null> & { userErrors: UserError[] }> {
  try {
    return payload(name, await mutate(), []);
  } catch (error) {
    if (!(error instanceof AppError) || error instanceof UnmappedViolation) throw error;
    if (error.violations.length === 0) throw error;
    return payload(name, null, error.violations.map(toUserError));
  }
}

/** Returns the payload of a mutation without an entity. Throws errors that are no violations. */
export async function userErrorsOf(mutate: () => Promise<unknown>): Promise<{ userErrors: UserError[] }> {
  const { userErrors } = await payloadOf('nothing', mutate);
  return { userErrors };
}

function payload<Name extends string, T>(name: Name, entity: T | null, userErrors: UserError[]) {
  return { [name]: entity, userErrors } as Record<Name, T | null> & { userErrors: UserError[] };
}

/** Converts a violation to a user error, whose message is a sentence. */
export function toUserError({ code, field, message }: Violation): UserError {
  return { code, field, message: toSentence(message) };
}

function toSentence(text: string): string {
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
