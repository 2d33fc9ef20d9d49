// The list of predictions that the page knows, by its filters, read page by page and kept true.
import { useEffect, useRef, useState } from "preact/hooks";
import { call, send } from "./api";
import { clock } from "./clock";
import { coalesced } from "./coalesced";
import type { ExchangeSummary, RunSummary } from "./control";
import { onExchanges, revision } from "./live";
import { isOver } from "./media";

type Status = RunSummary["status"];

export interface Filters {
  status: string;
  model: string;
  tenant: string;
  text: string;
}

interface PredictionList {
  items: RunSummary[];
  total: number;
  /** From where the next page goes on; null at the end. */
  next: number | null;
  /** Whether the first page of these filters has come. */
  loaded: boolean;
  error: string;
}

const NONE: PredictionList = { items: [], total: 0, next: null, loaded: false, error: "" };
const PAGE = 100;
const PAUSE_MS = 250;
const EVERY_MS = 1000;
/** How many predictions beyond the first page are read one by one, at most. */
const SINGLE = 24;

/** Follow the predictions that the filters let through; `visible` says which are in view. */
export function usePredictions(filters: Filters, visible: () => RunSummary[]): [PredictionList, () => void] {
  const key = JSON.stringify(filters);
  const [state, setState] = useState<{ key: string; list: PredictionList }>({ key, list: NONE });
  const current = useRef(state);
  current.current = state;
  const more = useRef<() => void>(() => undefined);
  const see = useRef(visible);
  see.current = visible;

  useEffect(() => {
    const abort = new AbortController();
    const { status, ...others } = JSON.parse(key) as Filters;
    // Filters without a value are left out of the call.
    const query = { ...others, status: status as Status };
    const known = () => (current.current.key === key ? current.current.list : NONE);
    const store = (list: PredictionList) => {
      current.current = { key, list };
      setState(current.current);
    };
    const read = (before?: number) =>
      send(
        call("get", "/predictions", { query: { limit: PAGE, ...query, ...(before === undefined ? {} : { before }) } }),
        abort.signal,
      );
    // Of the pages beyond the first: whether one is being read, and whether the latest could not be.
    let reading = false;
    let failed = false;
    const refresh = async () => {
      const page = await read();
      const old = known();
      // What was read beyond the first page is kept, if the two still meet.
      const end = page.predictions.at(-1)?.id;
      const met = page.next === null ? -1 : old.items.findIndex((run) => run.id === end);
      const rest = met < 0 ? [] : old.items.slice(met + 1);
      const items = page.predictions.concat(rest);
      const next = rest.length > 0 ? old.next : page.next;
      store({ items, total: page.total, next, loaded: true, error: "" });
      if (failed) more.current();
      const first = new Set(page.predictions.map((run) => run.id));
      const stale = see.current().filter((run) => !isOver(run) && !first.has(run.id));
      const fresh = await Promise.all(
        stale
          .slice(0, SINGLE)
          .map((run) => send(call("get", "/predictions/{id}", { path: { id: run.id } }), abort.signal)),
      );
      if (fresh.length === 0) return;
      const byId = new Map(fresh.map((run) => [run.id, run as RunSummary]));
      const list = known();
      store({ ...list, items: list.items.map((run) => byId.get(run.id) ?? run) });
    };
    const ask = coalesced(refresh, {
      pause: PAUSE_MS,
      signal: abort.signal,
      onRefusal: (error) => store({ ...known(), loaded: true, error: error.message }),
    });
    more.current = async () => {
      const { next, items } = known();
      if (next === null || reading) return;
      reading = true;
      failed = false;
      try {
        const page = await read(next);
        const list = known();
        if (list.next === next) {
          store({ ...list, items: list.items.concat(page.predictions), next: page.next, total: page.total });
        }
      } catch {
        // The first page that can be read again is followed by this one.
        failed = true;
      } finally {
        reading = false;
      }
      // A page may be empty where a filter lets little through.
      if (!failed && known().items.length === items.length && !abort.signal.aborted) more.current();
    };
    const stops = (["state", "clock"] as const).map((subject) => revision(subject).subscribe(ask));
    // Reads change nothing that the second hand below does not see; a load test makes thousands of them.
    const changes = (one: ExchangeSummary) => one.prediction !== null && one.method !== "GET";
    stops.push(onExchanges((exchanges, skipped) => (skipped > 0 || exchanges.some(changes)) && ask()));
    const timer = window.setInterval(() => {
      if (!clock.peek()?.stands_still && known().items.some((one) => !isOver(one))) ask();
    }, EVERY_MS);
    return () => {
      abort.abort();
      window.clearInterval(timer);
      for (const stop of stops) stop();
    };
  }, [key]);

  return [state.key === key ? state.list : NONE, () => more.current()];
}
