// What happened to a prediction and what is to come, on the server's clock.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { day, duration, ticking, timeOfDay, utc } from "../clock";
import type { Run } from "../control";
import { link } from "../router";

type Entry = Run["timeline"][number];
type Group = { entries: Entry[]; kind: Entry["kind"] };

// So many lines of a log, or reads, in a row are shown one by one; more are one mark until they are asked for.
const ALONE = 2;
const FOLDED = new Set(["log", "read"]);
const WORDS: Record<Entry["kind"], string> = {
  created: "Created",
  started: "Started",
  log: "Log",
  output: "Output",
  webhook: "Webhook",
  retry: "Retry",
  read: "Read",
  canceled: "Canceled",
  ended: "Ended",
  expires: "Expires",
};
const MINOR = new Set(["log", "read"]);

function groupsOf(entries: Entry[]): Group[] {
  const groups: Group[] = [];
  for (const entry of entries) {
    const latest = groups.at(-1);
    const same = latest?.kind === entry.kind && latest.entries[0]?.due === entry.due;
    if (latest && same && FOLDED.has(entry.kind)) latest.entries.push(entry);
    else groups.push({ entries: [entry], kind: entry.kind });
  }
  return groups.flatMap((group) =>
    group.entries.length > ALONE ? [group] : group.entries.map((entry) => ({ entries: [entry], kind: entry.kind })),
  );
}

function offset(seconds: number): string {
  return Math.abs(seconds) < 0.0005 ? "0 s" : `${seconds < 0 ? "−" : "+"}${duration(seconds)}`;
}

const ATTEMPTS = new Set(["webhook", "retry"]);
/** What the text of an attempt ends with if its receiver took it. */
const TAKEN = /answered with 2\d\d$/;

interface MarkProps {
  entry: Entry;
  start: number;
  status: string;
  children?: ComponentChildren;
}

function Mark({ entry, start, status, children }: MarkProps) {
  const classes = [entry.due ? "due" : "", MINOR.has(entry.kind) ? "minor" : "", `mark-${entry.kind}`];
  if (ATTEMPTS.has(entry.kind) && !entry.due && !TAKEN.test(entry.text)) classes.push("failed");
  if (entry.kind === "ended" && status !== "succeeded") classes.push("failed");
  const text = MINOR.has(entry.kind) ? (
    <span class={entry.kind === "log" ? "log-text" : ""} title={entry.text}>
      {entry.text}
    </span>
  ) : (
    <>
      <strong>{WORDS[entry.kind]}</strong> <span class="muted">{entry.text}</span>
    </>
  );
  return (
    <li class={classes.filter(Boolean).join(" ")}>
      <time
        class="when"
        dateTime={new Date(entry.time * 1000).toISOString()}
        title={`${day(entry.time)} ${timeOfDay(entry.time, true)} · ${utc(entry.time)}`}
      >
        {offset(entry.time - start)}
      </time>
      <span class="mark" aria-hidden="true" />
      <span class="what">
        {entry.exchange !== null ? <a href={link("exchanges", entry.exchange)}>{text}</a> : null}
        {entry.exchange === null && entry.delivery !== null ? (
          <a href={link("webhooks", entry.delivery)}>{text}</a>
        ) : null}
        {entry.exchange === null && entry.delivery === null ? text : null}
        {entry.due && <span class="muted"> (due)</span>}
        {children}
      </span>
    </li>
  );
}

function Folded({ group, start, status }: { group: Group; start: number; status: string }) {
  const [open, setOpen] = useState(false);
  const { entries, kind } = group;
  const first = entries[0] as Entry;
  const words = kind === "log" ? "log lines" : "reads";
  if (!open) {
    const last = entries.at(-1) as Entry;
    return (
      <Mark
        entry={{ ...first, kind, text: "", exchange: null, delivery: null, due: false }}
        start={start}
        status={status}
      >
        <button type="button" class="link" aria-expanded="false" onClick={() => setOpen(true)}>
          {entries.length} {words} until {offset(last.time - start)}
        </button>
      </Mark>
    );
  }
  return (
    <>
      {entries.map((entry, index) => (
        <Mark key={index} entry={entry} start={start} status={status} />
      ))}
    </>
  );
}

export function Timeline({ run }: { run: Run }) {
  const entries = run.timeline;
  const start = run.created;
  const past = groupsOf(entries.filter((entry) => !entry.due));
  const due = groupsOf(entries.filter((entry) => entry.due));
  const draw = (groups: Group[]) =>
    groups.map((group, index) =>
      group.entries.length > 1 ? (
        <Folded key={`${group.kind}${index}`} group={group} start={start} status={run.status} />
      ) : (
        <Mark key={`${group.kind}${index}`} entry={group.entries[0] as Entry} start={start} status={run.status} />
      ),
    );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reached with the keyboard
    <ol class="timeline" tabIndex={0} aria-label="Timeline">
      {draw(past)}
      {due.length > 0 && (
        <li class="due mark-now">
          <span class="when now">{offset(ticking.value - start)}</span>
          <span class="mark" aria-hidden="true" />
          <span class="what now">now</span>
        </li>
      )}
      {draw(due)}
    </ol>
  );
}
