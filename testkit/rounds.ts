/**
 * The number of rounds, random inputs or milliseconds of a test: `full` under `make test-long`, otherwise and in CI `tenths` tenths of it. For tests
 * that assert each round, so that more rounds only find rarer failures.
 */
export function rounds(full: number, tenths: number): number {
  return process.env['FRITZY_TEST_LONG'] === '1' ? full : Math.ceil((full * tenths) / 10);
}
