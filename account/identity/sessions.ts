import { IDLE_MS_MAX } from '#account/identity/session.ts';
import type { Session, SessionStore } from '#account/identity/session-store.ts';
import { requireSession } from '#platform/auth/verify-token.ts';
import type { Call } from '#platform/call.ts';
import type { Clock } from '#platform/clock.ts';
import { refused } from '#platform/errors.ts';
import { requireUuid } from '#platform/input.ts';

interface Deps {
  readonly sessions: SessionStore;
  readonly clock: Clock;
}

/** Returns at most 100 sessions of the caller, newest first. Throws UNAUTHENTICATED. */
export async function listSessions(
  { sessions, clock }: Deps,
  call: Call,
): Promise<(Session & { isCurrent: boolean })[]> {
  const { accountId, sessionId } = requireSession(call);
  const nowMs = clock.now();
  const found = await sessions.sessionsOf(accountId, new Date(nowMs), new Date(nowMs - IDLE_MS_MAX));
  return found.map((session) => Object.assign(session, { isCurrent: session.id === sessionId }));
}

/** Revokes a session of the caller; without an id, the current one. Throws INVALID_ARGUMENT, NOT_FOUND, UNAUTHENTICATED. */
export async function revokeSession(
  { sessions, clock }: Deps,
  input: { id: string },
  call: Call,
): Promise<void> {
  const { accountId, sessionId } = requireSession(call);
  const id = input.id === '' ? sessionId : requireUuid('id', input.id);
  if (!(await sessions.revoke(id, accountId, new Date(clock.now()))))
    throw refused('NOT_FOUND', 'id', `There is no session ${id}.`);
}

/** Whether a session is neither revoked nor expired. Throws INVALID_ARGUMENT. */
export function checkSession({ sessions, clock }: Deps, input: { id: string }, call: Call): Promise<boolean> {
  return sessions.isActive({ id: requireUuid('id', input.id), now: new Date(clock.now()) }, call);
}
