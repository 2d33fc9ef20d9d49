// Faults and scripts in words.

import { duration } from "../clock";
import type { Fault, FaultSettings, QueuedScript, Script } from "../control";

type Values = Readonly<Record<string, unknown>>;
type Words = (value: never, all: Values) => string;

const EFFECTS: Readonly<Record<string, Words>> = {
  delay: (seconds: number) => `waits ${duration(seconds)} first`,
  status: (status: number, all) => `answers ${status}${all.html ? " with a page of HTML" : ""}`,
  html: (_: boolean, all) => (all.status === undefined ? "answers 502 with a page of HTML" : ""),
  retry_after: (seconds: number) => `says to try again after ${duration(seconds)}`,
  body: (_: unknown, all) => (all.status === undefined ? "answers 200 with its own body" : "with its own body"),
  body_base64: (_: unknown, all) =>
    all.status === undefined ? "answers 200 with its own bytes" : "with its own bytes",
  headers: (headers: Values) => `sets ${Object.keys(headers).join(", ")}`,
  content_type: (type: string) => `claims to be ${type}`,
  hang: (seconds: number | boolean) =>
    `hangs for ${duration(seconds === true ? 60 : Number(seconds))}, then cuts the connection`,
  reset: (when: string) => `resets the connection ${when} the request is carried out`,
  carried_out: () => "although the request was carried out",
  truncate: (amount: number) =>
    `cuts the body off after ${Number.isInteger(amount) ? count(amount, "byte") : `${percent(amount)} of it`}`,
  malformed: () => "breaks the body",
  bytes_per_second: (rate: number) => `sends ${count(rate, "byte")} a second`,
  duplicate: () => "delivers twice",
};

const COUNTS: Readonly<Record<string, Words>> = {
  skip: (skipped: number) => `after the first ${skipped === 1 ? "one" : skipped}`,
  nth: (numbers: number | number[]) => `only number ${[numbers].flat().join(", ")}`,
  times: (times: number) => (times === 1 ? "once" : `${times} times`),
  probability: (share: number) => `probability ${percent(share)}`,
  per: () => "counted per path",
};

const LONGEST = 80;

const WHICH = ["operation", "method", "path", "token", "tenant"];

/** What a fault does to requests, such as `answers 503`. */
export function faultEffect(settings: FaultSettings): string {
  const values = withoutNulls(settings);
  const known = words(EFFECTS, values);
  const others = Object.keys(values).filter((name) => !(name in EFFECTS) && !(name in COUNTS) && !WHICH.includes(name));
  return [...known, ...others.map((name) => `${name} ${JSON.stringify(values[name])}`)].join(", ");
}

/** The requests that a fault applies to, such as `getPrediction`. */
export function faultTarget(settings: FaultSettings): string {
  const { operation, method, path } = settings;
  const parts = [operation, method].flatMap((each) => (each ? [[each].flat().join(", ")] : []));
  if (path) parts.push(path);
  return parts.length > 0 ? parts.join(" ") : "every request of clients";
}

/** When a fault applies, such as `2 times, counted for each path`. */
export function faultCounts(settings: FaultSettings): string {
  return words(COUNTS, withoutNulls(settings)).join(", ");
}

/** Whether a fault has no effect any more. */
export function isUsedUp({ hits, seen, settings }: Fault): boolean {
  if (settings.per) return false;
  if (settings.nth) return seen >= Math.max(...[settings.nth].flat());
  return settings.times != null && hits >= settings.times;
}

/** What a script does to a prediction, such as `runs for 10 min, fails: out of luck`. */
export function scriptWords(script: Script): string {
  const values: Values = script;
  const parts: string[] = [];
  if (script.startup !== undefined) parts.push(`starts after ${duration(script.startup)}`);
  if (script.run !== undefined) parts.push(`runs for ${duration(script.run)}`);
  if (script.progression === "once") parts.push("has ended when it is created");
  if (script.progression === "reads") parts.push(`ends after ${script.reads ?? 2} reads`);
  if (script.logs) parts.push(`prints ${count(script.logs.length, "line")}`);
  const outcome = script.outcome ?? (script.error === undefined ? undefined : "failed");
  if (outcome)
    parts.push(script.error === undefined ? `ends as ${outcome}` : `ends as ${outcome}: ${cut(script.error)}`);
  const told = ["startup", "run", "progression", "reads", "logs", "outcome", "error", "model", "input"];
  const others = Object.keys(values).filter((name) => !told.includes(name));
  parts.push(...others.map((name) => `${name} ${shortened(values[name])}`));
  return parts.join(", ") || "as by default";
}

/** The predictions that a script is for, such as `meta/* with prompt "A lighthouse"`. */
export function scriptTarget({ script }: QueuedScript): string {
  const input = Object.entries(script.input ?? {}).map(([name, value]) => `${name} ${shortened(value)}`);
  const parts = [script.model ?? "any prediction"];
  if (input.length > 0) parts.push(`with ${input.join(", ")}`);
  return parts.join(" ");
}

/** A count with its noun, such as `2 lines`. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number.toLocaleString("en-US")} ${number === 1 ? noun : plural}`;
}

function words(table: Readonly<Record<string, Words>>, values: Values): string[] {
  return Object.entries(table).flatMap(([name, inWords]) => {
    const value = values[name];
    return value === undefined || value === false ? [] : inWords(value as never, values) || [];
  });
}

function withoutNulls(settings: FaultSettings): Values {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null));
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))}\u00a0%`;
}

function shortened(value: unknown): string {
  return cut(JSON.stringify(value) ?? "");
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
