import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { createLoaders } from '#graphql/graph/loaders.ts';
import { systemClock } from '#platform/clock.ts';
import { startTestShop, testCall } from '#testkit/shop.ts';

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());
const shop = stack.use(await startTestShop());

async function add(name: string, parentId?: string): Promise<string> {
  const { data, errors } = await shop.graphql(
    'mutation($input: CreateCategoryInput!) { createCategory(input: $input) { category { id } } }',
    { input: { name, parentId } },
  );
  assert.equal(errors, undefined);
  return data.createCategory.category.id;
}

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `Name ${index + 10}`);

suite('categories through the API', () => {
  test('one query reads four levels of the categories of a small shop', async () => {
    let parent = await add('Level 1');
    for (const name of ['Level 2', 'Level 3', 'Level 4']) parent = await add(name, parent);
    const { data, errors } = await shop.graphql(
      '{ categories { name children { name children { name children { name } } } } }',
    );
    assert.equal(errors, undefined);
    const [level1] = data.categories;
    assert.equal(level1.children[0].children[0].children[0].name, 'Level 4');
  });

  test('children and categories return the first items by name', async () => {
    const parentId = await add('Wide');
    for (const name of names(12)) await add(name, parentId);
    const { data } = await shop.graphql(
      `{ category(id: "${parentId}") { few: children(first: 2) { name } children { name } many: children(first: 100) { name } }
         categories(parentId: "${parentId}", first: 3) { name } }`,
    );
    const { few, children, many } = data.category;
    assert.deepEqual(
      few,
      names(2).map((name) => ({ name })),
    );
    assert.equal(children.length, 10);
    assert.deepEqual(
      many,
      names(12).map((name) => ({ name })),
    );
    assert.deepEqual(
      data.categories,
      names(3).map((name) => ({ name })),
    );
  });

  test('INVALID_ARGUMENT on first: 0 and 101', async () => {
    for (const first of [0, 101]) {
      const { errors } = await shop.graphql(`{ categories(first: ${first}) { name } }`);
      assert.equal(errors?.[0]?.extensions['code'], 'INVALID_ARGUMENT');
      assert.equal(errors?.[0]?.extensions['field'], 'first');
    }
  });

  test('CATEGORY_NOT_FOUND: an unknown parentId, in a query and in createCategory', async () => {
    const unknown = systemClock.newId();
    const { errors } = await shop.graphql(`{ categories(parentId: "${unknown}") { name } }`);
    assert.equal(errors?.length, 1);
    assert.equal(errors?.[0]?.extensions['code'], 'CATEGORY_NOT_FOUND');
    assert.equal(errors?.[0]?.extensions['field'], 'parentId');
    const { data } = await shop.graphql(
      `mutation { createCategory(input: { name: "X", parentId: "${unknown}" }) { userErrors { code field } } }`,
    );
    const userErrors = [{ code: 'CATEGORY_NOT_FOUND', field: 'input.parentId' }];
    assert.deepEqual(data.createCategory, { userErrors });
  });

  test('an unknown parent does not fail the other parents in its batch', async () => {
    const parentId = await add('Known');
    await add('Child', parentId);
    const loaders = createLoaders(shop.clients, testCall());
    const [known, unknown] = await Promise.allSettled([
      loaders.childrenOf(parentId, 5),
      loaders.childrenOf(systemClock.newId(), 5),
    ]);
    assert.deepEqual(known.status === 'fulfilled' && known.value.map(({ name }) => name), ['Child']);
    assert.equal(unknown.status === 'rejected' && unknown.reason.reason, 'CATEGORY_NOT_FOUND');
  });

  test('CATEGORY_NAME_TAKEN: two top-level categories with one name', async () => {
    await add('Élan');
    const { data } = await shop.graphql(
      'mutation { createCategory(input: { name: "ELAN" }) { userErrors { code field } } }',
    );
    const userErrors = [{ code: 'CATEGORY_NAME_TAKEN', field: 'input.name' }];
    assert.deepEqual(data.createCategory, { userErrors });
  });
});
