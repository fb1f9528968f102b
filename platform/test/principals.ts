import { Principal, type Identity } from '#platform/principal.ts';

/** Principals, no two of which get the same results. */

export const ALICE: Identity = { subject: 'alice', roles: [], scopes: ['orders'], tenantRegion: 'eu' };
const IDENTITIES: readonly Identity[] = [
  ALICE,
  { ...ALICE, subject: 'bob' },
  { ...ALICE, roles: ['staff'] },
  { ...ALICE, scopes: [] },
  { ...ALICE, tenantRegion: 'us' },
  { ...ALICE, tenantRegion: undefined },
];
/** The first is the anonymous principal. */
export const PRINCIPALS = [Principal.anonymous, ...IDENTITIES.map(Principal.of)];
export const alice = Principal.of(ALICE);

/** A distinct name of each principal. */
export const nameOf = ({ identity }: Principal): string => JSON.stringify(identity ?? 'anonymous');
