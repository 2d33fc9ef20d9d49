// The event stream of the server, and what it changes: revisions, which views follow, and the latest exchanges.
import { batch, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { ROOT } from "./api";
import type { Attempt, ExchangeSummary } from "./control";

/** What can change on the server: the tags of the control operations, and what clients do. */
export type Subject =
  | "exchanges"
  | "deliveries"
  | "clock"
  | "faults"
  | "scripts"
  | "models"
  | "limits"
  | "journal"
  | "webhooks"
  | "state";

const SUBJECTS: Subject[] = [
  "exchanges",
  "deliveries",
  "clock",
  "faults",
  "scripts",
  "models",
  "limits",
  "journal",
  "webhooks",
  "state",
];
const RETRY_MS = 500;
const LONGEST_RETRY_MS = 3000;

/** Is called with what came, and how much the server left out before or between. */
type Listener<T> = (items: T[], skipped: number) => unknown;

/** Whether the page hears from the server. */
export const connection = signal<"connecting" | "live" | "lost">("connecting");

const revisions = new Map<string, Signal<number>>(SUBJECTS.map((subject) => [subject, signal(0)]));
const exchangeListeners = new Set<Listener<ExchangeSummary>>();
const deliveryListeners = new Set<Listener<Omit<Attempt, "body">>>();

/** A number that grows with each change of a subject. */
export function revision(subject: Subject): ReadonlySignal<number> {
  return revisions.get(subject) as Signal<number>;
}

/** Count a change of a subject, or of all of them. */
function touch(...subjects: string[]): void {
  // A reset and a restored snapshot, which have kinds of their own, change everything.
  const all = subjects.length === 0 || subjects.some((subject) => !revisions.has(subject));
  batch(() => {
    for (const subject of all ? SUBJECTS : subjects) {
      const counted = revisions.get(subject);
      if (counted) counted.value += 1;
    }
  });
}

/** Call a listener with each batch of new exchanges; returns what ends that. */
export function onExchanges(listener: Listener<ExchangeSummary>): () => void {
  exchangeListeners.add(listener);
  return () => exchangeListeners.delete(listener);
}

/** Call a listener with each batch of new attempts to deliver a webhook; returns what ends that. */
export function onDeliveries(listener: Listener<Omit<Attempt, "body">>): () => void {
  deliveryListeners.add(listener);
  return () => deliveryListeners.delete(listener);
}

// Under load, events come faster than frames: they are handed on together, so that the page draws once for all of them.
// A timer, not a frame, because a page in the background has no frames.
const BATCH_MS = 20;
let exchanges: ExchangeSummary[] = [];
let deliveries: Omit<Attempt, "body">[] = [];
let skipped = 0;
let changed = new Set<string>();
let timer = 0;

function flush(): void {
  window.clearTimeout(timer);
  timer = 0;
  if (changed.size === 0) return;
  const [newExchanges, left, newDeliveries, subjects] = [exchanges, skipped, deliveries, changed];
  exchanges = [];
  skipped = 0;
  deliveries = [];
  changed = new Set();
  batch(() => {
    if (newExchanges.length + left > 0) for (const listener of exchangeListeners) listener(newExchanges, left);
    if (newDeliveries.length > 0) for (const listener of deliveryListeners) listener(newDeliveries, 0);
    touch(...subjects);
  });
}

function schedule(subject: string): void {
  changed.add(subject);
  if (!timer) timer = window.setTimeout(flush, BATCH_MS);
}

function data<T>(event: Event): T {
  return JSON.parse((event as MessageEvent<string>).data) as T;
}

/** Follow the server's events until the page is closed, again after each loss of the connection. */
export function follow(pause = RETRY_MS): void {
  const source = new EventSource(`${ROOT}/events`);
  let again = pause;
  source.addEventListener("ready", () => {
    again = RETRY_MS;
    connection.value = "live";
    // What came before belongs to what is read anew now: whatever happened in between, all of a server that was started
    // anew, or of one that was reset from Python, which sends this event again.
    flush();
    touch();
  });
  source.addEventListener("exchange", (event) => {
    exchanges.push(data<ExchangeSummary>(event));
    schedule("exchanges");
  });
  source.addEventListener("skipped", (event) => {
    skipped += data<{ exchanges: number }>(event).exchanges;
    schedule("exchanges");
  });
  source.addEventListener("delivery", (event) => {
    deliveries.push(data<Omit<Attempt, "body">>(event));
    schedule("deliveries");
  });
  source.addEventListener("change", (event) => schedule(data<{ kind: string }>(event).kind));
  source.onerror = () => {
    source.close();
    connection.value = "lost";
    window.setTimeout(follow, again, Math.min(again * 1.5, LONGEST_RETRY_MS));
  };
}
