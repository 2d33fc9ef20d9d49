// The query line of the exchanges: `status:4xx op:createPrediction prompt:"two words" -method:GET horse`.
import type { Row } from "./exchanges";

interface Query {
  /** Whether an exchange matches all terms. */
  matches: (row: Row) => boolean;
  /** What cannot be understood, in words. */
  problems: string[];
  /** How many terms there are. */
  terms: number;
}

type Test = (row: Row) => boolean;
type MakeTest = (value: string) => Test;

const contains =
  (read: (row: Row) => string | null): MakeTest =>
  (value) =>
  (row) =>
    read(row)?.toLowerCase().includes(value) ?? false;

const operation = contains((row) => row.exchange.operation);
const id = contains((row) => row.exchange.prediction);

const byStatus: MakeTest = (value) => {
  if (value === "cut") return (row) => row.exchange.status === null;
  const start = value.replace(/x+$/, "");
  return (row) => row.exchange.status !== null && String(row.exchange.status).startsWith(start);
};

const byFault: MakeTest = (value) => {
  if (value === "yes") return (row) => row.exchange.fault !== null;
  if (value === "no") return (row) => row.exchange.fault === null;
  return contains((row) => row.exchange.fault)(value);
};

const KEYS: Record<string, MakeTest> = {
  status: byStatus,
  op: operation,
  operation,
  prompt: contains((row) => row.exchange.prompt),
  id,
  prediction: id,
  tenant: contains((row) => row.exchange.tenant),
  method: (value) => (row) => row.exchange.method.toLowerCase() === value,
  path: contains((row) => row.exchange.path),
  fault: byFault,
  reason: contains((row) => row.exchange.reason),
};

/** The keys that the line understands, without their longer forms. */
export const KEY_NAMES = Object.keys(KEYS).filter((key) => key !== "operation" && key !== "prediction");

const TERM = /(-?)(?:([A-Za-z_]+):(?!\/\/))?(?:"([^"]*)"?|(\S+))?/y;

function distance(one: string, other: string): number {
  let above = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const line = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const change = (above[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1);
      line.push(Math.min(change, (above[j] ?? 0) + 1, (line[j - 1] ?? 0) + 1));
    }
    above = line;
  }
  return above[other.length] ?? 0;
}

function explain(key: string): string {
  const near = Object.keys(KEYS)
    .map((name) => ({ name, gap: distance(key, name) }))
    .sort((a, b) => a.gap - b.gap)[0];
  const hint = near && near.gap <= 2 ? `; did you mean ${near.name}:?` : `; the keys are ${KEY_NAMES.join(", ")}`;
  return `There is no key ${key}:, so the term is searched as text${hint}`;
}

/** Read a query line. */
export function parseQuery(line: string): Query {
  const tests: Test[] = [];
  const problems: string[] = [];
  let at = 0;
  while (at < line.length) {
    if (/\s/.test(line[at] ?? "")) {
      at += 1;
      continue;
    }
    TERM.lastIndex = at;
    const [whole = "", minus, key, quoted, plain] = TERM.exec(line) ?? [];
    at += Math.max(1, whole.length);
    const value = (quoted ?? plain ?? "").toLowerCase();
    // A key whose value is still to be typed filters nothing.
    if (value === "") continue;
    const make = key === undefined ? undefined : KEYS[key.toLowerCase()];
    let test: Test;
    if (make) {
      if (make === byStatus && !/^(cut|\dx{0,2}|\d{2}x?|\d{3})$/.test(value)) {
        problems.push(`status:${value} is no status: write 422, 4xx or cut`);
      }
      test = make(value);
    } else {
      if (key !== undefined) problems.push(explain(key.toLowerCase()));
      const text = key === undefined ? value : `${key.toLowerCase()}:${value}`;
      test = (row) => row.text.includes(text);
    }
    tests.push(minus ? (row) => !test(row) : test);
  }
  return { matches: (row) => tests.every((test) => test(row)), problems, terms: tests.length };
}

/** Quote a value for the query line, if it needs quotes. */
export function term(key: string, value: string): string {
  return /[\s"]/.test(value) ? `${key}:"${value.replaceAll('"', "")}"` : `${key}:${value}`;
}
