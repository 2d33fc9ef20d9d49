// The exchanges that the page knows, newest first, each with the text that the filter searches.
import { effect, signal } from "@preact/signals";
import { call, send } from "./api";
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
// Those that come while the list is read; null when it is not.
let early: ExchangeSummary[] | null = null;

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
  if (early) return;
  early = [];
  try {
    const page = await send(call("get", "/exchanges", { query: { after: 0, limit: MOST } }));
    last = page.last;
    held = [];
    waiting.value = 0;
    rows.value = page.exchanges.map(rowOf).reverse();
    loaded.value = true;
  } catch {
    // The next connection reads them again.
  }
  const missed = early;
  early = null;
  add(missed);
}

/** Read all exchanges as soon as a view needs them, and go on with those that come. */
export function useExchanges(): void {
  if (!wanted) {
    wanted = true;
    read();
  }
}

/** Keep the exchanges true: after a new connection, a reset or a cleared journal. */
export function followExchanges(): void {
  effect(() => {
    revision("journal").value;
    revision("state").value;
    if (wanted) read();
  });
  onExchanges((exchanges) => {
    if (early) early.push(...exchanges);
    else if (loaded.peek()) add(exchanges);
  });
}
