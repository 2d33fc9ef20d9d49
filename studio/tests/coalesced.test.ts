// Tests of reads that are made one at a time.
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { ApiError } from "../src/api";
import { coalesced } from "../src/coalesced";

/** Let what has been resolved go on. */
const settle = async () => {
  for (let turn = 0; turn < 10; turn += 1) await null;
};

test("what is asked for during a read is read once more, after the pause", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const reads: (() => void)[] = [];
  const ask = coalesced(() => new Promise<void>((resolve) => reads.push(resolve)), { pause: 100 });
  ask();
  ask();
  ask();
  assert.equal(reads.length, 1);
  reads[0]?.();
  await settle();
  mock.timers.tick(99);
  assert.equal(reads.length, 1);
  mock.timers.tick(1);
  assert.equal(reads.length, 2);
  reads[1]?.();
  await settle();
  mock.timers.tick(1000);
  assert.equal(reads.length, 2);
  ask();
  assert.equal(reads.length, 3);
  mock.timers.reset();
});

for (const [status, told] of [
  [0, []],
  [503, [503]],
] as const) {
  test(`a read that fails with ${status} is not made again by itself, but may be asked for`, async () => {
    mock.timers.enable({ apis: ["setTimeout"] });
    const refusals: number[] = [];
    let reads = 0;
    const ask = coalesced(
      async () => {
        reads += 1;
        throw new ApiError(status, "no");
      },
      { pause: 100, onRefusal: (error) => refusals.push(error.status) },
    );
    ask();
    await settle();
    mock.timers.tick(1000);
    assert.deepEqual([reads, refusals], [1, told]);
    ask();
    assert.equal(reads, 2);
    mock.timers.reset();
  });
}

test("nothing is read after the end", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const abort = new AbortController();
  let reads = 0;
  const ask = coalesced(
    async () => {
      reads += 1;
      throw new DOMException("aborted", "AbortError");
    },
    { pause: 100, signal: abort.signal },
  );
  ask();
  ask();
  abort.abort();
  await settle();
  mock.timers.tick(1000);
  assert.equal(reads, 1);
  mock.timers.reset();
});
