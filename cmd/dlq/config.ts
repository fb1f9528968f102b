import { makeValidator } from 'envalid';
import { commonSettings, str } from '#platform/config.ts';
import { eventsUrl } from '#platform/events/events-url.ts';

const DURATION = /^(\d{1,6})([smhd])$/;
const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A time (RFC 3339) or an age: 30m, 2h, 7d. */
const timeOrAge = makeValidator<{ at(now: number): Date }>((input) => {
  const [, count, unit] = DURATION.exec(input) ?? [];
  if (count && (unit === 's' || unit === 'm' || unit === 'h' || unit === 'd'))
    return { at: (now) => new Date(now - Number(count) * UNIT_MS[unit]) };
  const ms = /^\d{4}-\d\d-\d\d/.test(input) ? Date.parse(input) : Number.NaN;
  if (Number.isNaN(ms)) throw new Error('a time such as 2026-01-31T12:00:00Z or an age: 30m, 2h, 7d');
  return { at: () => new Date(ms) };
});

/** The settings of the program that lists and replays dead letters. */
export const dlqSettings = {
  ...commonSettings,
  EVENTS_URL: eventsUrl({
    default: undefined,
    desc: 'The event log; unset: that of the shop that runs on FRITZY_DATA.',
  }),
  FRITZY_DATA: str({ default: '.fritzy', desc: 'The data folder of the embedded shop.' }),
  TOPIC: str({ default: '', desc: 'The topic of the dead letters, e.g. order.created.' }),
  SINCE: timeOrAge({ default: undefined, desc: 'The time or age from which dead letters are included.' }),
};
