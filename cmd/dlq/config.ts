import { makeValidator } from 'envalid';
import { commonSettings, str } from '#platform/config.ts';
import { eventsUrl } from '#platform/events/events-url.ts';

const DURATION = /^(\d{1,6})([smhd])$/;
const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A moment (RFC 3339) or how long ago it was: 30m, 2h, 7d. */
const moment = makeValidator<{ at(now: number): Date }>((input) => {
  const [, count, unit] = DURATION.exec(input) ?? [];
  if (count && (unit === 's' || unit === 'm' || unit === 'h' || unit === 'd'))
    return { at: (now) => new Date(now - Number(count) * UNIT_MS[unit]) };
  const ms = /^\d{4}-\d\d-\d\d/.test(input) ? Date.parse(input) : Number.NaN;
  if (Number.isNaN(ms)) throw new Error('a moment like 2026-01-31T12:00:00Z, or how long ago: 30m, 2h, 7d');
  return { at: () => new Date(ms) };
});

/** The settings of the program that looks after dead letters. */
export const dlqSettings = {
  ...commonSettings,
  EVENTS_URL: eventsUrl({
    default: undefined,
    desc: 'The event log; unset, that of the shop that runs on FRITZY_DATA.',
  }),
  FRITZY_DATA: str({ default: '.fritzy', desc: "The folder of the embedded shop's data." }),
  TOPIC: str({ default: '', desc: 'The topic whose dead letters are meant, e.g. order.created.' }),
  SINCE: moment({ default: undefined, desc: 'Only what was given up from then on.' }),
};
