import { hash } from 'node:crypto';

/** Everything about a caller that a result may depend on. */
export interface Identity {
  /** The id of the calling account or program. */
  readonly subject: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** The session in which the account signed in; undefined for a program. */
  readonly sessionId?: string | undefined;
  /** The region of the tenant's data; undefined if there is only one region. */
  readonly tenantRegion: string | undefined;
}

/**
 * The identity that a call acts for. Work that several calls share is keyed by it (`scope`), so that a result made for
 * one principal never reaches another.
 */
export class Principal {
  /** Undefined for the anonymous principal. */
  readonly identity: Identity | undefined;
  readonly #key: string;

  private constructor(identity: Identity | undefined) {
    this.identity = identity;
    this.#key = identity === undefined ? '' : keyOf(identity);
  }

  /** A caller that is not authenticated. */
  static readonly anonymous = new Principal(undefined);

  /** Requires a verified identity. The order of roles and scopes does not matter. */
  static of({ subject, roles, scopes, sessionId, tenantRegion }: Identity): Principal {
    const identity = { subject, roles: distinct(roles), scopes: distinct(scopes), sessionId, tenantRegion };
    return new Principal(Object.freeze(identity));
  }

  /** Equal for equal identities, and only for those. 43 characters; empty for the anonymous principal. */
  get key(): string {
    return this.#key;
  }

  /**
   * Scopes a key to this principal: scoped keys of different principals are never equal. For the anonymous principal
   * the key is unchanged, unless it begins with a line break.
   */
  scope(key: string): string {
    if (this.#key === '' && key.charCodeAt(0) !== LINE_BREAK) return key;
    return `\n${this.#key}\n${key}`;
  }
}

/** Separates the parts of a scoped key: no key of a principal contains it. */
const LINE_BREAK = 10;

/** A hash, so that the length is fixed and the identity is not readable. */
function keyOf({ subject, roles, scopes, sessionId, tenantRegion }: Identity): string {
  const parts = [subject, roles, scopes, sessionId ?? null, tenantRegion ?? null];
  return hash('sha256', JSON.stringify(parts), 'base64url');
}

function distinct(names: readonly string[]): readonly string[] {
  return Object.freeze([...new Set(names)].toSorted());
}
