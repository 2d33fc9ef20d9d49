// The frame of a view: its heading, and what it says when there is nothing to show.
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { Copy } from "./copy";

interface Props {
  title: string;
  /** Beside the heading. */
  note?: ComponentChildren;
  /** At the right of the heading. */
  actions?: ComponentChildren;
  /** Whether the view fills the window and scrolls in a box of its own. */
  full?: boolean;
  children: ComponentChildren;
}

export function Page({ title, note, actions, full = false, children }: Props) {
  useEffect(() => {
    document.title = `${title} · zeroscope mock`;
  }, [title]);
  return (
    <div class={full ? "page full" : "page"}>
      <header class="page-head">
        <h1>{title}</h1>
        {note !== undefined && <span class="muted">{note}</span>}
        {actions !== undefined && <div class="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** A titled box. */
export function Panel({
  title,
  actions,
  children,
}: {
  title: string;
  actions?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <section class="panel" aria-label={title}>
      <header class="panel-head">
        <h2>{title}</h2>
        {actions !== undefined && <div class="panel-actions">{actions}</div>}
      </header>
      <div class="panel-body">{children}</div>
    </section>
  );
}

/** What a view says when it has nothing to show. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** Lines for a shell or a file, to be copied. */
export function Command({ text, label }: { text: string; label: string }) {
  return (
    <div class="command-box">
      <pre class="command">{text}</pre>
      <Copy text={text} label={label} small />
    </div>
  );
}
