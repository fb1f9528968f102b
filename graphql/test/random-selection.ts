import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';
import type { Random } from '#testkit/random.ts';

/** A valid document for a differential test of executors. */
export interface RandomSelection {
  readonly source: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

const DEPTH_MAX = 4;
const WIDTH_MAX = 3;

/**
 * Generates a document with aliases, nested and repeated fragments, inline fragments, `@skip` and `@include` on all of
 * them, variables with and without defaults, nulls and omitted values. Most documents are valid; some violate the rules
 * for merging fields.
 */
export function randomSelection(schema: GraphQLSchema, random: Random): RandomSelection {
  const isQuery = random.chance(0.85);
  const root = isQuery ? schema.getQueryType() : schema.getMutationType();
  if (!root) throw new Error('the schema lacks a root type');
  const writer = new SelectionWriter(schema, random);
  const body = writer.selection(root, 1);
  const declarations = writer.declarations.length > 0 ? `(${writer.declarations.join(', ')})` : '';
  return {
    source: [`${isQuery ? 'query' : 'mutation'} Q${declarations} ${body}`, ...writer.fragments].join('\n'),
    variables: writer.variables,
  };
}

class SelectionWriter {
  readonly declarations: string[] = [];
  readonly fragments: string[] = [];
  readonly variables: Record<string, unknown> = {};
  readonly #schema: GraphQLSchema;
  readonly #random: Random;
  /** Completed fragments, which can be spread again without a cycle. */
  readonly #spreadable: { name: string; on: GraphQLCompositeType }[] = [];
  readonly #conditions: string[] = [];
  /** Equal arguments of a field share an alias, so that such fields merge. */
  readonly #aliases = new Map<string, string>();
  #fragmentCount = 0;

  constructor(schema: GraphQLSchema, random: Random) {
    this.#schema = schema;
    this.#random = random;
  }

  selection(type: GraphQLCompositeType, depth: number): string {
    const count = this.#random.whole(1, WIDTH_MAX);
    const parts = Array.from({ length: count }, () => this.#part(type, depth));
    if (this.#random.chance(0.15)) parts.push(...this.#random.some(parts, 0.5));
    return `{ ${parts.join(' ')} }`;
  }

  #part(type: GraphQLCompositeType, depth: number): string {
    const random = this.#random;
    if (depth < DEPTH_MAX && random.chance(0.18)) return this.#inlineFragment(type, depth);
    if (depth < DEPTH_MAX && random.chance(0.2)) return this.#spread(type, depth);
    const fields = 'getFields' in type ? Object.values(type.getFields()) : [];
    const allowed = fields.filter((field) => depth < DEPTH_MAX || !isCompositeType(getNamedType(field.type)));
    if (allowed.length === 0 || random.chance(0.06)) return `__typename${this.#directives()}`;
    return this.#field(type, random.pick(allowed), depth);
  }

  #inlineFragment(type: GraphQLCompositeType, depth: number): string {
    const on = this.#random.chance(0.3) ? undefined : this.#overlapping(type);
    const condition = on ? ` on ${on.name}` : '';
    return `...${condition}${this.#directives()} ${this.selection(on ?? type, depth + 1)}`;
  }

  #spread(type: GraphQLCompositeType, depth: number): string {
    const known = this.#spreadable.filter(({ on }) => this.#overlap(type, on));
    if (known.length > 0 && this.#random.chance(0.6))
      return `...${this.#random.pick(known).name}${this.#directives()}`;
    const name = `F${this.#fragmentCount++}`;
    const on = this.#overlapping(type);
    this.fragments.push(`fragment ${name} on ${on.name} ${this.selection(on, depth + 1)}`);
    this.#spreadable.push({ name, on });
    const spread = `...${name}${this.#directives()}`;
    // The same fragment twice in one selection set, each with its own condition.
    return this.#random.chance(0.3) ? `${spread} ...${name}${this.#directives()}` : spread;
  }

  #overlapping(type: GraphQLCompositeType): GraphQLCompositeType {
    const all = Object.values(this.#schema.getTypeMap()).filter(
      (each) => isCompositeType(each) && !each.name.startsWith('__') && this.#overlap(type, each),
    );
    return this.#random.chance(0.4) ? type : (this.#random.pick(all) as GraphQLCompositeType);
  }

  #overlap(one: GraphQLCompositeType, other: GraphQLCompositeType): boolean {
    const objects = (type: GraphQLCompositeType) =>
      isAbstractType(type) ? this.#schema.getPossibleTypes(type) : [type];
    return objects(one).some((type) => objects(other).some((each) => each.name === type.name));
  }

  #field(parent: GraphQLCompositeType, field: GraphQLField<unknown, unknown>, depth: number): string {
    const random = this.#random;
    const texts = field.args
      .filter((arg) => (isNonNullType(arg.type) && arg.defaultValue === undefined) || random.chance(0.4))
      .map((arg) => `${arg.name}: ${this.#argument(arg.type, arg.defaultValue !== undefined)}`);
    const text = texts.length > 0 ? `(${texts.join(', ')})` : '';
    const type = getNamedType(field.type);
    const selection = isCompositeType(type) ? ` ${this.selection(type, depth + 1)}` : '';
    return `${this.#alias(parent.name, field.name, text)}${field.name}${text}${this.#directives()}${selection}`;
  }

  #alias(parent: string, field: string, text: string): string {
    if (text === '' && this.#random.chance(0.7)) return '';
    const key = `${parent} ${field} ${text}`;
    const known = this.#aliases.get(key) ?? `a${this.#aliases.size}`;
    this.#aliases.set(key, known);
    return `${known}: `;
  }

  #directives(): string {
    const random = this.#random;
    if (!random.chance(0.3)) return '';
    return random
      .some(['skip', 'include'], 0.6)
      .map((name) => ` @${name}(if: ${this.#condition()})`)
      .join('');
  }

  #condition(): string {
    const random = this.#random;
    if (random.chance(0.2)) return String(random.chance(0.5));
    if (this.#conditions.length > 0 && random.chance(0.6)) return random.pick(this.#conditions);
    const type = random.pick(['Boolean!', 'Boolean = true', 'Boolean = false', 'Boolean! = true']);
    const isGiven = type === 'Boolean!' || random.chance(0.5);
    const isNull = type.startsWith('Boolean =') && random.chance(0.05);
    const name = this.#declare(type, isNull ? null : isGiven ? random.chance(0.5) : undefined);
    this.#conditions.push(name);
    return name;
  }

  #declare(type: string, value: unknown): string {
    const name = `v${this.declarations.length}`;
    this.declarations.push(`$${name}: ${type}`);
    if (value !== undefined) this.variables[name] = value;
    return `$${name}`;
  }

  /** Returns a literal or a variable that has a value, is null, is omitted or has a default. */
  #argument(type: GraphQLInputType, hasDefault: boolean): string {
    const random = this.#random;
    if (random.chance(0.5)) return this.#literal(type);
    const nullable = isNonNullType(type) ? type.ofType : type;
    if (random.chance(0.3))
      return this.#declare(`${String(nullable)} = ${this.#literal(nullable)}`, undefined);
    if (isNonNullType(type)) return this.#declare(String(type), this.#value(type));
    if (hasDefault || random.chance(0.3)) return this.#declare(String(type), undefined);
    return this.#declare(String(type), random.chance(0.3) ? null : this.#value(type));
  }

  /** Returns the value as JSON. */
  #value(type: GraphQLInputType): unknown {
    const random = this.#random;
    if (isNonNullType(type)) return this.#value(type.ofType);
    if (isListType(type)) return Array.from({ length: random.whole(0, 3) }, () => this.#value(type.ofType));
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields()).filter(
        (field) => (isNonNullType(field.type) && field.defaultValue === undefined) || random.chance(0.5),
      );
      return Object.fromEntries(fields.map((field) => [field.name, this.#value(field.type)]));
    }
    if (isEnumType(type)) return random.pick(type.getValues()).name;
    switch (type.name) {
      case 'Int':
        return random.whole(-2, 120);
      case 'Boolean':
        return random.chance(0.5);
      case 'Money':
        return random.whole(0, 100_000) / 100;
      case 'DateTime':
        return random.pick(['2026-01-31T12:00:00.000Z', '2026-01-31T12:00:00+02:00', 'yesterday']);
      default:
        return random.pick(['x', 'é "quoted"', '', '\u2028', '__proto__']);
    }
  }

  #literal(type: GraphQLInputType): string {
    if (!isNonNullType(type) && this.#random.chance(0.08)) return 'null';
    return literal(this.#value(type), type);
  }
}

function literal(value: unknown, type: GraphQLInputType): string {
  if (isNonNullType(type)) return literal(value, type.ofType);
  if (isListType(type))
    return `[${(value as unknown[]).map((each) => literal(each, type.ofType)).join(', ')}]`;
  if (isInputObjectType(type)) {
    const fields = type.getFields();
    const texts = Object.entries(value as object).map(([name, each]) => {
      const field = fields[name];
      return field ? `${name}: ${literal(each, field.type)}` : '';
    });
    return `{ ${texts.join(', ')} }`;
  }
  return isEnumType(type) ? String(value) : JSON.stringify(value);
}
