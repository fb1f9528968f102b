import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { createCostGate, type CostGate } from '#platform/cost-gate.ts';
import { cancelled } from '#platform/call.ts';
import { testCall } from '#testkit/shop.ts';

/** Starts work that runs until it is ended. */
function work(gate: CostGate, cost: number, call = testCall()): { begun: Promise<void>; end: () => void } {
  const begun = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  gate
    .run(cost, call, () => {
      begun.resolve();
      return ended.promise;
    })
    .catch(begun.reject);
  return { begun: begun.promise, end: ended.resolve };
}

/** The maximum total cost that ran concurrently. */
async function peakCost(gate: CostGate, costs: readonly number[]): Promise<number> {
  let running = 0;
  let most = 0;
  await Promise.all(
    costs.map((cost) =>
      gate.run(cost, testCall(), async () => {
        running += cost;
        most = Math.max(most, running);
        await new Promise(setImmediate);
        running -= cost;
      }),
    ),
  );
  return most;
}

suite('the cost gate', () => {
  const costs = Array.from({ length: 200 }, (_, index) => 10 + ((index * 37) % 60));

  test('concurrent work never exceeds the bound; a gate that admits all work is detected', async () => {
    assert.ok((await peakCost(createCostGate(100), costs)) <= 100);
    const unlimited: CostGate = { run: (_cost, _call, work) => work() };
    assert.ok((await peakCost(unlimited, costs)) > 100);
  });

  test('work that costs more than the bound runs alone', async () => {
    assert.equal(await peakCost(createCostGate(100), [250, 10, 10, 250]), 250);
  });

  test('a caller that is cancelled while it waits does not run', async () => {
    const gate = createCostGate(100);
    const full = work(gate, 100);
    const gone = testCall();
    const first = work(gate, 60, gone);
    const second = work(gate, 60);
    gone.abort(cancelled());
    await assert.rejects(first.begun, { reason: 'CANCELLED' });
    full.end();
    await second.begun;
    // The second holds 60: 40 more fit, 50 do not.
    await work(gate, 40).begun;
    const late = testCall();
    const refused = work(gate, 50, late);
    late.abort(cancelled());
    await assert.rejects(refused.begun, { reason: 'CANCELLED' });
  });

  test('failed work frees its cost for the next', async () => {
    const gate = createCostGate(1);
    await assert.rejects(
      gate.run(1, testCall(), () => Promise.reject(new Error('a bug'))),
      /a bug/,
    );
    await work(gate, 1).begun;
  });

  test('the queue is bounded', async () => {
    const gate = createCostGate(1);
    const all = Array.from({ length: 1_001 }, () => work(gate, 1));
    await assert.rejects(work(gate, 1).begun, { reason: 'RESOURCE_EXHAUSTED' });
    for (const one of all) {
      await one.begun;
      one.end();
    }
  });
});
