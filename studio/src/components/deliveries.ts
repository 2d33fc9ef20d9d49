// The webhooks that the server sent: its attempts, grouped by delivery, and new ones as they come.
import { useCallback, useEffect, useState } from "preact/hooks";
import { call, send } from "../api";
import { coalesced } from "../coalesced";
import type { Attempt } from "../control";
import { onDeliveries, revision } from "../live";

/** An attempt; one that came over the event stream has no body until it is asked for. */
export type KnownAttempt = Omit<Attempt, "body"> & { body?: string };

/** One event on its way to one receiver, with all attempts that are known. */
export interface Delivery {
  id: string;
  /** The latest attempt, but for those that a receiver is to refuse. */
  latest: KnownAttempt;
  /** The attempts, oldest first. */
  attempts: KnownAttempt[];
}

export interface Deliveries {
  /** Newest first; undefined before the first answer. */
  list: Delivery[] | undefined;
  /** How many attempts the server dropped because of its limits. */
  dropped: number;
  /** Reads the attempts of one delivery with their bodies. */
  read(id: string): void;
}

const LIMIT = 300;
const PAUSE_MS = 150;
// After these, what is known may be wrong, so all is read again.
const SUBJECTS = ["journal", "state"] as const;

/** Follows the latest deliveries. */
export function useDeliveries(): Deliveries {
  const [attempts, setAttempts] = useState<KnownAttempt[]>();
  const [dropped, setDropped] = useState(0);
  const read = useCallback(async (id: string) => {
    try {
      const own = await send(call("get", "/deliveries", { query: { delivery: id } }));
      setAttempts((before) => replaced(before ?? [], id, own.attempts));
    } catch {
      // The next connection reads them again.
    }
  }, []);
  useEffect(() => {
    const abort = new AbortController();
    // Those that have come since a read was asked for, which its answer may lack.
    let early: KnownAttempt[] = [];
    const readAll = async () => {
      const all = await send(call("get", "/deliveries", { query: { limit: LIMIT } }), abort.signal);
      setAttempts(merged(all.attempts, early));
      setDropped(all.dropped);
    };
    const ask = coalesced(readAll, { pause: PAUSE_MS, signal: abort.signal });
    const stops = SUBJECTS.map((subject) =>
      revision(subject).subscribe(() => {
        early = [];
        ask();
      }),
    );
    const add = (added: KnownAttempt[]) => {
      early = merged(early, added);
      setAttempts((before) => merged(before ?? [], added));
    };
    stops.push(onDeliveries(add));
    return () => {
      abort.abort();
      for (const stop of stops) stop();
    };
  }, []);
  return { list: attempts && grouped(attempts), dropped, read };
}

/** Returns attempts grouped by their delivery, the delivery with the latest attempt first. */
function grouped(attempts: readonly KnownAttempt[]): Delivery[] {
  const deliveries = new Map<string, KnownAttempt[]>();
  for (const attempt of attempts) {
    const known = deliveries.get(attempt.id) ?? [];
    // Set anew, so that the order of the map is that of the latest attempts.
    deliveries.delete(attempt.id);
    deliveries.set(attempt.id, [...known, attempt]);
  }
  return [...deliveries]
    .map(([id, own]) => ({
      id,
      latest: own.findLast((attempt) => !isToBeRefused(attempt)) ?? (own.at(-1) as KnownAttempt),
      attempts: own,
    }))
    .reverse();
}

/** Returns whether a receiver that checks signatures refuses an attempt. */
export function isToBeRefused({ fault }: KnownAttempt): boolean {
  return /^(forged|late):/.test(fault ?? "");
}

/** Returns how a delivery stands, as its latest attempt tells. */
export function standing({ latest }: Delivery): "delivered" | "retrying" | "failed" {
  if (latest.reason === null) return "delivered";
  return latest.retry_at === null ? "failed" : "retrying";
}

/** Attempts with those that came over the event stream, which may have been read already. */
function merged(before: readonly KnownAttempt[], added: readonly KnownAttempt[]): KnownAttempt[] {
  const known = new Set(before.map(keyOf));
  return [...before, ...added.filter((attempt) => !known.has(keyOf(attempt)))].slice(-LIMIT);
}

function keyOf({ id, number, time, fault }: KnownAttempt): string {
  return [id, number, time, fault].join(" ");
}

/** Attempts with those of one delivery replaced, each where it was. */
function replaced(attempts: readonly KnownAttempt[], id: string, own: readonly KnownAttempt[]): KnownAttempt[] {
  // Those that have come meanwhile are at the end of both; others were dropped by the server.
  const rest = [...own];
  const result = attempts.flatMap((attempt) => (attempt.id === id ? rest.splice(0, 1) : attempt));
  return [...result, ...rest];
}
