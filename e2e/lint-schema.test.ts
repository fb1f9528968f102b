import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { ESLint } from 'eslint';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The rules of eslint.config.js, which `make lint` applies, that an SDL text breaks. */
async function brokenRules(sdl: string): Promise<string[]> {
  const eslint = new ESLint({ cwd: ROOT });
  const [result] = await eslint.lintText(sdl, { filePath: 'graphql/graph/account.graphql' });
  return (result?.messages ?? [])
    .map(({ ruleId }) => ruleId?.replace('@graphql-eslint/', '') ?? 'syntax')
    .sort();
}

test('known-bad twin: a non-null root field, a misnamed argument and a missing description are reported', async () => {
  const sdl = `extend type Mutation {
    "Renames an account."
    renameAccount(account: RenameAccountInput!): RenameAccountPayload!
  }`;
  assert.deepEqual(await brokenRules(sdl), [
    'input-name',
    'require-description',
    'require-nullable-result-in-root',
  ]);
});

test('known-bad twin: a deprecation without a reason and a field name in the wrong case are reported', async () => {
  const sdl = `extend type Account {
    "The legal name."
    Legal_name: String @deprecated
  }`;
  assert.deepEqual(await brokenRules(sdl), ['naming-convention', 'require-deprecation-reason']);
});
