// The control document of the running server, from which forms get their fields.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call, send } from "../../api";
import { connection } from "../../live";
import type { Document } from "./schema";

const loaded = signal<Document | undefined>(undefined);
let asked = false;

/** Returns the document; undefined until it has arrived. */
export function useDocument(): Document | undefined {
  const state = connection.value;
  // A document that could not be read is read once the connection is there again.
  useEffect(() => {
    if (asked) return;
    asked = true;
    send(call("get", "/openapi.json")).then(
      (document) => {
        loaded.value = document as unknown as Document;
      },
      () => {
        asked = false;
      },
    );
  }, [state]);
  return loaded.value;
}
