// The faults: what is armed and how often it struck, and forms that add more; and the scripts.
import { useState } from "preact/hooks";
import { call } from "../api";
import { Action } from "../components/action";
import { count, faultCounts, faultEffect, faultTarget, isUsedUp } from "../components/fault_words";
import { CallForm, type Section } from "../components/forms/call_form";
import { useDocument } from "../components/forms/document";
import { Described } from "../components/forms/field";
import { type Document, formFields, namedSchema } from "../components/forms/schema";
import { writeFields } from "../components/forms/values";
import { Empty, Page, Panel } from "../components/page";
import type { Fault, FaultSettings, Recipe, RecipeArguments } from "../control";
import { useLoad } from "../load";
import { AddScript, WaitingScripts } from "./scripts";

const SECTIONS: readonly Section[] = [
  { title: "Which requests", names: ["operation", "method", "path", "token"], open: true },
  { title: "What happens", names: ["status", "delay", "hang", "reset"], open: true },
  { title: "How often", names: ["times", "probability", "skip", "nth", "per"], open: false },
  { title: "More about the response", names: [], open: false },
];

const METHODS = ["GET", "POST", "PATCH", "DELETE", "QUERY"];
const NAMES_SHOWN = 3;

/** The view of faults and scripts. */
export function Faults() {
  // Their counts change with the exchanges, and those of faults on webhooks with the deliveries.
  const { value } = useLoad(call("get", "/faults"), ["faults", "exchanges", "deliveries", "state"]);
  const document = useDocument();
  const faults = value?.faults;
  return (
    <Page title="Faults" note={faults && faults.length > 0 ? `${faults.length} armed` : undefined}>
      <div class="columns">
        <div class="stack">
          <Panel
            title="Armed"
            actions={
              faults &&
              faults.length > 0 && <Action label="Clear faults" kind="quiet" call={call("delete", "/faults")} />
            }
          >
            {faults && (faults.length > 0 ? <Armed faults={faults} /> : <NoFaults />)}
          </Panel>
          <WaitingScripts />
        </div>
        {document && (
          <div class="stack">
            <AddRecipe document={document} />
            <AddFault document={document} />
            <AddScript document={document} />
          </div>
        )}
      </div>
    </Page>
  );
}

function NoFaults() {
  return (
    <Empty title="No request fails">
      <p>
        A fault makes requests or webhooks fail, late, lost or cut short, so that you see how your program takes it.
        Begin with a recipe.
      </p>
    </Empty>
  );
}

/** The faults, those for the same requests together: a storm has dozens. */
function Armed({ faults }: { faults: Fault[] }) {
  const groups = new Map<string, Fault[]>();
  for (const fault of faults) {
    const { operation, method, path } = fault.settings;
    const key = JSON.stringify([fault.tenant, operation, method, path]);
    groups.set(key, [...(groups.get(key) ?? []), fault]);
  }
  return (
    <>
      {[...groups].map(([key, [first, ...others]]) =>
        first === undefined ? null : (
          <section key={key} aria-label={faultTarget(first.settings)}>
            <h3 class="group-title">
              <Target settings={first.settings} />
              {first.tenant && (
                <>
                  {" · only the token of tenant "}
                  <code>{first.tenant.slice(0, 8)}</code>
                </>
              )}
            </h3>
            <ul class="entries">
              {[first, ...others].map((fault) => (
                <Row key={fault.id} fault={fault} />
              ))}
            </ul>
          </section>
        ),
      )}
    </>
  );
}

function Row({ fault }: { fault: Fault }) {
  const counts = faultCounts(fault.settings);
  const usedUp = isUsedUp(fault);
  return (
    <li class={usedUp ? "entry faded" : "entry"}>
      <code class="entry-id">{fault.id}</code>
      <div class="entry-main">
        <p>
          <strong>{faultEffect(fault.settings)}</strong>
          {counts && <span class="muted"> · {counts}</span>}
        </p>
        <p class="entry-count">
          {strikes(fault)}
          {usedUp && <span class="pill">used up</span>}
        </p>
      </div>
      <Action
        label="Remove"
        kind="quiet"
        call={call("delete", "/faults/{fault_id}", { path: { fault_id: fault.id } })}
      />
    </li>
  );
}

function strikes({ hits, seen }: Fault) {
  if (seen === 0) return <span class="muted">No request has matched</span>;
  return (
    <>
      {hits === 0 ? "Has not struck" : `Struck ${count(hits, "time")}`}
      <span class="muted"> in {count(seen, "matching request")}</span>
    </>
  );
}

/** The requests that a fault is for; a storm names nearly all operations. */
function Target({ settings }: { settings: FaultSettings }) {
  const names = [settings.operation ?? []].flat();
  if (names.length <= NAMES_SHOWN) return <>{faultTarget(settings)}</>;
  const rest = { ...settings, operation: names.slice(0, NAMES_SHOWN) };
  return (
    <span title={names.join(", ")}>
      {faultTarget(rest)} and {names.length - NAMES_SHOWN} more operations
    </span>
  );
}

function AddRecipe({ document }: { document: Document }) {
  const recipes = (namedSchema(document, "Recipe").enum ?? []) as Recipe[];
  const [recipe, setRecipe] = useState(recipes[0]);
  if (recipe === undefined) return null;
  const all = formFields(document, namedSchema(document, "RecipeArguments"));
  // The document says at the beginning of a description which recipes take an argument.
  const fields = all.flatMap((field) => {
    const [, names, description] = /^((?:`\w+`(?:, )?)+): (.*)$/s.exec(field.description) ?? [];
    if (names === undefined || description === undefined) return [field];
    return names.includes(`\`${recipe}\``) ? [{ ...field, description: sentence(description) }] : [];
  });
  return (
    <Panel title="Add a recipe">
      <fieldset class="segments">
        <legend class="unseen">Recipe</legend>
        {recipes.map((name) => (
          <label key={name}>
            <input type="radio" name="recipe" checked={name === recipe} onChange={() => setRecipe(name)} />
            <span>{name}</span>
          </label>
        ))}
      </fieldset>
      <p class="muted">
        <Described text={recipeWords(document, recipe)} />
      </p>
      <CallForm
        key={recipe}
        label="Add a recipe"
        fields={fields}
        submit="Add recipe"
        initial={writeFields(fields, exampleOf(document, recipe))}
        toCall={(values) =>
          call("post", "/recipes/{recipe}", { path: { recipe }, body: values as unknown as RecipeArguments })
        }
        onDone={({ faults }) => `Added ${faults.length === 1 ? faults[0]?.id : `${faults.length} faults`}.`}
      />
    </Panel>
  );
}

/** The example of the document, for the recipe that its parameter names. */
function exampleOf(document: Document, recipe: string): Record<string, unknown> {
  const described = document.paths["/recipes/{recipe}"];
  const own = described?.parameters?.some(({ example }) => example === recipe);
  return (own && described?.post?.requestBody?.content["application/json"]?.example) || {};
}

/** What the document says about a recipe, in the description of the operation. */
function recipeWords(document: Document, recipe: string): string {
  const parts = document.paths["/recipes/{recipe}"]?.post?.description?.split(/[,;] (?=`)/) ?? [];
  const part = parts.find((each) => each.startsWith(`\`${recipe}\` `));
  return part === undefined ? "" : sentence(part.slice(recipe.length + 3));
}

function sentence(text: string): string {
  const trimmed = text.replace(/\.$/, "");
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}.`;
}

function AddFault({ document }: { document: Document }) {
  const spec = useLoad(call("get", "/spec.json"), []).value as unknown as Pick<Document, "paths"> | undefined;
  const operations = Object.values(spec?.paths ?? {}).flatMap((path) =>
    Object.values(path).flatMap(({ operationId }) => operationId ?? []),
  );
  return (
    <Panel title="Add a fault">
      <CallForm
        label="Add a fault"
        fields={formFields(document, namedSchema(document, "FaultSettings"))}
        sections={SECTIONS}
        submit="Add fault"
        suggestions={{
          operation: [...operations, "getOutput", "streamPrediction", "receivePredictionEvent"],
          method: METHODS,
        }}
        toCall={(values) => call("post", "/faults", { body: values as unknown as FaultSettings })}
        onDone={({ id }) => `Added ${id}.`}
      />
    </Panel>
  );
}
