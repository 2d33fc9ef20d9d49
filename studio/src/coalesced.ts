// Reads that many changes ask for, made one at a time.
import { ApiError } from "./api";

interface Options {
  /** The least time between the end of one read and the start of the next, in milliseconds. */
  pause: number;
  /** Ends the reads. */
  signal?: AbortSignal;
  /** Called with the refusal of a server that answers. */
  onRefusal?: (error: ApiError) => void;
}

/** What asks for a read: it starts at once, or, if one is being made, once more after that. */
export function coalesced(read: () => Promise<void>, { pause, signal, onRefusal }: Options): () => void {
  let busy = false;
  let wanted = false;
  const run = async () => {
    busy = true;
    wanted = false;
    try {
      await read();
    } catch (error) {
      if (!(error instanceof ApiError) && !signal?.aborted) throw error;
      // While the connection is lost, the page shows what it has; the next connection reads all of it again.
      if (error instanceof ApiError && error.status !== 0) onRefusal?.(error);
    } finally {
      setTimeout(() => {
        busy = false;
        if (wanted && !signal?.aborted) run();
      }, pause);
    }
  };
  return () => {
    if (busy) wanted = true;
    else run();
  };
}
