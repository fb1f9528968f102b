import type { Call } from '#platform/call.ts';
import type { Event } from '#platform/events/event.ts';
import { groupCalls } from '#platform/group.ts';
import { wasRefused } from '#platform/postgres/pool.ts';

/**
 * Group commit of new entities and the events that tell of them: concurrent callers share one statement, and each
 * gets its answer after its own entity is durable. Entities are independent, so a refused statement is tried again
 * one entity at a time. docs/decisions/0002-group-commit.md has the measurement.
 */
export function groupInserts<T>(
  insert: (entities: readonly T[], events: readonly Event[]) => Promise<void>,
  charactersOf: (entity: T) => number,
): (entity: T, events: readonly Event[], call: Call) => Promise<T> {
  const join = groupCalls<{ entity: T; events: readonly Event[] }, T>({
    run: async (members) => {
      const entities = members.map((member) => member.entity);
      await insert(
        entities,
        members.flatMap((member) => member.events),
      );
      return entities;
    },
    sizeMax: 500,
    // Parameters are copied several times on their way: as UTF-8 a group stays below 16 MB.
    weight: { of: ({ entity }) => charactersOf(entity), max: 4_000_000 },
    queueMax: 10_000,
    concurrency: 2,
    splitAfter: wasRefused,
  });
  return (entity, events, call) => join({ entity, events }, call);
}
