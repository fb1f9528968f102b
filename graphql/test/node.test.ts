import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { execute, parse } from 'graphql';
import { makeExecutableSchema } from '@graphql-tools/schema';
import type { Clients } from '#graphql/graph/clients.ts';
import { startGateway } from '#graphql/service.ts';
import { systemClock } from '#platform/clock.ts';
import { AppError } from '#platform/errors.ts';
import { startTestShop, testCall } from '#testkit/shop.ts';

const shop = await startTestShop();
after(() => shop[Symbol.asyncDispose]());
const { account } = await shop.clients.accounts.createAccount({ name: 'Ann' }, testCall());
console.log(account?.id, (await shop.graphql(`{ node(id: "${account?.id}") { __typename id ... on Account { name } } nodes(ids: ["${account?.id}", "x", "${systemClock.newId()}", "${account?.id}"]) { __typename id ... on Account { name } } }`)));
console.log(JSON.stringify((await shop.graphql(`{ nodes(ids: ["${account?.id}", "x", "${systemClock.newId()}", "${account?.id}"]) { __typename id ... on Account { name } } }`))), shop.trail.rpcs);
