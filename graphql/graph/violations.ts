import { AppError, violationsError } from '#platform/errors.ts';

/**
 * Violations of a request that a resolver sent to a service, under the names of that request. `named` turns them into
 * paths of the GraphQL input; one that comes out without it is a fault of the gateway.
 */
export class UnnamedViolation extends AppError {}

/** What a service threw, with its violations marked as not yet named. */
export function unnamed(error: unknown): unknown {
  if (!(error instanceof AppError) || error.violations.length === 0) return error;
  const { reason, publicMessage, detail, violations } = error;
  return new UnnamedViolation(reason, publicMessage, { detail, violations, cause: error });
}

/** Paths in the arguments of a GraphQL field, by the path in the request to the service. */
export type ArgumentPaths = Readonly<Record<string, string>>;

/** The answer of a service. Its violations name the fields as the caller of the API wrote them. */
export async function named<T>(paths: ArgumentPaths, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof UnnamedViolation ? rename(paths, error) : error;
  }
}

function rename(paths: ArgumentPaths, error: UnnamedViolation): AppError {
  const renamed = error.violations.flatMap((violation) => {
    const field = pathOf(paths, violation.field);
    return field === undefined ? [] : [{ ...violation, field }];
  });
  const [first, ...others] = renamed;
  return first && renamed.length === error.violations.length ? violationsError(first, ...others) : error;
}

/** The path of a field: the longest part of it that has a name, and the rest as it is. */
function pathOf(paths: ArgumentPaths, field: string): string | undefined {
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
