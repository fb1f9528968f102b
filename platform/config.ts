import { cleanEnv, makeValidator, str, type CleanedEnv, type ValidatorSpec } from 'envalid';
import { StartError } from '#platform/errors.ts';

/**
 * Settings are environment variables (https://12factor.net/config). Each has a name, a bound and, where possible, a
 * default.
 */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings by the name of their environment variable. */
export type Settings = Readonly<Record<string, ValidatorSpec<unknown>>>;

/** Reads all settings. Throws one StartError with a line for each invalid setting, which names the expected value. */
export function readConfig<S extends Settings>(env: Environment, specs: S): CleanedEnv<S> {
  // An empty variable counts as not set: Compose and make pass such variables.
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  return cleanEnv(present, specs, {
    reporter: ({ errors }) => {
      const lines = Object.entries(errors).map(([name, error]) => {
        const spec = specs[name];
        const value = env[name];
        const problem = value
          ? `is ${JSON.stringify(withoutPassword(value))}, but must be`
          : 'is missing; it must be';
        return `${name} ${problem} ${expectation(error)}. It is ${lowerFirst(spec?.desc ?? 'a setting.')}`;
      });
      if (lines.length > 0) throw new StartError(lines.join('\n'));
    },
  });
}

/** Hides everything between the `//` and the last `@` of a URL, even if it is malformed. */
function withoutPassword(value: string): string {
  const start = value.indexOf('//') + 2;
  const end = value.lastIndexOf('@');
  return start >= 2 && end >= start ? `${value.slice(0, start)}***${value.slice(end)}` : value;
}

function expectation(error: Error | undefined): string {
  return error?.message ?? 'set';
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** A whole number from `min` to `max`, inclusive. */
export const wholeNumber = (min: number, max: number) =>
  makeValidator<number>((input) => {
    const value = /^\d{1,15}$/.test(input) ? Number(input) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new Error(`a whole number from ${min} to ${max}`);
  });

/** A URL with one of the schemes, e.g. `postgres`. */
export const urlOf = (...schemes: string[]) =>
  makeValidator<string>((input) => {
    const scheme = URL.canParse(input) ? new URL(input).protocol.slice(0, -1) : '';
    if (schemes.includes(scheme)) return input;
    throw new Error(`a URL that starts with ${schemes.map((each) => `${each}://`).join(' or ')}`);
  });

/** One of the words. */
export const oneOf = <T extends string>(...words: readonly T[]) =>
  makeValidator<T>((input) => {
    const found = words.find((word) => word === input);
    if (found) return found;
    throw new Error(
      words.length <= 12
        ? `one of ${words.join(', ')}`
        : `one of ${words.slice(0, 3).join(', ')} and ${words.length - 3} more such words`,
    );
  });

/** A comma-separated list in which each item matches the pattern. `what` describes the expected value. */
export const listOf = (pattern: RegExp, what: string) =>
  makeValidator<readonly string[]>((input) => {
    const items = input.split(',').map((item) => item.trim());
    if (items.every((item) => pattern.test(item))) return items;
    throw new Error(what);
  });

export { str, type CleanedEnv, type ValidatorSpec };

/** The settings of every program. */
export const commonSettings = {
  LOG_LEVEL: oneOf(
    'trace',
    'debug',
    'info',
    'warn',
    'error',
    'fatal',
  )({
    default: 'info',
    desc: 'The lowest level of log lines that are written.',
  }),
  LOG_FORMAT: oneOf(
    'auto',
    'json',
    'text',
  )({
    default: 'auto',
    desc: 'The format of log lines: auto is text on a terminal and JSON elsewhere.',
  }),
  NODE_ENV: oneOf(
    'production',
    'development',
    'test',
  )({
    default: 'development',
    desc: 'The environment; production disables gRPC reflection and the playground.',
  }),
  DRAIN_DELAY_MS: wholeNumber(
    0,
    60_000,
  )({
    default: 1_000,
    desc: 'The time for which a stopping program accepts requests while its readiness check fails, in milliseconds.',
  }),
};
