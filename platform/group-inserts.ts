import type { AppError } from '#platform/errors.ts';
import type { Event } from '#platform/events/event.ts';
import { groupCalls } from '#platform/group.ts';
import { isKeyBusy, keyTaken, storeClaims, type Claim } from '#platform/idempotency/keys.ts';
import type { Insert } from '#platform/idempotency/once.ts';
import { wasRefused, type Database, type Queryable } from '#platform/postgres/pool.ts';

interface Member<T> {
  readonly entity: T;
  readonly events: readonly Event[];
  readonly claim: Claim | undefined;
}

/**
 * Group commit of new entities and their events: concurrent callers share one statement, and each gets its own outcome
 * after its entity is durable. Entities are independent, so a rejected statement is retried one entity at a time.
 * docs/decisions/0002-group-commit.md has the measurement.
 *
 * `insert` returns one outcome for each entity, in order: the stored entity, or the error of that entity.
 */
export function groupInserts<T>(
  database: Database,
  insert: (
    database: Queryable,
    entities: readonly T[],
    events: readonly Event[],
  ) => Promise<readonly (T | AppError)[]>,
  charactersOf: (entity: T) => number,
): Insert<T> {
  const insertAll = (queryable: Queryable, members: readonly Member<T>[]) =>
    insert(
      queryable,
      members.map((member) => member.entity),
      members.flatMap((member) => member.events),
    );

  /** Inserts the entities whose requests have no key or a free one. */
  function insertClaimed(
    members: readonly Member<T>[],
    claims: readonly Claim[],
  ): Promise<readonly (T | AppError)[]> {
    return database.transaction(async (tx) => {
      const stored = await storeClaims(tx, claims);
      const hasEffect = ({ claim }: Member<T>): boolean => claim === undefined || stored.has(claim);
      const kept = members.filter(hasEffect);
      const outcomes = (kept.length > 0 ? await insertAll(tx, kept) : []).values();
      return members.map((member) => {
        const outcome = hasEffect(member) ? outcomes.next().value : keyTaken();
        if (outcome === undefined) throw new Error('an insert returned fewer outcomes than it had entities');
        return outcome;
      });
    });
  }

  const join = groupCalls<Member<T>, T>({
    run: async (members) => {
      const claims = members.flatMap(({ claim }) => claim ?? []);
      if (claims.length === 0) return insertAll(database, members);
      try {
        return await insertClaimed(members, claims);
      } catch (error) {
        // A group is divided, so that only the request whose key is busy fails.
        throw members.length === 1 && isKeyBusy(error) ? keyTaken() : error;
      }
    },
    sizeMax: 500,
    // Parameters are copied several times before they are sent; as UTF-8 a group stays below 16 MB.
    weight: { of: ({ entity }) => charactersOf(entity), max: 4_000_000 },
    queueMax: 10_000,
    concurrency: 2,
    splitAfter: wasRefused,
  });
  return (entity, events, call, claim) => join({ entity, events, claim: claim?.(entity) }, call);
}
