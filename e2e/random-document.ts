import {
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type GraphQLOutputType,
  getNamedType,
} from 'graphql';
import type { Random } from '#testkit/random.ts';

/** Ids and cursors of existing entities. */
export interface KnownEntities {
  readonly ids: Readonly<Record<'account' | 'product' | 'order' | 'category', readonly string[]>>;
  readonly cursors: readonly string[];
}

export interface RandomDocument {
  readonly kind: 'query' | 'mutation';
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

const DEPTH_MAX = 5;

/** Generates a document that is valid against the schema, with all arguments within their bounds. */
export function randomDocument(schema: GraphQLSchema, known: KnownEntities, random: Random): RandomDocument {
  const kind = random.chance(0.8) ? 'query' : 'mutation';
  const root = kind === 'query' ? schema.getQueryType() : schema.getMutationType();
  if (!root) throw new Error(`the schema has no ${kind}`);
  const document = new DocumentWriter(schema, known, random);
  const body = document.rootSelection(root, kind === 'query' ? random.whole(1, 4) : random.whole(1, 2));
  const declarations = document.declarations.length > 0 ? `(${document.declarations.join(', ')})` : '';
  const query = [`${kind} Random${declarations} ${body}`, ...document.fragments].join('\n');
  return { kind, query, variables: document.variables };
}

class DocumentWriter {
  readonly fragments: string[] = [];
  readonly declarations: string[] = [];
  readonly variables: Record<string, unknown> = {};
  readonly #schema: GraphQLSchema;
  readonly #known: KnownEntities;
  readonly #random: Random;
  #aliases = 0;

  constructor(schema: GraphQLSchema, known: KnownEntities, random: Random) {
    this.#schema = schema;
    this.#known = known;
    this.#random = random;
  }

  rootSelection(root: GraphQLObjectType, count: number): string {
    // The caller is not signed in, which is an error of this query.
    const fields = Object.values(root.getFields()).filter(({ name }) => name !== 'mySessions');
    const chosen = Array.from({ length: count }, () => this.#random.pick(fields));
    return `{ ${chosen.map((field) => this.#field(field, 1)).join(' ')} }`;
  }

  #selection(type: GraphQLObjectType, depth: number): string {
    const fields = Object.values(type.getFields()).filter(
      (field) => depth < DEPTH_MAX || !isCompositeType(getNamedType(field.type)),
    );
    // At the maximum depth, a connection has no leaf fields; every type has __typename.
    const chosen = this.#random.some(fields, 0.5).map((field) => this.#field(field, depth));
    if (chosen.length === 0 || this.#random.chance(0.1)) chosen.push('__typename');
    const text = `{ ${chosen.join(' ')} }`;
    if (this.#random.chance(0.1)) return `{ ... on ${type.name} ${text} }`;
    if (!this.#random.chance(0.1)) return text;
    const name = `Part${this.fragments.length}`;
    this.fragments.push(`fragment ${name} on ${type.name} ${text}`);
    return `{ ...${name} }`;
  }

  #field(
    field: { name: string; args: readonly GraphQLArgument[]; type: GraphQLOutputType },
    depth: number,
  ): string {
    // Root fields and fields with arguments need an alias: fields with the same response name must have the same arguments.
    const aliased = depth === 1 || field.args.length > 0 || this.#random.chance(0.2);
    const alias = aliased ? `a${this.#aliases++}: ` : '';
    const type = getNamedType(field.type);
    const selection = isObjectType(type)
      ? ` ${this.#selection(type, depth + 1)}`
      : isInterfaceType(type)
        ? ` ${this.#selectionOfInterface(type, depth + 1)}`
        : '';
    return `${alias}${field.name}${this.#arguments(field.name, field.args)}${this.#directive()}${selection}`;
  }

  /** Selects fields of one implementing type, or only fields of the interface. */
  #selectionOfInterface(type: GraphQLInterfaceType, depth: number): string {
    if (this.#random.chance(0.2)) return '{ __typename id }';
    const one = this.#random.pick(this.#schema.getPossibleTypes(type));
    return `{ __typename ... on ${one.name} ${this.#selection(one, depth)} }`;
  }

  #directive(): string {
    if (!this.#random.chance(0.05)) return '';
    const name = `v${this.declarations.length}`;
    this.declarations.push(`$${name}: Boolean!`);
    this.variables[name] = this.#random.chance(0.5);
    return ` @${this.#random.pick(['include', 'skip'])}(if: $${name})`;
  }

  #arguments(field: string, args: readonly GraphQLArgument[]): string {
    // `first` and `last` are mutually exclusive.
    const excluded = this.#random.pick(['first', 'last']);
    const given = args.filter(
      (arg) =>
        arg.name !== excluded &&
        // The known cursors belong to accountsConnection.
        (field === 'accountsConnection' || getNamedType(arg.type).name !== 'Cursor') &&
        (isNonNullType(arg.type) || this.#random.chance(0.5)),
    );
    const texts = given.map((arg) => `${arg.name}: ${this.#argument(field, arg)}`);
    return texts.length > 0 ? `(${texts.join(', ')})` : '';
  }

  #argument(field: string, arg: GraphQLArgument): string {
    const value = this.#value(`${field}.${arg.name}`, arg.type);
    if (isEnumType(getNamedType(arg.type))) return String(value);
    if (!this.#random.chance(0.5)) return literal(value);
    const name = `v${this.declarations.length}`;
    this.declarations.push(`$${name}: ${String(arg.type)}`);
    this.variables[name] = value;
    return `$${name}`;
  }

  /** A value within bounds; `path` is `field.argument.inputField`. */
  #value(path: string, type: GraphQLInputType): unknown {
    const random = this.#random;
    if (isNonNullType(type)) return this.#value(path, type.ofType);
    if (path.endsWith('.idempotencyKey')) return `key ${random.whole(0, 1_000_000)}`;
    if (isListType(type))
      return Array.from({ length: random.whole(1, 4) }, () => this.#value(path, type.ofType));
    if (isInputObjectType(type)) {
      const { categoryIds, ...others } = type.getFields();
      // `categoryId` and `categoryIds` are mutually exclusive.
      const fields = categoryIds && random.chance(0.5) ? { ...others, categoryId: categoryIds } : others;
      const given = Object.values(fields).filter(
        (field) => (isNonNullType(field.type) && field.defaultValue === undefined) || random.chance(0.6),
      );
      return Object.fromEntries(
        given.map((field) => [field.name, this.#value(`${path}.${field.name}`, field.type)]),
      );
    }
    if (isEnumType(type)) return random.pick(type.getValues()).name;
    switch (type.name) {
      case 'ID':
        return random.pick(this.#known.ids[kindOfId(path, random)]);
      case 'Cursor':
        return random.pick(this.#known.cursors);
      case 'DateTime':
        return path.endsWith('From') ? '2026-01-31T12:00:00Z' : '2096-02-29T23:59:59.999+02:00';
      case 'Money':
        if (/[pP]riceMin$/.test(path)) return random.whole(0, 100);
        return /[pP]riceMax$/.test(path) ? random.whole(100, 9_999) : random.whole(0, 99_999_999) / 100;
      case 'Boolean':
        return random.chance(0.5);
      case 'Int':
        if (path.endsWith('.skip')) return random.whole(0, 20);
        return random.whole(1, path === 'suggestProducts.first' ? 20 : 100);
      case 'String':
        if (path.endsWith('.email')) return `fuzz${random.whole(0, 1_000_000)}@shop.example`;
        if (/[pP]assword$/.test(path)) return `password ${random.whole(0, 1_000_000)}`;
        return random.pick([
          'phone',
          'Zoë "Z" O\'Neill',
          'naïve café',
          '日本語',
          '🎈 x',
          '\\u0041',
          '100 % & more',
          'a',
        ]);
      default:
        throw new Error(`${path}: add a generator for values of type ${type.name}`);
    }
  }
}

function kindOfId(path: string, random: Random): keyof KnownEntities['ids'] {
  if (/^nodes?\.ids?$/.test(path)) return random.pick(['account', 'category', 'order', 'product']);
  if (/^(category|renameCategory)\.(input\.)?id$|categoryIds?$|parentId$/.test(path)) return 'category';
  if (/product[^.]*\.(input\.)?id$|productId$/i.test(path)) return 'product';
  return path.endsWith('order.id') ? 'order' : 'account';
}

/** The value as a GraphQL literal. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, one]) => `${name}: ${literal(one)}`);
  return `{ ${fields.join(', ')} }`;
}
