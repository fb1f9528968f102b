/**
 * How often a test repeats what it does: `ofTen` tenths of `full` by default and in CI, all of it under `make test-long`.
 * For tests whose assertion holds for each repetition, so that more of them only search longer.
 */
export function rounds(full: number, ofTen: number): number {
  return process.env['FRITZY_TEST_LONG'] === '1' ? full : Math.ceil((full * ofTen) / 10);
}
