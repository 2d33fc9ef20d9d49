// The webhooks that the server sent: their attempts, signatures and answers, and ways to send them again.
import { useEffect, useRef, useState } from "preact/hooks";
import { call } from "../api";
import { age, ticking } from "../clock";
import { Action } from "../components/action";
import { Body } from "../components/body";
import { useCreateCommand } from "../components/create_command";
import {
  type Deliveries,
  type Delivery,
  isToBeRefused,
  type KnownAttempt,
  standing,
  useDeliveries,
} from "../components/deliveries";
import { count } from "../components/fault_words";
import { useKeys } from "../components/keys";
import { Command, Empty, Page } from "../components/page";
import { HttpStatus } from "../components/status";
import { Age, Time } from "../components/time";
import { link, place } from "../router";

const SHOWN = 100;
const TONES = { delivered: "good", retrying: "waiting", failed: "bad" };
const ALTERED = [
  ["Send forged", "forged", "signed with another key"],
  ["Send late", "late", "with a timestamp that receivers no longer accept"],
  ["Send twice", "doubled", "twice, with one id"],
] as const;

/** The view of the webhooks. */
export function Webhooks() {
  const known = useDeliveries();
  const [filter, setFilter] = useState("");
  const [shown, setShown] = useState(SHOWN);
  const input = useRef<HTMLInputElement>(null);
  useKeys({ "/": () => input.current?.focus() });
  const { list, dropped } = known;
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const found = list?.filter((delivery) => words.every((word) => haystack(delivery).includes(word)));
  const unsent = list && firstUnsent(list);
  return (
    <Page
      title="Webhooks"
      note={list && list.length > 0 ? count(list.length, "delivery", "deliveries") : undefined}
      actions={
        list &&
        list.length > 0 && (
          <input
            ref={input}
            type="search"
            aria-label="Filter deliveries"
            placeholder="Filter: event, status, id, URL"
            value={filter}
            onInput={(event) => setFilter(event.currentTarget.value)}
          />
        )
      }
    >
      {unsent && (
        <p class="remark">
          <strong>Nothing is sent</strong> to <code>{unsent.url}</code>: {unsent.reason?.replace(/^not sent: /, "")}
        </p>
      )}
      {list?.length === 0 && <NoDeliveries />}
      {found && list && list.length > 0 && (
        <ul class="entries panel">
          {found.slice(0, shown).map((delivery) => (
            <Row key={delivery.id} delivery={delivery} known={known} />
          ))}
          {found.length === 0 && <li class="entry muted">No delivery fits the filter.</li>}
        </ul>
      )}
      {found && found.length > shown && (
        <button type="button" class="plain" onClick={() => setShown(shown + SHOWN)}>
          Show more
        </button>
      )}
      {dropped > 0 && <p class="muted">The server dropped {count(dropped, "older attempt")} because of its limits.</p>}
    </Page>
  );
}

/** The latest attempt at a URL to which nothing is sent now, whatever was sent there before. */
function firstUnsent(list: readonly Delivery[]): KnownAttempt | undefined {
  const latest = new Map<string, KnownAttempt>();
  for (const delivery of list) {
    if (!latest.has(delivery.latest.url)) latest.set(delivery.latest.url, delivery.latest);
  }
  return [...latest.values()].find(({ reason }) => reason?.startsWith("not sent"));
}

function NoDeliveries() {
  const sample = useCreateCommand(
    "$REPLICATE_API_TOKEN",
    { prompt: "A lighthouse in a storm" },
    { webhook: "http://localhost:3000/hook", webhook_events_filter: ["start", "completed"] },
  );
  return (
    <Empty title="No webhook has been due">
      <p>
        The server sends webhooks of predictions that were created with one, signs them, and tries those again that
        fail. Create such a prediction, with the address of your receiver:
      </p>
      <Command text={sample} label="Copy the example" />
      <p class="muted">
        On a clock that stands still, webhooks are sent when it is <a href={link("clock")}>advanced</a>.
      </p>
    </Empty>
  );
}

function Row({ delivery, known }: { delivery: Delivery; known: Deliveries }) {
  const { id, latest, attempts } = delivery;
  const wanted = place.value.argument === id;
  const [open, setOpen] = useState(wanted);
  const row = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (!wanted) return;
    setOpen(true);
    row.current?.scrollIntoView({ block: "nearest" });
  }, [wanted]);
  const state = standing(delivery);
  return (
    <li ref={row} class="delivery">
      <button type="button" class="delivery-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span class={`status ${TONES[state]}`}>
          <span class="dot" aria-hidden="true" />
          {state}
        </span>
        <strong>{latest.event}</strong>
        <span class="cut mono muted">{latest.prediction_id}</span>
        <span class="cut mono delivery-url">{latest.url}</span>
        <span class={latest.reason ? "cut delivery-reason" : "cut delivery-reason muted"} title={outcome(latest)}>
          {outcome(latest)}
        </span>
        <span class="muted delivery-count">{attempts.length > 1 ? count(attempts.length, "attempt") : ""}</span>
        <span class="muted nowrap">
          <Age value={latest.time} />
        </span>
      </button>
      {open && <Detail delivery={delivery} known={known} />}
    </li>
  );
}

function outcome({ status, reason, retry_at: retryAt }: KnownAttempt): string {
  if (reason === null) return `answered ${status}`;
  return retryAt === null ? reason : `${reason} · tried again ${age(retryAt, ticking.value)}`;
}

function Detail({ delivery: { id, latest, attempts }, known }: { delivery: Delivery; known: Deliveries }) {
  const missing = attempts.some(({ body }) => body === undefined);
  const { read } = known;
  useEffect(() => {
    if (missing) read(id);
  }, [missing, read, id]);
  return (
    <div class="delivery-detail">
      <dl class="facts">
        <div>
          <dt>Prediction</dt>
          <dd>
            <a href={link("predictions", latest.prediction_id)}>{latest.prediction_id}</a>
          </dd>
        </div>
        <div>
          <dt>Delivery</dt>
          <dd>
            <code>{id}</code>
          </dd>
        </div>
        <div>
          <dt>Receiver</dt>
          <dd>
            <code>{latest.url}</code>
          </dd>
        </div>
      </dl>
      <div class="buttons">
        <Action label="Resend" kind="primary" call={redeliver(id)} />
        {ALTERED.map(([label, as, words]) => (
          <span key={as} title={words}>
            <Action label={label} call={redeliver(id, as)} />
          </span>
        ))}
      </div>
      <p class="muted small">
        A receiver that checks signatures refuses a forged delivery, and a late one; one that keeps ids acts once on a
        doubled one.
      </p>
      <ol class="attempts">
        {attempts.map((attempt, index) => (
          <li key={index}>
            <AttemptBox attempt={attempt} name={`request ${index + 1}`} latest={index === attempts.length - 1} />
          </li>
        ))}
      </ol>
    </div>
  );
}

function redeliver(id: string, as?: "forged" | "late" | "doubled") {
  return call("post", "/deliveries/{delivery_id}/redeliver", {
    path: { delivery_id: id },
    ...(as === undefined ? {} : { body: { as } }),
  });
}

function AttemptBox({ attempt, name, latest }: { attempt: KnownAttempt; name: string; latest: boolean }) {
  const { number, time, status, reason, retry_at: retryAt, fault, answer, headers, body } = attempt;
  return (
    <details class="attempt" open={latest}>
      <summary>
        Attempt {number} <Time value={time} milliseconds /> {status !== null && <HttpStatus value={status} />}{" "}
        {reason && status === null && <span class="bad-text">{reason}</span>}
        {fault && <span class="pill">{fault}</span>}
        {isToBeRefused(attempt) && reason === null && (
          <span class="warn-text"> The receiver accepted it, although it had to refuse it.</span>
        )}
      </summary>
      {retryAt !== null && (
        <p>
          Tried again <Age value={retryAt} />, at <Time value={retryAt} />.
        </p>
      )}
      {headers && headers.length > 0 && (
        <section aria-label={`Headers of ${name}`}>
          <h2>Headers as sent</h2>
          <dl class="headers">
            {headers.map(([name, value], index) => (
              <div key={index} class="header">
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      <h2>Body</h2>
      {body === undefined ? <p class="muted">Loading</p> : <Body text={body} label={`Body of ${name}`} />}
      {answer !== undefined && answer !== null && (
        <>
          <h2>Answer of the receiver</h2>
          {answer === "" ? <p class="muted">Empty</p> : <Body text={answer} label={`Answer to ${name}`} />}
        </>
      )}
    </details>
  );
}

function haystack({ id, latest, attempts }: Delivery): string {
  const statuses = attempts.map(({ status, reason }) => `${status ?? ""} ${reason ?? ""}`);
  return [id, latest.event, latest.url, latest.prediction_id, standing({ id, latest, attempts }), ...statuses]
    .join(" ")
    .toLowerCase();
}
