import { Principal, type Identity } from '#platform/principal.ts';

/** Principals of whom no two see the same. */

export const ALICE: Identity = { subject: 'alice', roles: [], scopes: ['orders'], tenantRegion: 'eu' };
const IDENTITIES: readonly Identity[] = [
  ALICE,
  { ...ALICE, subject: 'bob' },
  { ...ALICE, roles: ['staff'] },
  { ...ALICE, scopes: [] },
  { ...ALICE, tenantRegion: 'us' },
  { ...ALICE, tenantRegion: undefined },
];
/** The first is the anonymous one. */
export const PRINCIPALS = [Principal.anonymous, ...IDENTITIES.map(Principal.of)];
export const alice = Principal.of(ALICE);

/** Tells principals apart. */
export const nameOf = ({ identity }: Principal): string => JSON.stringify(identity ?? 'nobody');
