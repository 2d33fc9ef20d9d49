// The view of all exchanges: a query line above a table of which only the rows in view are drawn.
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { call, ROOT } from "../api";
import { Action, CurlButton } from "../components/action";
import { ExchangeHead, ExchangeRow } from "../components/exchange_row";
import { FirstSteps } from "../components/first_steps";
import { Icon } from "../components/icons";
import { useKeys } from "../components/keys";
import { Page } from "../components/page";
import { useSlice } from "../components/windowed";
import { loaded, opened, paused, type Row, resume, rows, useExchanges, waiting } from "../exchanges";
import { KEY_NAMES, parseQuery } from "../query";
import { go, link, place, setParameters } from "../router";

const ROW = 34;
const SHORTCUTS: [string, string][] = [
  ["Creates", "op:createPrediction"],
  ["Refused", "status:4xx"],
  ["Failed", "status:5xx"],
  ["Faults", "fault:yes"],
  ["No polls", "-op:getPrediction"],
];

const query = (): string => place.value.parameters.get("q") ?? "";
const kept = { scroll: 0, query: "" };

/** Go from the query line to the first row. */
function focusFirst(): void {
  const row = document.querySelector<HTMLElement>(".exchange-row a");
  if (row) row.focus();
  else (document.activeElement as HTMLElement | null)?.blur();
}

function QueryLine({ shown }: { shown: number }) {
  const text = query();
  const { problems, terms } = parseQuery(text);
  const set = (q: string) => setParameters({ q });
  const total = rows.value.length;
  return (
    <search class="query">
      <div class="query-line">
        <Icon name="search" />
        <input
          id="filter"
          type="search"
          aria-label="Filter exchanges"
          aria-describedby="filter-hint"
          placeholder='status:4xx op:createPrediction prompt:"two words" -method:GET'
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={text}
          onInput={(event) => set(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape" && text !== "") set("");
            else if (event.key === "Escape") event.currentTarget.blur();
            else if (event.key === "Enter" || event.key === "ArrowDown") focusFirst();
            else return;
            event.preventDefault();
          }}
        />
        <kbd aria-hidden="true">/</kbd>
      </div>
      <div class="query-help">
        <div class="chips">
          {SHORTCUTS.map(([label, value]) => {
            const pressed = text.trim() === value;
            return (
              <button
                key={label}
                type="button"
                class="chip"
                aria-pressed={pressed}
                onClick={() => set(pressed ? "" : value)}
              >
                {label}
              </button>
            );
          })}
        </div>
        <p id="filter-hint" class={problems.length > 0 ? "small warn-text" : "small muted"} role="status">
          {problems.length > 0
            ? problems.join(". ")
            : terms > 0
              ? `${shown.toLocaleString()} of ${total.toLocaleString()} match`
              : `Keys: ${KEY_NAMES.join(", ")}; anything else is searched as text`}
        </p>
      </div>
    </search>
  );
}

/** Room for rows that are not drawn. */
function Spacer({ rows: count }: { rows: number }) {
  return <tr class="spacer" aria-hidden="true" style={{ height: `${count * ROW}px` }} />;
}

function PauseButton() {
  const held = waiting.value;
  const toggle = () => {
    if (paused.value) resume();
    else paused.value = true;
  };
  return (
    <button type="button" class={paused.value ? "primary" : ""} onClick={toggle}>
      <Icon name={paused.value ? "play" : "pause"} size={14} />
      {paused.value ? `Resume${held > 0 ? ` (${held.toLocaleString()} new)` : ""}` : "Pause"}
    </button>
  );
}

function Table({ list, faulty }: { list: Row[]; faulty: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const slice = useSlice(box, () => ROW, 12);
  const current = useSignal(0);
  const scrolled = useRef(0);
  const before = useRef<{ list: Row[]; query: string }>({ list, query: query() });

  // What is in view stays in view when rows come in above it.
  useLayoutEffect(() => {
    const element = box.current;
    const old = before.current;
    before.current = { list, query: query() };
    if (!element || old.list === list) return;
    // To ask the box itself where it is would lay out the new rows now, in the middle of a key.
    if (scrolled.current === 0) return;
    if (old.query !== query()) {
      element.scrollTop = 0;
      return;
    }
    const top = old.list[0];
    // By its number, because all rows are new after they were read anew.
    const added = top ? list.findIndex((row) => row.exchange.number === top.exchange.number) : 0;
    if (added > 0) element.scrollTop += added * ROW;
  }, [list]);

  const first = Math.min(slice.first, Math.max(0, list.length - 1));
  const shown = list.slice(first, slice.last);
  const stop = shown.some((row) => row.exchange.number === current.value)
    ? current.value
    : shown[Math.min(shown.length - 1, slice.first > 0 ? 12 : 0)]?.exchange.number;

  const show = (index: number) => {
    const element = box.current;
    const target = list[index];
    if (!element || !target) return;
    const top = index * ROW;
    const room = element.clientHeight - ROW;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + ROW > element.scrollTop + room) element.scrollTop = top + ROW - room;
    current.value = target.exchange.number;
    const focus = (): boolean => {
      // Another key may have been pressed since.
      if (current.peek() !== target.exchange.number) return true;
      const row = element.querySelector<HTMLElement>(`[data-number="${target.exchange.number}"]`);
      row?.focus({ preventScroll: true });
      return row !== null;
    };
    // The row may have to be drawn first.
    if (!focus()) requestAnimationFrame(() => requestAnimationFrame(focus));
  };
  const move = (step: number) => {
    const at = current.peek() ? list.findIndex((row) => row.exchange.number === current.peek()) : -1;
    // Without a row that has the focus, a step goes to the first row in view, and the keys for the ends go there.
    const far = Math.abs(step) >= list.length;
    const next = at >= 0 || far ? at + step : Math.round((box.current?.scrollTop ?? 0) / ROW);
    show(Math.max(0, Math.min(list.length - 1, next)));
  };
  const follow = () => {
    scrolled.current = box.current?.scrollTop ?? 0;
  };
  const remember = (event: Event) => {
    current.value = Number((event.target as HTMLElement).dataset.number ?? 0);
  };
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    if (kept.query === query()) element.scrollTop = kept.scroll;
    if (opened.number > 0) show(list.findIndex((row) => row.exchange.number === opened.number));
    opened.number = 0;
    return () => {
      kept.scroll = element.scrollTop;
      kept.query = query();
    };
  }, []);
  const page = () => Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / ROW) - 2);
  useKeys({
    "/": () => document.getElementById("filter")?.focus(),
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    PageDown: () => move(page()),
    PageUp: () => move(-page()),
    Home: () => move(-list.length),
    End: () => move(list.length),
    Escape: () => {
      current.value = 0;
      (document.activeElement as HTMLElement | null)?.blur();
    },
  });

  return (
    <div class="table-box" ref={box} onFocusIn={remember} onScroll={follow}>
      <table
        class={faulty ? "exchanges" : "exchanges no-fault"}
        aria-rowcount={list.length + 1}
        aria-label="Exchanges, newest first"
      >
        <ExchangeHead />
        <tbody>
          {first > 0 && <Spacer rows={first} />}
          {shown.map((row, index) => (
            <ExchangeRow
              key={row.exchange.number}
              exchange={row.exchange}
              stop={row.exchange.number === stop}
              index={first + index}
              q={query()}
            />
          ))}
          <Spacer rows={Math.max(0, list.length - first - shown.length)} />
        </tbody>
      </table>
      {list.length === 0 && <p class="nothing muted">No exchange matches.</p>}
    </div>
  );
}

export function Exchanges() {
  useExchanges();
  const filtered = useComputed(() => {
    const { matches, terms } = parseQuery(query());
    return terms > 0 ? rows.value.filter(matches) : rows.value;
  });
  const list = filtered.value;
  const faulty = useComputed(() => filtered.value.some((row) => row.exchange.fault !== null)).value;
  const held = waiting.value;
  if (loaded.value && rows.value.length === 0 && held === 0) {
    return (
      <Page title="Exchanges">
        <FirstSteps title="No request yet" />
      </Page>
    );
  }
  return (
    <Page
      title="Exchanges"
      full
      note={rows.value.length.toLocaleString()}
      actions={
        <>
          <PauseButton />
          <a class="button" href={`${ROOT}/journal.har`} download="zeroscope-mock.har">
            Download HAR
          </a>
          <CurlButton call={() => call("get", "/journal.har")} of="Download HAR" />
          <Action label="Clear" call={call("delete", "/journal")} onDone={() => go(link("exchanges"))} />
        </>
      }
    >
      <QueryLine shown={list.length} />
      <Table list={list} faulty={faulty} />
    </Page>
  );
}
