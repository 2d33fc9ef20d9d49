// The state of the server: settings, what it holds, limits, models, snapshots and the reset.
import { useRef, useState } from "preact/hooks";
import { ApiError, type Call, call, ROOT, send } from "../api";
import { Action, CurlButton } from "../components/action";
import { type FieldProblems, fieldProblems, NO_PROBLEMS } from "../components/forms/problems";
import { Page, Panel } from "../components/page";
import type { Summary } from "../control";
import { useLoad } from "../load";
import { Limits } from "./limits";
import { Models } from "./models";

const PROBLEMS_SHOWN = 20;

/** The view of the state. */
export function State() {
  const { value } = useLoad(call("get", "/"), [
    "state",
    "journal",
    "faults",
    "scripts",
    "models",
    "clock",
    "exchanges",
    "deliveries",
  ]);
  return (
    <Page title="State">
      <div class="columns">
        <div class="stack">
          {value && <Holds summary={value} />}
          <Snapshot />
          <Reset />
        </div>
        <div class="stack">
          <Limits />
          <Models />
          {value && <Settings summary={value} />}
        </div>
      </div>
    </Page>
  );
}

function Holds({ summary: { holds, dropped } }: { summary: Summary }) {
  const lost: Partial<Record<string, number>> = dropped;
  return (
    <Panel title="What it holds">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Kind</th>
            <th scope="col" class="number">
              Held
            </th>
            <th scope="col" class="number">
              Dropped
            </th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(holds).map(([name, count]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="number">{count.toLocaleString("en-US")}</td>
              <td class="number">{lost[name] === undefined ? "–" : lost[name].toLocaleString("en-US")}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="muted">The server drops the oldest ones when it reaches a limit.</p>
    </Panel>
  );
}

function Settings({ summary }: { summary: Summary }) {
  const rows: [string, string][] = [
    ["Seed", String(summary.seed)],
    ["Dialect", summary.dialect],
    ["Clock", summary.clock.kind],
    ["Spec", `${summary.spec.title} ${summary.spec.version}`],
    ["Further host names", summary.allow_hosts.join(", ") || "none"],
    ["Follows X-Forwarded headers", summary.trust_forwarded ? "yes" : "no"],
  ];
  return (
    <Panel title="Settings">
      <dl class="facts">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {summary.spec.error && <p class="error-text">The spec's file as it is now is not in use: {summary.spec.error}</p>}
    </Panel>
  );
}

/** Have the browser download what a call returns: parsed and written again, its numbers could lose digits. */
function download(one: Call): void {
  Object.assign(document.createElement("a"), { href: ROOT + one.path, download: "snapshot.json" }).click();
}

function Snapshot() {
  const taken = call("get", "/snapshot");
  const input = useRef<HTMLInputElement>(null);
  const dialog = useRef<HTMLDialogElement>(null);
  const [chosen, setChosen] = useState<File>();
  const [problems, setProblems] = useState<FieldProblems>(NO_PROBLEMS);
  const [done, setDone] = useState("");
  const restore = async (file: File) => {
    dialog.current?.close();
    setDone("");
    setProblems(NO_PROBLEMS);
    try {
      // As text, so that what is wrong with it is said by the server, with its place.
      await send(call("put", "/snapshot", { body: (await file.text()) as never }));
      setDone(`Restored ${file.name}.`);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setProblems(fieldProblems(error.problem ?? { detail: error.message }, []));
    }
  };
  const more = problems.general.length - PROBLEMS_SHOWN;
  return (
    <Panel title="Snapshot">
      <p>
        A snapshot holds everything: predictions, files, models, faults, scripts, limits, the time and the history. It
        can be restored here, or in another server with the same seed and dialect.
      </p>
      <div class="buttons">
        <span class="action">
          <button type="button" class="primary" onClick={() => download(taken)}>
            Download snapshot
          </button>
          <CurlButton call={() => taken} of="Download snapshot" />
        </span>
        <span class="action">
          <button type="button" class="plain" onClick={() => input.current?.click()}>
            Restore snapshot
          </button>
          <CurlButton
            call={() => call("put", "/snapshot", { body: "@snapshot.json" as never })}
            of="Restore snapshot"
          />
        </span>
        <input
          ref={input}
          type="file"
          class="unseen"
          tabIndex={-1}
          aria-label="File of the snapshot"
          accept="application/json,.json"
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            setChosen(file);
            if (file) dialog.current?.showModal();
            // So that the same file can be chosen again.
            event.currentTarget.value = "";
          }}
        />
        <output class="form-done">{done}</output>
      </div>
      <dialog ref={dialog} aria-labelledby="restore-title">
        <h2 id="restore-title">Restore {chosen?.name}?</h2>
        <p>What the server holds now is replaced, for every token. A snapshot keeps it.</p>
        <div class="buttons">
          <button type="button" class="danger" onClick={() => chosen && void restore(chosen)}>
            Replace everything
          </button>
          <button type="button" class="plain" onClick={() => dialog.current?.close()}>
            Keep it
          </button>
        </div>
      </dialog>
      {problems.general.length > 0 && (
        <div class="form-errors" role="alert">
          <p>Nothing was restored:</p>
          <ul>
            {problems.general.slice(0, PROBLEMS_SHOWN).map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
          {more > 0 && <p>… and {more} more</p>}
        </div>
      )}
    </Panel>
  );
}

function Reset() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [done, setDone] = useState("");
  return (
    <Panel title="Reset">
      <p>A reset clears everything except the time, the limits in force and the models that were added.</p>
      <div class="buttons">
        <button type="button" class="danger" onClick={() => dialog.current?.showModal()}>
          Reset
        </button>
        <output class="form-done">{done}</output>
      </div>
      <dialog ref={dialog} aria-labelledby="reset-title">
        <h2 id="reset-title">Reset the server?</h2>
        <p>
          All predictions, files, exchanges, deliveries, faults and scripts are gone afterwards, for every token. A
          snapshot keeps them.
        </p>
        <div class="buttons">
          <Action
            label="Reset everything"
            kind="danger"
            call={call("post", "/reset")}
            onDone={() => {
              dialog.current?.close();
              setDone("The server is as new.");
            }}
          />
          <button type="button" class="plain" onClick={() => dialog.current?.close()}>
            Keep it
          </button>
        </div>
      </dialog>
    </Panel>
  );
}
