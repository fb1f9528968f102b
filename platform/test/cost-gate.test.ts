import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createCostGate, type CostGate } from '#platform/cost-gate.ts';
import { cancelled, type Call } from '#platform/call.ts';
import { testCall } from '#testkit/shop.ts';

/** The most that has run at once of many pieces of work. */
async function mostAtOnce(gate: CostGate, costs: readonly number[]): Promise<number> {
  let running = 0;
  let most = 0;
  await Promise.all(
    costs.map(async (cost) => {
      await gate.enter(cost, testCall());
      running += cost;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= cost;
      gate.leave(cost);
    }),
  );
  return most;
}

suite('the gate of expensive operations', () => {
  const costs = Array.from({ length: 200 }, (_, nr) => 10 + ((nr * 37) % 60));

  test('no more than the bound runs at once; a gate that lets all in is caught', async () => {
    assert.ok((await mostAtOnce(createCostGate(100), costs)) <= 100);
    const careless: CostGate = { enter: async () => {}, leave: () => {} };
    assert.ok((await mostAtOnce(careless, costs)) > 100);
  });

  test('work that alone costs more runs, alone', async () => {
    assert.equal(await mostAtOnce(createCostGate(100), [250, 10, 10, 250]), 250);
  });

  test('who goes away while waiting takes no turn', async () => {
    const gate = createCostGate(100);
    await gate.enter(100, testCall());
    const calls: Call[] = [testCall(), testCall()];
    const [first, second] = calls.map((call) => gate.enter(60, call));
    calls[0]?.abort(cancelled());
    await assert.rejects(first ?? Promise.resolve(), { reason: 'CANCELLED' });
    gate.leave(100);
    await second;
    // The second holds 60: 40 more fit, 50 do not.
    await gate.enter(40, testCall());
    const late = testCall();
    const refused = gate.enter(50, late);
    late.abort(cancelled());
    await assert.rejects(refused, { reason: 'CANCELLED' });
  });

  test('what waits is bounded', async () => {
    const gate = createCostGate(1);
    await gate.enter(1, testCall());
    const waiting = Array.from({ length: 1_000 }, () => gate.enter(1, testCall()));
    await assert.rejects(gate.enter(1, testCall()), { reason: 'RESOURCE_EXHAUSTED' });
    for (const turn of waiting) {
      gate.leave(1);
      await turn;
    }
  });
});
