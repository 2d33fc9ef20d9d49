// The view of all predictions, as cards of which only those in view are drawn.
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { CARD_TEXT, Card } from "../components/card";
import { FirstSteps } from "../components/first_steps";
import { useDocument } from "../components/forms/document";
import { namedSchema } from "../components/forms/schema";
import { useKeys } from "../components/keys";
import { Page } from "../components/page";
import { useSlice } from "../components/windowed";
import type { RunSummary } from "../control";
import { type Filters, usePredictions } from "../predictions";
import { place, setParameters } from "../router";

const GAP = 16;
const NARROWEST = 256;
const kept = { scroll: 0, key: "" };

const columnsOf = (width: number) => Math.max(1, Math.floor((width + GAP) / (NARROWEST + GAP)));
const rowOf = (width: number) => {
  const columns = columnsOf(width);
  const card = (width - GAP * (columns - 1)) / columns;
  return Math.round((card * 9) / 16) + CARD_TEXT + GAP;
};

function FilterBar({ filters, items }: { filters: Filters; items: RunSummary[] }) {
  const set = (name: keyof Filters, value: string) => setParameters({ ...filters, [name]: value });
  const document = useDocument();
  const known = (document && namedSchema(document, "RunStatus").enum) ?? [];
  // The one of the address is there before the document is.
  const statuses = known.length > 0 || filters.status === "" ? known.map(String) : [filters.status];
  const models = [...new Set(items.map((run) => run.model).filter((name) => name !== null))];
  const tenants = [...new Set(items.map((run) => run.tenant))];
  return (
    <search class="filters">
      <input
        id="filter"
        type="search"
        aria-label="Filter predictions"
        placeholder="Prompt, id or any input"
        value={filters.text}
        spellcheck={false}
        onInput={(event) => set("text", event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape" || event.key === "Enter") event.currentTarget.blur();
        }}
      />
      <select aria-label="Status" value={filters.status} onChange={(event) => set("status", event.currentTarget.value)}>
        <option value="">Any status</option>
        {statuses.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      <input
        aria-label="Model"
        placeholder="Any model"
        list="models"
        value={filters.model}
        spellcheck={false}
        onInput={(event) => set("model", event.currentTarget.value)}
      />
      <datalist id="models">
        {models.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <input
        aria-label="Tenant"
        placeholder="Any tenant"
        list="tenants"
        value={filters.tenant}
        spellcheck={false}
        onInput={(event) => set("tenant", event.currentTarget.value)}
      />
      <datalist id="tenants">
        {tenants.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </search>
  );
}

export function Predictions() {
  const parameters = place.value.parameters;
  const filters: Filters = {
    status: parameters.get("status") ?? "",
    model: parameters.get("model") ?? "",
    tenant: parameters.get("tenant") ?? "",
    text: parameters.get("text") ?? "",
  };
  const box = useRef<HTMLDivElement>(null);
  const drawn = useRef<RunSummary[]>([]);
  const [list, more] = usePredictions(filters, () => drawn.current);
  const slice = useSlice(box, rowOf, 2);
  const { items, total, next, loaded, error } = list;
  const columns = columnsOf(slice.width);
  const height = rowOf(slice.width);
  const lines = Math.ceil(items.length / columns);
  const first = Math.min(slice.first, Math.max(0, lines - 1));
  const last = Math.min(slice.last, lines);
  drawn.current = items.slice(first * columns, last * columns);

  useEffect(() => {
    if (next !== null && slice.last + 4 >= lines) more();
  }, [next, slice.last, lines]);

  // What is in view stays in view when predictions come in above it, by whole lines.
  const top = useRef<RunSummary | undefined>(undefined);
  useLayoutEffect(() => {
    const element = box.current;
    const added = top.current ? items.findIndex((run) => run.id === top.current?.id) : -1;
    if (element && added > 0 && element.scrollTop > 0) element.scrollTop += Math.floor(added / columns) * height;
    top.current = items[0];
  }, [items, columns, height]);

  const key = JSON.stringify(filters);
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    element.scrollTop = kept.key === key && loaded ? kept.scroll : 0;
    return () => {
      kept.scroll = element.scrollTop;
      kept.key = key;
    };
  }, [key, loaded]);

  const move = (step: number) => {
    const links = [...(box.current?.querySelectorAll<HTMLElement>("[data-id]") ?? [])];
    const at = links.indexOf(document.activeElement as HTMLElement);
    const target = links[at < 0 ? 0 : Math.max(0, Math.min(links.length - 1, at + step))];
    target?.focus({ preventScroll: true });
    target?.closest(".card")?.scrollIntoView({ block: "nearest" });
  };
  useKeys({
    "/": () => document.getElementById("filter")?.focus(),
    j: () => move(1),
    k: () => move(-1),
    ArrowRight: () => move(1),
    ArrowLeft: () => move(-1),
    ArrowDown: () => move(columns),
    ArrowUp: () => move(-columns),
    Escape: () => (document.activeElement as HTMLElement | null)?.blur(),
  });

  const filtered = Object.values(filters).some((value) => value !== "");
  const nothing = loaded && items.length === 0 && next === null;
  return (
    <Page title="Predictions" full note={loaded ? total.toLocaleString() : undefined}>
      {(!nothing || filtered) && <FilterBar filters={filters} items={items} />}
      {error && <p class="error-text">{error}</p>}
      <div class="card-box" ref={box}>
        {nothing &&
          (filtered ? <p class="nothing muted">No prediction matches.</p> : <FirstSteps title="No prediction yet" />)}
        {!nothing && slice.width > 0 && (
          <ul
            class="cards"
            style={{
              gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
              paddingTop: `${first * height}px`,
              paddingBottom: `${Math.max(0, lines - last) * height}px`,
            }}
          >
            {drawn.current.map((run) => (
              <li key={run.id} style={{ height: `${height - GAP}px` }}>
                <Card run={run} />
              </li>
            ))}
          </ul>
        )}
      </div>
    </Page>
  );
}
