// The exchanges that the page knows, newest first, each with the text that the filter searches.
import { effect, signal } from "@preact/signals";
import { call, send } from "./api";
import { coalesced } from "./coalesced";
import type { ExchangeSummary } from "./control";
import { onExchanges, revision } from "./live";

export interface Row {
  readonly exchange: ExchangeSummary;
  /** All that is searched, in lower case. */
  readonly text: string;
}

/** Newest first. */
export const rows = signal<Row[]>([]);
/** Whether the first list has come. */
export const loaded = signal(false);
/** Whether new exchanges wait until the reader goes on. */
export const paused = signal(false);
/** The number of the exchange that was opened last, to which the table goes back; 0 if none was. */
export const opened = { number: 0 };
/** How many wait. */
export const waiting = signal(0);

const MOST = 20_000;
let held: Row[] = [];
let last = 0;
let wanted = false;
// Under load, the server leaves exchanges out; they are read this often at most.
const PAUSE_MS = 200;
// Those that come while a read is wanted or made; null when none is.
let early: ExchangeSummary[] | null = null;
// Whether the next read is one of all exchanges, not of those since the last.
let anew = true;
// Whether something has happened that only a read that is yet to begin can tell.
let behind = false;

/** What the filter searches of an exchange. */
export function rowOf(exchange: ExchangeSummary): Row {
  const parts = [
    exchange.method,
    exchange.path,
    exchange.operation,
    exchange.status ?? "cut",
    exchange.prompt,
    exchange.prediction,
    exchange.status_after,
    exchange.tenant,
    exchange.fault,
    exchange.note,
    exchange.reason,
  ];
  return {
    exchange,
    text: parts
      .filter((part) => part !== null)
      .join("\n")
      .toLowerCase(),
  };
}

function add(exchanges: ExchangeSummary[]): void {
  const fresh: Row[] = [];
  for (const exchange of exchanges) {
    if (exchange.number <= last) continue;
    last = exchange.number;
    fresh.push(rowOf(exchange));
  }
  if (fresh.length === 0) return;
  fresh.reverse();
  if (paused.peek()) {
    held = fresh.concat(held).slice(0, MOST);
    waiting.value = held.length;
  } else {
    rows.value = fresh.concat(rows.peek()).slice(0, MOST);
  }
}

/** Show what waited, and what comes from now on. */
export function resume(): void {
  paused.value = false;
  waiting.value = 0;
  if (held.length > 0) rows.value = held.concat(rows.peek()).slice(0, MOST);
  held = [];
}

async function read(): Promise<void> {
  const whole = anew;
  anew = behind = false;
  try {
    const page = await send(call("get", "/exchanges", { query: { after: whole ? 0 : last, limit: MOST } }));
    if (whole) {
      last = page.exchanges.at(-1)?.number ?? page.last;
      const all = page.exchanges.map(rowOf).reverse();
      // While the table is paused, what is newer than its first row goes on waiting.
      const shown = paused.peek() ? (rows.peek()[0]?.exchange.number ?? 0) : last;
      held = all.filter((row) => row.exchange.number > shown);
      waiting.value = held.length;
      rows.value = all.slice(held.length);
      loaded.value = true;
    } else if (!anew) add(page.exchanges);
  } catch (error) {
    // What came since cannot be joined to what is known.
    anew = true;
    early = [];
    throw error;
  } finally {
    if (!behind && !anew) {
      const missed = early ?? [];
      early = null;
      add(missed);
    }
  }
}

const ask = coalesced(read, { pause: PAUSE_MS });

function readAnew(): void {
  anew = behind = true;
  early = [];
  ask();
}

/** Read all exchanges as soon as a view needs them, and go on with those that come. */
export function useExchanges(): void {
  if (!wanted) {
    wanted = true;
    readAnew();
  }
}

/** Keep the exchanges true: after a new connection, a reset or a cleared journal, and when some were left out. */
export function followExchanges(): void {
  effect(() => {
    revision("journal").value;
    revision("state").value;
    if (wanted) readAnew();
  });
  onExchanges((exchanges, skipped) => {
    if (!wanted) return;
    if (skipped > 0) {
      early ??= [];
      behind = true;
    }
    if (behind || anew) ask();
    if (early) early.push(...exchanges);
    else add(exchanges);
  });
}
