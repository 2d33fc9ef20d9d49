// Tests of the query line.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExchangeSummary } from "../src/control";
import { parseQuery, term } from "../src/query";

const NONE: ExchangeSummary = {
  number: 1,
  time: 0,
  duration: 0,
  method: "GET",
  path: "/v1/predictions",
  operation: null,
  status: 200,
  tenant: null,
  fault: null,
  note: null,
  prediction: null,
  status_after: null,
  prompt: null,
  reason: null,
  notice: null,
};

function matches(line: string, exchange: Partial<ExchangeSummary>): boolean {
  const whole = { ...NONE, ...exchange };
  const text = [whole.method, whole.path, whole.operation, whole.prompt, whole.reason].join("\n").toLowerCase();
  return parseQuery(line).matches({ exchange: whole, text });
}

const CASES: [string, Partial<ExchangeSummary>, boolean][] = [
  ["", {}, true],
  ["status:422", { status: 422 }, true],
  ["status:422", { status: 400 }, false],
  ["status:4xx", { status: 429 }, true],
  ["status:42x", { status: 404 }, false],
  ["status:cut", { status: null }, true],
  ["status:cut", {}, false],
  ["-status:200", {}, false],
  ["-status:200", { status: 404 }, true],
  ["op:createPrediction", { operation: "createPrediction" }, true],
  ["op:createprediction", { operation: "createPrediction" }, true],
  ["op:createPrediction", {}, false],
  ["prompt:horse", { prompt: "A Horse" }, true],
  ['prompt:"two words"', { prompt: "just two words" }, true],
  ['prompt:"two words"', { prompt: "two other words" }, false],
  ["id:abc", { prediction: "xabcx" }, true],
  ["tenant:ea5", { tenant: "ea5add" }, true],
  ["method:post", { method: "POST" }, true],
  ["method:po", { method: "POST" }, false],
  ["path:/v1/pred", {}, true],
  ["fault:yes", { fault: "503" }, true],
  ["fault:yes", {}, false],
  ["fault:no", {}, true],
  ["fault:lost", { fault: "a lost response" }, true],
  ["reason:width", { reason: "input.width: 100" }, true],
  ["status:200 method:GET", {}, true],
  ["status:200 method:POST", {}, false],
  ["horse castle", { prompt: "a castle with a horse" }, true],
  ["horse -castle", { prompt: "a castle with a horse" }, false],
  ['"a castle"', { prompt: "in a castle" }, true],
  ["http://x", { prompt: "see http://x/y" }, true],
  // What is still being typed filters nothing.
  ["prompt:", {}, true],
  ['prompt:"', {}, true],
  ["-", {}, true],
];

for (const [line, exchange, expected] of CASES) {
  test(`${line || "nothing"} ${expected ? "matches" : "does not match"} ${JSON.stringify(exchange)}`, () => {
    assert.equal(matches(line, exchange), expected);
  });
}

test("a key with a typo is told, with the key that was meant", () => {
  const { problems } = parseQuery("statsu:200");
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? "", /statsu:.*did you mean status:/);
});

test("an unknown key is told, with all keys", () => {
  assert.match(parseQuery("zebra:1").problems[0] ?? "", /the keys are status, op, prompt/);
});

test("a status that is none is told", () => {
  assert.match(parseQuery("status:ok").problems[0] ?? "", /status:ok/);
});

test("a good query has no problems", () => {
  assert.deepEqual(parseQuery('status:4xx op:x prompt:"a b" -fault:yes text http://x').problems, []);
});

test("a term is quoted where it has to be", () => {
  assert.equal(term("id", "abc"), "id:abc");
  assert.equal(term("prompt", "a b"), 'prompt:"a b"');
});

test("10,000 exchanges are filtered in less than 50 ms", () => {
  const rows = Array.from({ length: 10_000 }, (_, index) => {
    const exchange = { ...NONE, number: index, prompt: `A horse number ${index} in the rain, cinematic` };
    return { exchange, text: `${exchange.method}\n${exchange.path}\n${exchange.prompt}`.toLowerCase() };
  });
  const { matches: match } = parseQuery('status:2xx method:GET prompt:"number 77" -fault:yes rain');
  // The best of some runs, so that a busy machine does not count.
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    assert.equal(rows.filter(match).length, 111);
    return performance.now() - start;
  });
  assert.ok(Math.min(...times) < 50, `${Math.min(...times)} ms`);
});
