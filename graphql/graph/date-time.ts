/** RFC 3339, section 5.6. Fixed widths, so the expression does not backtrack. */
const DATE_TIME =
  /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
const LENGTH_MAX = 35;

/**
 * Returns milliseconds since the Unix epoch, or undefined for a text that is not a time. Fractions of a millisecond are
 * rounded up, so that a bound between two milliseconds includes and excludes the right times. Leap seconds are rejected:
 * no time that the shop stores is one.
 */
export function parseDateTime(text: string): number | undefined {
  const parts = text.length <= LENGTH_MAX ? DATE_TIME.exec(text) : null;
  if (!parts) return undefined;
  const [, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map(Number);
  const offsetHours = Number(parts[9] ?? 0);
  const offsetMinutes = Number(parts[10] ?? 0);
  if (hour > 23 || minute > 59 || second > 59 || offsetHours > 23 || offsetMinutes > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  // A day that the month does not have overflows into the next month.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const ms = Math.ceil(Number((parts[7] ?? '').padEnd(9, '0')) / 1_000_000);
  const offset = (offsetHours * 60 + offsetMinutes) * (parts[8] === '-' ? -1 : 1);
  return date.getTime() + ((hour * 60 + minute - offset) * 60 + second) * 1_000 + ms;
}
