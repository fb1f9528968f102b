import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { EngineError, type Engine } from '#catalog/search/engine.ts';
import type { ProductText } from '#catalog/search/text/product-text.ts';

/**
 * The indices of an alias. Searches use the alias, which points to one complete index. The indices are named
 * `<alias>-<time>`; during a rebuild there is a second one. Every product is written to all of them, so that none misses
 * a change.
 */

const readJson = (file: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`../es/${file}`, import.meta.url), 'utf8')) as Record<string, unknown>;

const SETTINGS = readJson('settings.json');
const MAPPINGS = readJson('mappings.json');

const ADMIN_TIMEOUT_MS = 30_000;
const PROBE_TIMEOUT_MS = 1_000;
const BULK_TIMEOUT_MS = 30_000;
/** Maximum length of a bulk request in UTF-16 code units, which take at most three bytes each: about 5 MB. */
const BULK_LENGTH_MAX = 1_600_000;
const ALIAS_DEFAULT = 'fritzy-products';

/** A product as the search engine indexes it. */
export interface ProductDocument {
  readonly id: string;
  readonly version: bigint;
  readonly onSale: boolean;
  readonly text: ProductText;
  /** Grows by one when the sales double. */
  readonly sales: number;
  readonly priceMinor: bigint;
  /** Category ids from the top level down; empty: no category. */
  readonly categoryPath: readonly string[];
  readonly tags: readonly string[];
}

/** A product that the engine refused, with its reason. */
export interface Refused {
  readonly id: string;
  readonly reason: string;
}

/** Returns the alias, which is the URL's path: `http://host:9200/other-products`. */
export function aliasOf(url: string): string {
  const { pathname } = new URL(url);
  return pathname === '/' ? ALIAS_DEFAULT : pathname.slice(1);
}

export type ProductIndex = ReturnType<typeof productIndex>;

type Indices = Record<
  string,
  { aliases?: Record<string, unknown>; mappings?: { _meta?: { fingerprint?: string } } }
>;

interface BulkAnswer {
  readonly errors: boolean;
  readonly items: readonly {
    readonly index: {
      readonly _id: string;
      readonly status: number;
      readonly error?: { readonly type: string; readonly reason: string };
    };
  }[];
}

/** `textFingerprint` identifies the terms of texts: an index with other terms must be rebuilt. */
export function productIndex(engine: Engine, alias: string, textFingerprint: string) {
  const fingerprint = createHash('sha256')
    .update(textFingerprint)
    .update(JSON.stringify([SETTINGS, MAPPINGS]))
    .digest('hex')
    .slice(0, 16);
  const searchAlias = `${alias}-${fingerprint}`;
  const isIndexName = (name: string): boolean =>
    name.startsWith(`${alias}-`) && /^\d{17}$/.test(name.slice(alias.length + 1));
  /** Writes use a separate alias, so that a write to a deleted index fails instead of creating a new index. */
  const writeAlias = (name: string): string => `${name}-write`;

  async function all(): Promise<Indices> {
    const path = `/${alias}-*?expand_wildcards=open&filter_path=*.aliases,*.mappings._meta`;
    const answer = await engine.send<Indices>({ method: 'GET', path, timeoutMs: ADMIN_TIMEOUT_MS });
    return Object.fromEntries(Object.entries(answer).filter(([name]) => isIndexName(name)));
  }

  async function bulk(lines: string): Promise<Refused[]> {
    const { errors, items } = await engine.send<BulkAnswer>({
      method: 'POST',
      path: '/_bulk?require_alias=true&filter_path=errors,items.*._id,items.*.status,items.*.error.type,items.*.error.reason',
      lines,
      timeoutMs: BULK_TIMEOUT_MS,
    });
    if (!errors) return [];
    const refused: Refused[] = [];
    for (const { index: item } of items) {
      const { status, error, _id: id } = item;
      if (status < 300 || status === VERSION_CONFLICT) continue;
      const reason = `${error?.type}: ${error?.reason}`;
      if (status !== 400) throw new EngineError(`bulk write: ${reason}`, status, undefined);
      refused.push({ id, reason });
    }
    return refused;
  }

  return {
    alias,
    /** The alias of searches. An index with other terms or mappings has another one, so that no search reads it. */
    searchAlias,

    /** Throws EngineError while the engine cannot answer searches. */
    async probe(): Promise<void> {
      const body = { size: 0, terminate_after: 1 };
      await engine.send({
        method: 'POST',
        path: `/${searchAlias}/_search`,
        body,
        timeoutMs: PROBE_TIMEOUT_MS,
      });
    },

    /** Whether the alias points to an index with the current settings and mappings. */
    async isCurrent(): Promise<boolean> {
      const live = Object.values(await all()).find((index) => index.aliases?.[alias]);
      return live?.mappings?._meta?.fingerprint === fingerprint;
    },

    /** Returns the indices to write to: the one behind the alias and the one being built. */
    async names(): Promise<string[]> {
      return Object.keys(await all());
    },

    /** Creates an empty index without the alias; automatic refresh is off while it is filled. */
    async create(nowMs: number): Promise<string> {
      const name = `${alias}-${new Date(nowMs).toISOString().replaceAll(/\D/g, '')}`;
      const body = {
        settings: { ...SETTINGS, refresh_interval: '-1' },
        mappings: { ...MAPPINGS, _meta: { fingerprint } },
        aliases: { [writeAlias(name)]: {} },
      };
      await engine.send({ method: 'PUT', path: `/${name}`, body, timeoutMs: ADMIN_TIMEOUT_MS });
      return name;
    },

    /**
     * Writes the documents to each index that does not have the same or a later version, so writes are idempotent and
     * can be reordered. Returns the refused documents. Throws EngineError; then some documents may have been written.
     */
    async write(names: readonly string[], documents: readonly ProductDocument[]): Promise<Refused[]> {
      const refused: Refused[] = [];
      let lines: string[] = [];
      let size = 0;
      const flush = async (): Promise<void> => {
        if (lines.length > 0) refused.push(...(await bulk(lines.join(''))));
        lines = [];
        size = 0;
      };
      for (const document of documents) {
        for (const name of names) {
          const line = bulkLines(writeAlias(name), document);
          if (size + line.length > BULK_LENGTH_MAX) await flush();
          lines.push(line);
          size += line.length;
        }
      }
      await flush();
      return refused;
    },

    /** Makes a complete index searchable and atomically points the alias to it. */
    async publish(name: string): Promise<void> {
      const body = { index: { refresh_interval: SETTINGS['refresh_interval'] } };
      await engine.send({ method: 'PUT', path: `/${name}/_settings`, body, timeoutMs: ADMIN_TIMEOUT_MS });
      await this.refresh(name);
      const removed = Object.entries(await all()).flatMap(([index, { aliases = {} }]) =>
        [alias, searchAlias]
          .filter((each) => aliases[each])
          .map((each) => ({ remove: { index, alias: each } })),
      );
      const actions = [
        ...removed,
        { add: { index: name, alias } },
        { add: { index: name, alias: searchAlias } },
      ];
      await engine.send({
        method: 'POST',
        path: '/_aliases',
        body: { actions },
        timeoutMs: ADMIN_TIMEOUT_MS,
      });
    },

    /** Makes all previous writes visible to searches. */
    async refresh(name: string): Promise<void> {
      await engine.send({ method: 'POST', path: `/${name}/_refresh`, timeoutMs: ADMIN_TIMEOUT_MS });
    },

    /** Deletes the indices without the alias: replaced indices and leftovers of failed rebuilds. */
    async removeUnused(): Promise<void> {
      const unused = Object.entries(await all()).filter(([, index]) => !index.aliases?.[alias]);
      for (const [name] of unused)
        await engine.send({ method: 'DELETE', path: `/${name}`, timeoutMs: ADMIN_TIMEOUT_MS });
    },
  };
}

/** The status of a document that already has the same or a later version. */
const VERSION_CONFLICT = 409;

function bulkLines(index: string, document: ProductDocument): string {
  const { id, version, onSale, text, priceMinor, categoryPath, tags, sales } = document;
  const action = { index: { _index: index, _id: id, version: Number(version), version_type: 'external' } };
  const source = {
    id,
    on_sale: onSale,
    name: text.name,
    other: text.other,
    line: text.line,
    line_length: Array.from(text.line).length,
    name_length: text.nameLength,
    sales,
    price: Number(priceMinor),
    category_path: categoryPath,
    tags,
  };
  return `${JSON.stringify(action)}\n${JSON.stringify(source)}\n`;
}
