import { AppError, violationsError, withDetail } from '#platform/errors.ts';

/**
 * A service error whose violations have paths of the request to the service. `withArgumentPaths` maps them to paths of
 * the GraphQL arguments. An error that was not mapped is a bug of the gateway and is presented as INTERNAL.
 */
export class UnmappedViolation extends AppError {}

/** Marks the violations of a service error as unmapped. */
export function markUnmapped(error: unknown): unknown {
  if (!(error instanceof AppError) || error.violations.length === 0) return error;
  const { reason, publicMessage, detail, violations } = error;
  return new UnmappedViolation(reason, publicMessage, { detail, violations, cause: error });
}

/** Paths in the arguments of a GraphQL field, by path in the request to the service. */
export type ArgumentPaths = Readonly<Record<string, string>>;

/** The path of the key of a mutation that creates an entity. */
export const KEY_PATH: ArgumentPaths = { idempotencyKey: 'idempotencyKey' };

/** Maps the violations of a service call to the arguments of the GraphQL field. */
export async function withArgumentPaths<T>(paths: ArgumentPaths, response: Promise<T>): Promise<T> {
  try {
    return await response;
  } catch (error) {
    throw error instanceof UnmappedViolation ? rename(paths, error) : error;
  }
}

function rename(paths: ArgumentPaths, error: UnmappedViolation): AppError {
  const renamed = error.violations.flatMap((violation) => {
    const field = argumentPathOf(paths, violation.field);
    return field === undefined ? [] : [{ ...violation, field }];
  });
  const [first, ...others] = renamed;
  if (!first || renamed.length < error.violations.length) return error;
  return withDetail(violationsError(first, ...others), error.detail);
}

/** Replaces the longest mapped prefix of a path; undefined if there is none. */
function argumentPathOf(paths: ArgumentPaths, field: string): string | undefined {
  for (
    let end = field.length;
    end > 0;
    end = Math.max(field.lastIndexOf('.', end - 1), field.lastIndexOf('[', end - 1))
  ) {
    const path = Object.hasOwn(paths, field.slice(0, end)) ? paths[field.slice(0, end)] : undefined;
    if (path !== undefined) return path + field.slice(end);
  }
  return undefined;
}
