// Keys that work anywhere in a view, unless a field has the focus.
import { useLayoutEffect } from "preact/hooks";

type Handler = (event: KeyboardEvent) => void;

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName));

/** Handle keys by name, without modifiers, while the view is shown. */
export function useKeys(handlers: Record<string, Handler>): void {
  // At once, so that a key that follows quickly is not for the view of before.
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      // An open popover or dialog has its own keys.
      if (isField(event.target) || document.querySelector("dialog[open], :popover-open")) return;
      const handler = handlers[event.key];
      if (!handler) return;
      event.preventDefault();
      handler(event);
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  });
}
