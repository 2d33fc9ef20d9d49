// The server's clock as the page knows it, and times in words.
import { computed, signal } from "@preact/signals";
import { call, send } from "./api";
import { coalesced } from "./coalesced";
import type { Clock, ExchangeSummary } from "./control";
import { onExchanges, revision } from "./live";
import { second } from "./load";

interface Reading extends Clock {
  /** When it was read, on the page's own clock, in milliseconds. */
  at: number;
}

/** The latest reading; null before the first. */
export const clock = signal<Reading | null>(null);
/** What the server told a client that polls while the clock stands still, and at which time of the server. */
export const notice = signal<{ text: string; time: number } | null>(null);

/** The time on the server's clock now, in seconds since 1970; 0 before the first reading. */
export function now(): number {
  const reading = clock.value;
  if (!reading) return 0;
  return reading.stands_still ? reading.time : reading.time + (performance.now() - reading.at) / 1000;
}

/** The same, once a second. */
export const ticking = computed(() => {
  second.value;
  return now();
});

const REAL_MS = 2000;
const PAUSE_MS = 250;

async function read(): Promise<void> {
  const value = await send(call("get", "/clock"));
  if (!value.stands_still || value.time !== notice.value?.time) notice.value = null;
  clock.value = { ...value, at: performance.now() };
}

/** Read the clock. */
export const readClock = coalesced(read, { pause: PAUSE_MS });

/** Keep the reading true: after each change, after requests, which move a virtual clock, and whatever a test does. */
export function followClock(): void {
  revision("clock").subscribe(readClock);
  onExchanges((exchanges: ExchangeSummary[]) => {
    const told = exchanges.findLast((exchange) => exchange.notice);
    if (told?.notice) notice.value = { text: told.notice, time: told.time };
    const reading = clock.peek();
    // A real clock can be frozen from Python, of which no event tells.
    const old = reading === null || performance.now() - reading.at > REAL_MS;
    if (told || old || reading.kind !== "real") readClock();
  });
}

const LOCAL = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const LOCAL_DAY = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric" });

/** A time of day, local, with milliseconds if asked for. */
export function timeOfDay(time: number, milliseconds = false): string {
  const text = LOCAL.format(time * 1000);
  if (!milliseconds) return text;
  const rest = Math.floor((time - Math.floor(time)) * 1000);
  return `${text}.${String(rest).padStart(3, "0")}`;
}

/** A day, local. */
export function day(time: number): string {
  return LOCAL_DAY.format(time * 1000);
}

/** A time in UTC, exactly. */
export function utc(time: number): string {
  const date = new Date(time * 1000);
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString().replace("T", " ").replace("Z", " UTC");
}

/** A length of time in words: `320 µs`, `12 ms`, `3.2 s`, `4 min 10 s`, `2 h 5 min`, `3 d 2 h`. */
export function duration(seconds: number): string {
  const length = Math.abs(seconds);
  if (length === 0) return "0 s";
  if (length < 0.001) return `${Math.max(1, Math.round(length * 1e6))} µs`;
  if (length < 1) return `${Math.round(length * 1000)} ms`;
  if (length < 10) return `${Number(length.toFixed(1))} s`;
  if (length < 60) return `${Math.round(length)} s`;
  const units: [number, string][] = [
    [86400, "d"],
    [3600, "h"],
    [60, "min"],
    [1, "s"],
  ];
  const whole = Math.round(length);
  const first = units.findIndex(([size]) => whole >= size);
  const words: string[] = [];
  let rest = whole;
  for (const [size, name] of units.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) words.push(`${count} ${name}`);
  }
  return words.join(" ");
}

/** How long ago, or in how long: `3 s ago`, `in 4 min`, `now`. */
export function age(time: number, from: number): string {
  const gap = from - time;
  if (Math.abs(gap) < 1) return "now";
  const words = duration(Math.abs(gap) < 60 ? Math.floor(Math.abs(gap)) : gap);
  return gap > 0 ? `${words} ago` : `in ${words}`;
}
