// The view of one exchange: request and response in full, and why it was refused.
import { useState } from "preact/hooks";
import { call } from "../api";
import { duration } from "../clock";
import { Body } from "../components/body";
import { Copy } from "../components/copy";
import { Icon } from "../components/icons";
import { useKeys } from "../components/keys";
import { Empty, Page, Panel } from "../components/page";
import { HttpStatus, Status } from "../components/status";
import { Time } from "../components/time";
import type { Exchange } from "../control";
import { opened, rows, useExchanges } from "../exchanges";
import { useLoad } from "../load";
import { parseQuery } from "../query";
import { go, link, place } from "../router";
import { asCurl, asHttpx, asPytest, pairs } from "../snippets";

/** The header by which the server tells a client that the clock stands still. */
const NOTICE = "x-zeroscope-mock-notice";

function Headers({ list }: { list: [string, string][] }) {
  if (list.length === 0) return <p class="muted">None recorded.</p>;
  return (
    <dl class="headers">
      {list.map(([name, value], index) => (
        <div key={index} class="header">
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Message({
  title,
  headers,
  body,
  none,
}: {
  title: string;
  headers: [string, string][];
  body: string;
  none: string;
}) {
  return (
    <Panel title={title} actions={body !== "" && <Copy text={body} label="Copy body" />}>
      <h3 class="sub">Headers</h3>
      <Headers list={headers} />
      <h3 class="sub">Body</h3>
      {body === "" ? <p class="muted">{none}</p> : <Body text={body} label={`Body of the ${title.toLowerCase()}`} />}
    </Panel>
  );
}

function Refusals({ exchange }: { exchange: Exchange }) {
  const refusals = exchange.refusals ?? [];
  if (refusals.length === 0) return null;
  return (
    <Panel title="Why it was refused">
      <table class="refusals">
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Value</th>
            <th scope="col">Problem</th>
            <th scope="col">Forbidden by</th>
          </tr>
        </thead>
        <tbody>
          {refusals.map((refusal, index) => (
            <tr key={index}>
              <td data-label="Field">
                <code>{refusal.field || "the request"}</code>
              </td>
              <td data-label="Value">
                {refusal.value === null ? <span class="muted">nothing</span> : <code>{refusal.value}</code>}
              </td>
              <td data-label="Problem" class="error-text">
                {refusal.problem}
              </td>
              <td data-label="Forbidden by">
                <code>{refusal.place ?? "–"}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Snippets({ exchange }: { exchange: Exchange }) {
  const run = useLoad(
    exchange.prediction ? call("get", "/predictions/{id}", { path: { id: exchange.prediction } }) : null,
    [],
  ).value;
  const source = run?.version && run.input ? { version: run.version, input: run.input } : null;
  const kinds: Record<string, () => string> = {
    curl: () => asCurl(exchange),
    httpx: () => asHttpx(exchange),
    pytest: () => asPytest(exchange, source),
  };
  const [shown, setShown] = useState("curl");
  return (
    <section class="panel" aria-label="Send it again">
      <header class="panel-head">
        <h2>Send it again</h2>
        <div class="panel-actions">
          {Object.entries(kinds).map(([name, make]) => (
            <Copy key={name} text={make} label={`Copy as ${name}`} onCopy={() => setShown(name)} />
          ))}
        </div>
      </header>
      <div class="panel-body">
        <pre class="command">{kinds[shown]?.()}</pre>
      </div>
    </section>
  );
}

function Details({ exchange }: { exchange: Exchange }) {
  const {
    method,
    path,
    operation,
    status,
    time,
    duration: took = 0,
    tenant,
    fault,
    note,
    prediction,
    status_after: after,
  } = exchange;
  const notice = pairs(exchange.response_headers).find(([name]) => name === NOTICE)?.[1];
  return (
    <>
      <div class="exchange-head">
        <HttpStatus value={status} />
        <span class="target">
          {method} {path}
        </span>
      </div>
      <dl class="facts">
        <dt>Operation</dt>
        <dd>{operation ?? "unknown"}</dd>
        <dt>Time</dt>
        <dd>
          <Time value={time} milliseconds /> <span class="muted">took {duration(took)}</span>
        </dd>
        {prediction && (
          <>
            <dt>Prediction</dt>
            <dd>
              <a href={link("predictions", prediction)}>
                <code>{prediction}</code>
              </a>{" "}
              {after && <Status value={after} />}
            </dd>
          </>
        )}
        <dt>Tenant</dt>
        <dd>{tenant ? <code>{tenant}</code> : <span class="muted">none: no token was sent</span>}</dd>
        {fault && (
          <>
            <dt>Fault</dt>
            <dd>{fault}</dd>
          </>
        )}
        {notice && (
          <>
            <dt>Notice</dt>
            <dd>{notice}</dd>
          </>
        )}
        {note && (
          <>
            <dt>Note</dt>
            <dd class="output-text">{note}</dd>
          </>
        )}
      </dl>
      <Refusals exchange={exchange} />
      <div class="pair">
        <Message
          title="Request"
          headers={pairs(exchange.request_headers)}
          body={exchange.request_body}
          none="No body."
        />
        <Message
          title="Response"
          headers={pairs(exchange.response_headers)}
          body={exchange.response_body}
          none={status === null ? "The connection was cut." : "No body, or a stream."}
        />
      </div>
      <Snippets exchange={exchange} />
    </>
  );
}

export function ExchangeView({ number }: { number: number }) {
  useExchanges();
  opened.number = number;
  const { value, error } = useLoad(call("get", "/exchanges/{number}", { path: { number } }), ["journal", "state"]);
  const q = place.value.parameters.get("q") ?? "";
  const { matches } = parseQuery(q);
  const list = rows.value.filter(matches);
  const at = list.findIndex((row) => row.exchange.number === number);
  const to = (step: number) => {
    const next = at < 0 ? undefined : list[at + step]?.exchange.number;
    return next === undefined ? undefined : link("exchanges", next, { q });
  };
  const [newer, older] = [to(-1), to(1)];
  const back = link("exchanges", "", { q });
  const follow = (target: string | undefined) => () => {
    if (target) go(target);
  };
  useKeys({ j: follow(older), k: follow(newer), Escape: () => go(back) });
  return (
    <Page
      title={`Exchange ${number}`}
      actions={
        <>
          <a class="button" href={back}>
            All exchanges
          </a>
          <button
            type="button"
            class="icon-button"
            aria-label="Newer exchange"
            title="Newer (k)"
            disabled={!newer}
            onClick={follow(newer)}
          >
            <Icon name="back" />
          </button>
          <button
            type="button"
            class="icon-button"
            aria-label="Older exchange"
            title="Older (j)"
            disabled={!older}
            onClick={follow(older)}
          >
            <Icon name="next" />
          </button>
        </>
      }
    >
      {value && <Details exchange={value} />}
      {error && (
        <Empty title="This exchange is not in the journal">
          <p class="muted">{error.message}</p>
        </Empty>
      )}
    </Page>
  );
}
