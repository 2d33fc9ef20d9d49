// The view of one prediction: what it made, its timeline, and everything said about it.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { call } from "../api";
import { clock } from "../clock";
import { Body } from "../components/body";
import { Copy } from "../components/copy";
import { ExchangeHead, ExchangeRow } from "../components/exchange_row";
import { useKeys } from "../components/keys";
import { Player } from "../components/media";
import { Empty, Page, Panel } from "../components/page";
import { Progress, Status } from "../components/status";
import { Age } from "../components/time";
import { Timeline } from "../components/timeline";
import type { Run } from "../control";
import { onExchanges } from "../live";
import { useLoad } from "../load";
import { isOver, mainField, safeLink, textOf } from "../media";
import { term } from "../query";
import { go, link } from "../router";

const LIVE_MS = 1000;
const MOST_EXCHANGES = 200;
// Longer texts of an input are folded, or scroll in a box.
const LONG = 2000;

function Value({ value }: { value: unknown }) {
  if (typeof value !== "string") return <code>{JSON.stringify(value)}</code>;
  const target = safeLink(value);
  if (target) {
    return (
      <a href={target} target="_blank" rel="noreferrer noopener">
        {value}
      </a>
    );
  }
  if (value.length > LONG) {
    return (
      <details>
        <summary>{`${value.slice(0, 60)}… (${value.length.toLocaleString()} characters)`}</summary>
        {value}
      </details>
    );
  }
  return <>{value}</>;
}

function Input({ run }: { run: Run }) {
  const input = run.input;
  if (!input) return <p class="muted">{run.removed ? "Removed after the retention time." : "No input."}</p>;
  const main = mainField(input);
  const others = Object.entries(input).filter(([name]) => name !== main);
  return (
    <div class="stack">
      {main !== null &&
        (String(input[main]).length > LONG ? (
          <Body text={String(input[main])} label={main} />
        ) : (
          <p class="lead">{String(input[main])}</p>
        ))}
      {others.length > 0 && (
        <table class="fields">
          <tbody>
            {others.map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>
                  <Value value={value} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function Output({ run }: { run: Run }) {
  const label = `Output of ${run.id}`;
  const text = textOf(run);
  const none = run.output === null || run.output === undefined;
  return (
    <Panel title="Output">
      <div class="stack">
        {!isOver(run) && <Progress value={run.progress} label={`Progress of ${run.id}`} />}
        {run.error && <p class="error-text">{run.error}</p>}
        {run.files.length > 0 && (
          <div class={run.files.length > 1 ? "players several" : "players"}>
            {run.files.map((file, index) => (
              <Player
                key={file.path}
                file={file}
                label={run.files.length > 1 ? `${label}, file ${index + 1}` : label}
              />
            ))}
          </div>
        )}
        {text !== null && <p class="output-text">{text}</p>}
        {text === null && run.files.length === 0 && !none && (
          <Body text={JSON.stringify(run.output)} label="Output as JSON" />
        )}
        {none && !run.error && (
          <p class="muted">
            {run.removed ? "Removed after the retention time." : isOver(run) ? "It made none." : "None yet."}
          </p>
        )}
      </div>
    </Panel>
  );
}

function Details({ run }: { run: Run }) {
  const { webhook, exchanges } = run;
  const latest = exchanges.slice(-MOST_EXCHANGES).reverse();
  return (
    <>
      <div class="split">
        <div class="stack wide">
          <Output run={run} />
          <Panel title="Input">
            <Input run={run} />
          </Panel>
          <div class="logs">
            <Panel title="Logs" actions={run.logs && <Copy text={run.logs} label="Copy logs" />}>
              {run.logs ? (
                <Body text={run.logs} label="Text of the logs" />
              ) : (
                <p class="muted">Nothing logged{isOver(run) ? "" : " yet"}.</p>
              )}
            </Panel>
          </div>
        </div>
        <div class="stack wide">
          <Panel title="Timeline">
            <Timeline run={run} />
          </Panel>
          <Panel title="Facts">
            <dl class="facts">
              <dt>Model</dt>
              <dd>{run.model ?? "unknown"}</dd>
              {run.deployment && (
                <>
                  <dt>Deployment</dt>
                  <dd>{run.deployment}</dd>
                </>
              )}
              {run.version && (
                <>
                  <dt>Version</dt>
                  <dd>
                    <code>{run.version}</code>
                  </dd>
                </>
              )}
              <dt>Tenant</dt>
              <dd>
                <code>{run.tenant}</code> <span class="muted">({run.account})</span>
              </dd>
              <dt>Webhook</dt>
              <dd>
                {webhook ? (
                  <>
                    {webhook.url} <span class="muted">for {webhook.events.join(", ")}</span>
                  </>
                ) : (
                  <span class="muted">none</span>
                )}
              </dd>
            </dl>
          </Panel>
        </div>
      </div>
      <section class="panel" aria-label="Exchanges">
        <header class="panel-head">
          <h2>Exchanges</h2>
          <div class="panel-actions">
            <a class="small" href={link("exchanges", "", { q: term("id", run.id) })}>
              Open in Exchanges
            </a>
          </div>
        </header>
        <div class="table-inline">
          {latest.length > 0 ? (
            <table
              class={latest.some((exchange) => exchange.fault !== null) ? "exchanges" : "exchanges no-fault"}
              aria-label="Exchanges of this prediction, newest first"
            >
              <ExchangeHead />
              <tbody>
                {latest.map((exchange, index) => (
                  <ExchangeRow key={exchange.number} exchange={exchange} stop index={index} q={term("id", run.id)} />
                ))}
              </tbody>
            </table>
          ) : (
            <p class="nothing muted">None in the journal.</p>
          )}
        </div>
      </section>
      <section class="panel">
        <details>
          <summary>JSON, as the service answers</summary>
          <div class="panel-body">
            <Body text={JSON.stringify(run.json)} label="The prediction as JSON" />
          </div>
        </details>
      </section>
    </>
  );
}

export function PredictionView({ id }: { id: string }) {
  // While it runs, time changes it; afterward only events do.
  const running = useSignal(true);
  const every = running.value && !clock.value?.stands_still ? LIVE_MS : 0;
  const over = useLoad(call("get", "/predictions/{id}", { path: { id } }), ["deliveries", "clock", "state"], every);
  const { reload } = over;
  useEffect(
    () => onExchanges((all, skipped) => (skipped > 0 || all.some((one) => one.prediction === id)) && reload()),
    [id, reload],
  );
  const run = over.value;
  running.value = run ? !isOver(run) : !over.error;
  useKeys({ Escape: () => go(link("predictions")) });
  return (
    <Page
      title={`${run?.kind === "training" ? "Training" : "Prediction"} ${id}`}
      note={
        run && (
          <span class="row">
            <Status value={run.status} />
            <Age value={run.created} />
          </span>
        )
      }
      actions={
        <>
          <Copy text={id} label="Copy id" />
          <a class="button" href={link("predictions")}>
            All predictions
          </a>
        </>
      }
    >
      {run && <Details run={run} />}
      {over.error && (
        <Empty title="The server has no such prediction">
          <p class="muted">{over.error.message}</p>
        </Empty>
      )}
    </Page>
  );
}
