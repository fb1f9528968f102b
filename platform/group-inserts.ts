import type { Call } from '#platform/call.ts';
import type { AppError } from '#platform/errors.ts';
import type { Event } from '#platform/events/event.ts';
import { groupCalls } from '#platform/group.ts';
import { wasRefused } from '#platform/postgres/pool.ts';

/**
 * Group commit of new entities and their events: concurrent callers share one statement, and each gets its own outcome
 * after its entity is durable. Entities are independent, so a rejected statement is retried one entity at a time.
 * docs/decisions/0002-group-commit.md has the measurement.
 *
 * `insert` returns one outcome for each entity, in order: the stored entity, or the error of that entity.
 */
export function groupInserts<T>(
  insert: (entities: readonly T[], events: readonly Event[]) => Promise<readonly (T | AppError)[]>,
  charactersOf: (entity: T) => number,
): (entity: T, events: readonly Event[], call: Call) => Promise<T> {
  const join = groupCalls<{ entity: T; events: readonly Event[] }, T>({
    run: (members) =>
      insert(
        members.map((member) => member.entity),
        members.flatMap((member) => member.events),
      ),
    sizeMax: 500,
    // Parameters are copied several times before they are sent; as UTF-8 a group stays below 16 MB.
    weight: { of: ({ entity }) => charactersOf(entity), max: 4_000_000 },
    queueMax: 10_000,
    concurrency: 2,
    splitAfter: wasRefused,
  });
  return (entity, events, call) => join({ entity, events }, call);
}
