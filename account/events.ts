import type { Account } from '#account/account.ts';
import { ACCOUNT_EVENTS } from '#account/pb/topics.ts';
import type { Call } from '#platform/call.ts';
import type { Event } from '#platform/events/event.ts';
import { traceparentOf } from '#platform/trace.ts';

export type AccountEventType = 'account_created' | 'account_renamed' | 'account_deleted';

/** Creates an event of the topic account.events. */
export function accountEvent(
  id: string,
  type: AccountEventType,
  account: Account,
  occurredAt: Date,
  call: Call,
): Event {
  return {
    id,
    topic: ACCOUNT_EVENTS,
    key: account.id,
    type,
    occurredAt,
    aggregateVersion: account.version,
    traceparent: traceparentOf(call.trace),
    payload: {
      event_type: type,
      account_id: account.id,
      name: account.name,
      timestamp: occurredAt.toISOString(),
    },
  };
}
