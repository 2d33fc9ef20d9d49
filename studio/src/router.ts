// The place in the page: a view, its argument and its parameters, all in the hash, so that it can be shared.
import { computed, signal } from "@preact/signals";

interface Place {
  view: string;
  argument: string;
  parameters: URLSearchParams;
}

const hash = signal(location.hash);
let late = 0;
addEventListener("hashchange", () => {
  window.clearTimeout(late);
  hash.value = location.hash;
});

function parse(text: string): Place {
  const [path = "", query = ""] = text.replace(/^#\/?/, "").split("?", 2);
  const slash = path.indexOf("/");
  const view = slash < 0 ? path : path.slice(0, slash);
  let argument = slash < 0 ? "" : path.slice(slash + 1);
  try {
    argument = decodeURIComponent(argument);
  } catch {
    // A percent sign that escapes nothing is taken as it is.
  }
  return { view: view || "predictions", argument, parameters: new URLSearchParams(query) };
}

/** Where the page is. */
export const place = computed(() => parse(hash.value));

/** The hash of a place, for links. */
export function link(view: string, argument: string | number = "", parameters: Record<string, string> = {}): string {
  const kept = Object.entries(parameters).filter(([, value]) => value !== "");
  const path = argument === "" ? view : `${view}/${encodeURIComponent(argument)}`;
  return `#/${path}${kept.length > 0 ? `?${new URLSearchParams(kept)}` : ""}`;
}

/** Go to a place. */
export function go(target: string): void {
  location.hash = target;
}

// A browser takes some milliseconds to change its address, and refuses to do so too often.
const ADDRESS_MS = 100;

/** Change the parameters of the place without an entry in the history, as a filter does while it is typed. */
export function setParameters(parameters: Record<string, string>): void {
  const { view, argument } = place.peek();
  const target = link(view, argument, parameters);
  hash.value = target;
  window.clearTimeout(late);
  late = window.setTimeout(() => history.replaceState(history.state, "", target), ADDRESS_MS);
}
