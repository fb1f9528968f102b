import { hash } from 'node:crypto';

/** Everything about a caller that an answer may depend on. */
export interface Identity {
  /** The id of the account or program that calls. */
  readonly subject: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  /** Where the tenant's data is kept; undefined where there is one region. */
  readonly tenantRegion: string | undefined;
}

/**
 * Who a call acts for. Work that several calls share is keyed by it (`scope`): an answer made for one principal never
 * reaches another.
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

  /** Only for an identity that was verified. The order of roles and scopes does not matter. */
  static of({ subject, roles, scopes, tenantRegion }: Identity): Principal {
    const identity = { subject, roles: distinct(roles), scopes: distinct(scopes), tenantRegion };
    return new Principal(Object.freeze(identity));
  }

  /** Equal for equal identities, and only for those. 43 characters; empty for the anonymous principal. */
  get key(): string {
    return this.#key;
  }

  /**
   * The key within everything that this principal may share: no key of another principal is equal to it, whatever
   * both contain. For the anonymous principal it is the key itself, unless that begins with a line break.
   */
  scope(key: string): string {
    if (this.#key === '' && key.charCodeAt(0) !== LINE_BREAK) return key;
    return `\n${this.#key}\n${key}`;
  }
}

/** Separates the parts of a scoped key: no key of a principal contains it. */
const LINE_BREAK = 10;

/** Of one length, however many roles there are, and without anything that could be read. */
function keyOf({ subject, roles, scopes, tenantRegion }: Identity): string {
  return hash('sha256', JSON.stringify([subject, roles, scopes, tenantRegion ?? null]), 'base64url');
}

function distinct(names: readonly string[]): readonly string[] {
  return Object.freeze([...new Set(names)].toSorted());
}
