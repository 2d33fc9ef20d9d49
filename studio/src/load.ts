// Values that the page reads from the server, and reads again when their subject changes.
import { type ReadonlySignal, signal } from "@preact/signals";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { type ApiError, type Call, send } from "./api";
import { coalesced } from "./coalesced";
import { revision, type Subject } from "./live";

interface Loaded<T> {
  value: T | undefined;
  error: ApiError | undefined;
  reload: () => void;
}

// A subject that changes all the time is read this often at most.
const PAUSE_MS = 150;

/** Read a value, and again after each change of the subjects, or each `every` milliseconds; nothing without a call. */
export function useLoad<T>(one: Call<T> | null, subjects: Subject[], every = 0): Loaded<T> {
  const path = one?.path;
  const [state, setState] = useState<{ path: string | undefined; value?: T; error?: ApiError }>({ path });
  const running = useRef<{ stop: () => void; ask: () => void } | null>(null);
  const key = subjects.join();
  useEffect(() => {
    if (!one) return undefined;
    const abort = new AbortController();
    const read = async () => {
      const value = await send(one, abort.signal);
      setState({ path: one.path, value });
    };
    const ask = coalesced(read, {
      pause: PAUSE_MS,
      signal: abort.signal,
      onRefusal: (error) => setState({ path: one.path, error }),
    });
    const stops = subjects.map((subject) => revision(subject).subscribe(ask));
    if (subjects.length === 0) ask();
    const timer = every > 0 ? window.setInterval(ask, every) : 0;
    running.current = {
      ask,
      stop: () => {
        abort.abort();
        window.clearInterval(timer);
        for (const stop of stops) stop();
      },
    };
    return running.current.stop;
  }, [path, key, every]);
  const reload = useCallback(() => running.current?.ask(), []);
  const fresh = state.path === path;
  return {
    value: fresh ? state.value : undefined,
    error: fresh ? state.error : undefined,
    reload,
  };
}

/** A second hand: a number that grows each second while it is read. */
export const second: ReadonlySignal<number> = (() => {
  const count = signal(0);
  window.setInterval(() => {
    count.value += 1;
  }, 1000);
  return count;
})();
