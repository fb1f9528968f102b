import type { UserError } from '#graphql/graph/resolver-types.ts';
import { UnnamedViolation } from '#graphql/graph/violations.ts';
import { AppError, type Violation } from '#platform/errors.ts';

/** The payload of a mutation: what it returns, or what the caller can correct. Throws what they cannot. */
export async function payloadOf<Name extends string, T>(
  name: Name,
  mutate: () => Promise<T>,
): Promise<Record<Name, T | null> & { userErrors: UserError[] }> {
  try {
    return payload(name, await mutate(), []);
  } catch (error) {
    if (!(error instanceof AppError) || error instanceof UnnamedViolation) throw error;
    if (error.violations.length === 0) throw error;
    return payload(name, null, error.violations.map(toUserError));
  }
}

function payload<Name extends string, T>(name: Name, entity: T | null, userErrors: UserError[]) {
  return { [name]: entity, userErrors } as Record<Name, T | null> & { userErrors: UserError[] };
}

/** A violation as forms show it beside the field. */
export function toUserError({ code, field, message }: Violation): UserError {
  return { code, field, message: toSentence(message) };
}

function toSentence(text: string): string {
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}
