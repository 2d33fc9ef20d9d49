// The server's clock: what it says, whether it stands still, and what moves it.
import { useEffect, useRef } from "preact/hooks";
import { call } from "../api";
import { clock, day, duration, notice, readClock, ticking, timeOfDay, utc } from "../clock";
import { Action } from "../components/action";
import { CallForm } from "../components/forms/call_form";
import { useDocument } from "../components/forms/document";
import { bodySchema, type FormField, formFields } from "../components/forms/schema";
import { Page, Panel } from "../components/page";
import { Time } from "../components/time";
import type { NextEvent } from "../control";
import { revision } from "../live";
import { link } from "../router";

const FIRST_ADVANCE = "10m";

type Reading = NonNullable<typeof clock.value>;

/** The view of the clock. */
export function ClockView() {
  const reading = clock.value;
  useFreshNext();
  if (!reading) return <Page title="Clock">{null}</Page>;
  return (
    <Page title="Clock" note={reading.kind === "real" ? "a real clock" : "a virtual clock"}>
      <div class="columns">
        <Face reading={reading} />
        <div class="stack">
          <Panel title="Move it on">
            <Next reading={reading} />
            <Advance />
          </Panel>
          <Panel title="Speed of predictions">
            <Speed speed={reading.speed} />
          </Panel>
        </div>
      </div>
    </Page>
  );
}

/** Reads again what is next on a clock that runs: once a second at most, when it has happened or a request came in. */
function useFreshNext(): void {
  const requests = useRef(0);
  const time = ticking.value;
  useEffect(() => {
    const { stands_still: still = true, next_event: event = null } = clock.peek() ?? {};
    const count = revision("exchanges").peek();
    if (!still && (count !== requests.current || (event !== null && event.time <= time))) readClock();
    requests.current = count;
  }, [time]);
}

function Face({ reading }: { reading: Reading }) {
  const time = ticking.value;
  return (
    <section class="panel clock-face" aria-label="Time">
      <p class={reading.stands_still ? "clock-digits still" : "clock-digits"}>
        <time dateTime={new Date(time * 1000).toISOString()}>{timeOfDay(time)}</time>
      </p>
      <p>{day(time)}</p>
      <p class="muted mono">{utc(time)}</p>
      <p class="clock-words">{words(reading)}</p>
      {notice.value && reading.stands_still && (
        <p class="clock-warning">
          <strong>A client polls while the clock stands still.</strong> The server tells it: {notice.value.text}
        </p>
      )}
      <div class="buttons">
        <Action label="Freeze" call={call("post", "/clock/freeze")} onDone={readClock} disabled={reading.frozen} />
        <Action label="Run" call={call("post", "/clock/run")} onDone={readClock} disabled={!reading.frozen} />
      </div>
    </section>
  );
}

function words(reading: Reading): string {
  if (reading.frozen) return "It is frozen: only an advance moves it, until it runs again.";
  if (reading.kind === "real") return "It runs by itself, as the machine's does. An advance takes it further.";
  return reading.stands_still
    ? "It stands still until it is advanced, or until a client in the server's process sleeps on it."
    : "It moves as clients in the server's process sleep on it.";
}

function Next({ reading }: { reading: Reading }) {
  const event = reading.next_event ?? null;
  return (
    <div class="clock-next">
      <Action
        label="Next event"
        kind="primary"
        call={call("post", "/clock/next")}
        onDone={readClock}
        disabled={event === null}
      />
      {event === null ? (
        <p class="muted">Nothing is due: no prediction is under way, and no webhook waits.</p>
      ) : (
        <p>
          <EventWords event={event} /> <strong>in {duration(Math.max(0, event.time - ticking.value))}</strong>, at{" "}
          <Time value={event.time} milliseconds />
        </p>
      )}
    </div>
  );
}

/** What happens, with the id of the prediction as a link to it. */
function EventWords({ event: { text, prediction } }: { event: NextEvent }) {
  const [before = "", ...after] = text.split(prediction);
  return (
    <>
      {before.charAt(0).toUpperCase() + before.slice(1)}
      {after.length > 0 && <a href={link("predictions", prediction)}>{prediction}</a>}
      {after.join(prediction)}
    </>
  );
}

function Advance() {
  const document = useDocument();
  if (!document) return null;
  const fields = formFields(document, bodySchema(document, "/clock/advance", "post"));
  const seconds = fields.map(
    (field): FormField => ({
      ...field,
      kind: "duration",
      required: false,
      description: "How far, in seconds, or as a duration such as `10m`, `1h 30m` or `2d`.",
      bounds: "",
    }),
  );
  return (
    <CallForm
      label="Advance the clock"
      fields={seconds}
      submit="Advance"
      initial={{ seconds: FIRST_ADVANCE }}
      keep
      toCall={(values) => call("post", "/clock/advance", { body: values as { seconds: number } })}
      onDone={(read) => {
        readClock();
        return `It is ${timeOfDay(read.time)} now.`;
      }}
    />
  );
}

function Speed({ speed }: { speed: number }) {
  const document = useDocument();
  return (
    <>
      <p>
        Predictions created from now on start and run{" "}
        <strong>{speed === 1 ? "as fast as" : `${speed} times as fast as`}</strong> at the service. The clock itself is
        not faster.
      </p>
      {document && (
        <CallForm
          label="Set the speed"
          fields={formFields(document, bodySchema(document, "/clock/speed", "put"))}
          submit="Set speed"
          initial={{ speed: String(speed) }}
          keep
          toCall={(values) => call("put", "/clock/speed", { body: values as { speed: number } })}
          onDone={(read) => {
            readClock();
            return `The speed is ${read.speed} now.`;
          }}
        />
      )}
    </>
  );
}
