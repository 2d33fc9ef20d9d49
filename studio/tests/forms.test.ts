// Tests of forms: fields from schemas, values from texts, and errors at fields.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readDuration } from "../src/components/durations";
import { fieldProblems } from "../src/components/forms/problems";
import { bodySchema, type Document, type FormField, formFields, namedSchema } from "../src/components/forms/schema";
import { readFields, type Texts, writeFields } from "../src/components/forms/values";

const CONTROL = JSON.parse(readFileSync("../mock/zeroscope_mock/documents/control.json", "utf8")) as Document;
const FAULT = formFields(CONTROL, namedSchema(CONTROL, "FaultSettings"));
const SCRIPT = formFields(CONTROL, namedSchema(CONTROL, "Script"));
const RATES = formFields(CONTROL, namedSchema(CONTROL, "Rates"));

const kinds = (fields: FormField[]) => Object.fromEntries(fields.map(({ name, kind }) => [name, kind]));

test("every property of a schema is a field of a fitting kind", () => {
  const found = { ...kinds(FAULT), ...kinds(SCRIPT) };
  const expected: Record<string, string[]> = {
    list: ["operation", "method", "nth"],
    text: ["path", "token", "body_base64", "content_type", "model", "error"],
    number: ["skip", "times", "status", "delay", "hang", "truncate", "run", "seed"],
    choice: ["per", "reset", "html", "duplicate", "outcome", "progression", "gradual"],
    choices: ["webhook_events"],
    lines: ["logs"],
    object: ["headers", "input"],
    any: ["body", "output"],
  };
  for (const [kind, names] of Object.entries(expected)) {
    for (const name of names) assert.equal(found[name], kind, name);
  }
});

test("fields of an operation's body follow references", () => {
  const limits = formFields(CONTROL, bodySchema(CONTROL, "/limits", "put"));
  assert.deepEqual(limits.find(({ name }) => name === "rates")?.options, ["live", "low-credit"]);
  assert.deepEqual(kinds(RATES), { creates: "group", reads: "group", others: "group", hint: "choice" });
  assert.ok(RATES[0]?.fields.find(({ name }) => name === "requests")?.required);
});

test("bounds are told, but for those that only keep numbers sane", () => {
  const bounds = Object.fromEntries([...FAULT, ...SCRIPT].map((field) => [field.name, field.bounds]));
  assert.equal(bounds.status, "200 to 599");
  assert.equal(bounds.hang, "Above 0, at most 3600");
  assert.equal(bounds.run, "0 or more");
  assert.equal(bounds.path, "");
});

const READ: [FormField[], Texts, Record<string, unknown>][] = [
  [FAULT, { status: " 503 ", delay: "", path: " /a " }, { status: 503, path: "/a" }],
  [
    FAULT,
    { operation: "getPrediction,", method: "GET, POST" },
    { operation: "getPrediction", method: ["GET", "POST"] },
  ],
  [FAULT, { nth: "2", hang: "true", html: "false" }, { nth: 2, hang: true, html: false }],
  [FAULT, { nth: "2, x", status: "many", times: "null" }, { nth: [2, "x"], status: "many", times: null }],
  [FAULT, { body: "{a", headers: '{"a": 1}' }, { body: "{a", headers: { a: 1 } }],
  [FAULT, { body: '{"a": [1]}' }, { body: { a: [1] } }],
  [SCRIPT, { logs: 'one\r\n\n  two\n{"at": 1, "text": "x"}' }, { logs: ["one", "  two", { at: 1, text: "x" }] }],
  [SCRIPT, { webhook_events: "start,completed" }, { webhook_events: ["start", "completed"] }],
  [RATES, { "creates.requests": "6", "creates.burst": "1" }, { creates: { requests: 6, burst: 1 } }],
];

for (const [fields, texts, values] of READ) {
  test(`${JSON.stringify(texts)} is read`, () => assert.deepEqual(readFields(fields, texts), { values, errors: {} }));
}

test("a text that is not JSON is an error of its field", () => {
  const { values, errors } = readFields(FAULT, { headers: "{", status: "503" });
  assert.deepEqual(values, { status: 503 });
  assert.match(errors.headers ?? "", /^This is not JSON: /);
});

test("values that are written are read as the same", () => {
  const values = { creates: { requests: 6, seconds: 60, burst: 1 }, hint: "date" };
  assert.deepEqual(readFields(RATES, writeFields(RATES, values)).values, values);
  const script = { logs: ["a", { at: 1, text: "b" }], input: { a: [1] }, webhook_events: ["start"], gradual: true };
  assert.deepEqual(readFields(SCRIPT, writeFields(SCRIPT, script)).values, script);
});

const ERRORS: [string, string, string, string[], Record<string, string>, string[]][] = [
  ["status", "too high", "", ["status"], { status: "too high" }, []],
  ["", "no effect", "", ["status"], {}, ["no effect"]],
  ["other", "unknown", "", ["status"], {}, ["other: unknown"]],
  ["script.logs.0.at", "too low", "script.", ["logs"], { logs: "too low" }, []],
  ["script", "script.model: no model", "script.", ["model"], { model: "no model" }, []],
  ["script", "empty", "script.", ["model"], {}, ["empty"]],
  ["script.1.run", "too low", "", ["script"], { script: "too low" }, []],
];

for (const [field, description, prefix, paths, fields, general] of ERRORS) {
  test(`an error of ${field || "a whole"} with the fields ${paths} stands where it belongs`, () => {
    const problem = { status: 422, detail: "", invalid_fields: [{ type: "", field, description }] };
    assert.deepEqual(fieldProblems(problem, paths, prefix), { fields, general });
  });
}

test("a problem without fields is told as a whole", () => {
  assert.deepEqual(fieldProblems({ detail: "Refused." }, ["a"]), { fields: {}, general: ["Refused."] });
});

const DURATIONS: [string, number | undefined][] = [
  ["90", 90],
  [".5", 0.5],
  ["250ms", 0.25],
  ["1h 30m", 5400],
  ["1h30m", 5400],
  [" 2 D ", 172800],
  ["", undefined],
  ["soon", undefined],
  ["-1", undefined],
  ["1x", undefined],
  ["1h 30", undefined],
  ["1e3", undefined],
];

for (const [text, seconds] of DURATIONS) {
  test(`${JSON.stringify(text)} is read as a duration`, () => assert.equal(readDuration(text), seconds));
}
