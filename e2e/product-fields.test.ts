import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { getNullableType, isInputObjectType, isListType, type GraphQLInputType } from 'graphql';
import pg from 'pg';
import { createSchemas } from '#graphql/graph/schema.ts';
import { startTestShop, type TestShop } from '#testkit/shop.ts';

/**
 * Every field that an input of a product has is stored and returned: a field that a layer leaves out (the table, the
 * store, protobuf, a resolver) fails here. The fields come from the schema.
 */

type Values = Readonly<Record<string, unknown>>;

const { schema } = createSchemas(2);
/** Arguments that select the product or state its version. */
const NOT_STORED = new Set(['id', 'expectedVersion']);

function storedFields(input: string): [name: string, type: GraphQLInputType][] {
  const type = schema.getType(input);
  assert.ok(isInputObjectType(type), input);
  const fields = Object.values(type.getFields()).filter(({ name }) => !NOT_STORED.has(name));
  assert.ok(fields.length >= 5, `${input} has only ${fields.length} fields`);
  return fields.map(({ name, type: fieldType }) => [name, getNullableType(fieldType)]);
}

suite('a product', () => {
  let shop: TestShop;
  let categories: readonly string[];
  before(async () => {
    shop = await startTestShop();
    const { data } = await shop.graphql(
      `mutation {
        a: createCategory(input: { name: "A" }) { category { id } }
        b: createCategory(input: { name: "B" }) { category { id } }
      }`,
    );
    categories = [data.a.category.id, data.b.category.id];
  });
  after(() => shop[Symbol.asyncDispose]());

  /** A value for each field of an input; those of another variant differ. */
  function valuesOf(input: string, variant: 0 | 1): Values {
    const valueOf = (name: string, type: GraphQLInputType): unknown => {
      if (isListType(type)) return [`${name} ${variant}`.toLowerCase()];
      switch (String(type)) {
        case 'ID':
          return name === 'categoryId' ? categories[variant] : assert.fail(`no entity for ${input}.${name}`);
        case 'String':
          return `${name} ${variant}`;
        case 'Money':
          return 10.5 + variant;
        case 'Int':
          return 10 + variant;
        case 'Boolean':
          return variant === 0;
        default:
          return assert.fail(`no value of the type ${String(type)} for ${input}.${name}`);
      }
    };
    return Object.fromEntries(storedFields(input).map(([name, type]) => [name, valueOf(name, type)]));
  }

  async function create(): Promise<{ id: string; version: number }> {
    const { data, errors } = await shop.graphql(
      'mutation($product: ProductInput!) { createProduct(product: $product) { id version } }',
      { product: valuesOf('ProductInput', 0) },
    );
    assert.equal(errors, undefined);
    return data.createProduct;
  }

  async function assertStored(id: string, values: Values): Promise<void> {
    const selection = Object.keys(values).map((name) =>
      name.endsWith('Id') ? `${name.slice(0, -2)} { id }` : name,
    );
    // Not by id: the gateway has the product that the mutation returned in its cache.
    const { data, errors } = await shop.graphql(`{ products { id ${selection.join(' ')} } }`);
    assert.equal(errors, undefined);
    const product = (data.products as Values[]).find((one) => one['id'] === id) ?? assert.fail('not listed');
    const stored = Object.keys(values).map((name) => {
      const value = product[name] ?? product[name.slice(0, -2)];
      return [name, name.endsWith('Id') ? (value as { id?: string } | undefined)?.id : value];
    });
    assert.deepEqual(Object.fromEntries(stored), values);
  }

  test('has every field of ProductInput after createProduct', async () => {
    const { id } = await create();
    await assertStored(id, valuesOf('ProductInput', 0));
  });

  test('has every field of UpdateProductInput after updateProduct', async () => {
    const { id, version } = await create();
    const values = valuesOf('UpdateProductInput', 1);
    const { data } = await shop.graphql(
      'mutation($input: UpdateProductInput!) { updateProduct(input: $input) { userErrors { code field message } } }',
      { input: { id, expectedVersion: version, ...values } },
    );
    assert.deepEqual(data.updateProduct.userErrors, []);
    await assertStored(id, values);
  });

  test('known-bad twin: a store that leaves a field out is caught', async () => {
    const client = new pg.Client({ connectionString: shop.databaseUrls.catalog });
    await client.connect();
    try {
      await client.query(`
        CREATE FUNCTION leave_out_tags() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.tags = '{}'; RETURN NEW; END $$;
        CREATE TRIGGER leave_out_tags BEFORE INSERT ON product FOR EACH ROW EXECUTE FUNCTION leave_out_tags()`);
    } finally {
      await client.end();
    }
    const { id } = await create();
    await assert.rejects(assertStored(id, valuesOf('ProductInput', 0)), /tags/);
  });
});
