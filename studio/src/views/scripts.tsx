// The scripts: the queue for the next predictions, and a form that adds one.
import { useState } from "preact/hooks";
import { call } from "../api";
import { Action } from "../components/action";
import { count, scriptTarget, scriptWords } from "../components/fault_words";
import { CallForm, type Section } from "../components/forms/call_form";
import { bodySchema, type Document, type FormField, formFields, namedSchema } from "../components/forms/schema";
import { Empty, Panel } from "../components/page";
import type { QueuedScript, Script } from "../control";
import { useLoad } from "../load";

const SECTIONS: readonly Section[] = [
  { title: "What happens", names: ["outcome", "error", "run", "startup", "logs"], open: true },
  { title: "For which predictions", names: ["times", "model", "input"], open: false },
  { title: "Outputs", names: ["output", "outputs", "gradual", "inline", "streams", "removed"], open: false },
  { title: "Details", names: [], open: false },
];

const AS_JSON: FormField = {
  name: "script",
  kind: "object",
  numeric: false,
  options: [],
  description: "A script, or a list of scripts, one for each prediction.",
  bounds: "",
  required: true,
  fields: [],
};

const SHOWN = 100;

type Body = { script: Script | Script[]; times?: number | null };

/** The queue of the scripts. */
export function WaitingScripts() {
  const { value } = useLoad(call("get", "/scripts"), ["scripts", "exchanges", "state"]);
  const scripts = value?.scripts;
  return (
    <Panel
      title="Scripts that wait"
      actions={
        scripts && scripts.length > 0 && <Action label="Clear scripts" kind="quiet" call={call("delete", "/scripts")} />
      }
    >
      {scripts && (scripts.length > 0 ? <Queue scripts={scripts} /> : <NoScripts />)}
    </Panel>
  );
}

function NoScripts() {
  return (
    <Empty title="Every prediction runs as by default">
      <p>
        A script says how the next prediction runs and ends: how long, with which log, as failed or with which output.
      </p>
    </Empty>
  );
}

function Queue({ scripts }: { scripts: QueuedScript[] }) {
  return (
    <ol class="entries">
      {scripts.slice(0, SHOWN).map((queued, index) => (
        <li key={index} class="entry">
          <code class="entry-id">{index + 1}</code>
          <div class="entry-main">
            <p>
              <strong>{scriptWords(queued.script)}</strong>
            </p>
            <p class="muted">
              {remaining(queued.times)} {scriptTarget(queued)}
              {queued.tenant && (
                <>
                  {" · only the token of tenant "}
                  <code>{queued.tenant.slice(0, 8)}</code>
                </>
              )}
            </p>
            {queued.used !== undefined && (
              <p class="entry-count">
                {queued.used === 0 ? "Not used yet" : `Used ${queued.used === 1 ? "once" : `${queued.used} times`}`}
              </p>
            )}
          </div>
        </li>
      ))}
      {scripts.length > SHOWN && <li class="entry muted">and {count(scripts.length - SHOWN, "script")} more</li>}
    </ol>
  );
}

function remaining(times: number | null): string {
  if (times === null) return "For all that follow:";
  return times === 1 ? "For the next one:" : `For the next ${times}:`;
}

/** A form that adds a script, by its fields or as JSON. */
export function AddScript({ document }: { document: Document }) {
  const [asJson, setAsJson] = useState(false);
  const times = formFields(document, bodySchema(document, "/scripts", "post")).filter(({ name }) => name === "times");
  const send = (body: Body) => call("post", "/scripts", { body });
  const done = ({ waiting }: { waiting: number }) =>
    `Added; ${waiting === 1 ? "one script waits" : `${waiting} scripts wait`}.`;
  return (
    <Panel
      title="Add a script"
      actions={
        <label class="toggle">
          <input type="checkbox" checked={asJson} onChange={() => setAsJson(!asJson)} /> as JSON
        </label>
      }
    >
      {asJson ? (
        <CallForm
          key="json"
          label="Add a script as JSON"
          fields={[AS_JSON, ...times]}
          submit="Add script"
          toCall={(values) => send({ script: {}, ...values } as Body)}
          onDone={done}
        />
      ) : (
        <CallForm
          key="fields"
          label="Add a script"
          fields={[...formFields(document, namedSchema(document, "Script")), ...times]}
          sections={SECTIONS}
          submit="Add script"
          prefix="script."
          toCall={({ times, ...script }) => send({ script, ...(times === undefined ? {} : { times }) } as Body)}
          onDone={done}
        />
      )}
    </Panel>
  );
}
