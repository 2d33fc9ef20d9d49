// The limits in force: rates of requests, and whether credit is left.
import { useState } from "preact/hooks";
import { call } from "../api";
import { CallForm } from "../components/forms/call_form";
import { useDocument } from "../components/forms/document";
import { bodySchema, type Document, type FormField, formFields, namedSchema } from "../components/forms/schema";
import { writeFields } from "../components/forms/values";
import { Panel } from "../components/page";
import type { Limits as LimitsInForce, Rate, Rates } from "../control";
import { useLoad } from "../load";

const NONE = "none";
const OWN = "own";
const NAMED = [
  ["creates", "Creates"],
  ["reads", "Reads"],
  ["others", "Other calls"],
] as const;

type NewLimits = { rates?: "live" | "low-credit" | Rates | null; out_of_credit?: boolean };

/** The panel of the limits. */
export function Limits() {
  const { value } = useLoad(call("get", "/limits"), ["limits", "state"]);
  const document = useDocument();
  return (
    <Panel title="Limits">
      {value && <InForce limits={value} />}
      {value && document && (
        <details class="add">
          <summary>Set limits</summary>
          <SetLimits document={document} limits={value} />
        </details>
      )}
    </Panel>
  );
}

function InForce({ limits: { rates, out_of_credit: outOfCredit } }: { limits: LimitsInForce }) {
  return (
    <dl class="facts">
      {rates === null ? (
        <div>
          <dt>Rates</dt>
          <dd>none: no request is refused for its rate</dd>
        </div>
      ) : (
        NAMED.map(([name, title]) => (
          <div key={name}>
            <dt>{title}</dt>
            <dd>{rateWords(rates[name])}</dd>
          </div>
        ))
      )}
      <div>
        <dt>Credit</dt>
        <dd class={outOfCredit ? "bad-text" : undefined}>{outOfCredit ? "none left: creates get 402" : "enough"}</dd>
      </div>
    </dl>
  );
}

function rateWords(rate: Rate | undefined): string {
  if (!rate) return "as at the service";
  const { requests, seconds = 60, burst } = rate;
  const period = seconds === 60 ? "a minute" : seconds === 1 ? "a second" : `in ${seconds} s`;
  return `${requests.toLocaleString("en-US")} ${period}${burst == null ? "" : `, ${burst} at once`}`;
}

function SetLimits({ document, limits }: { document: Document; limits: LimitsInForce }) {
  const described = formFields(document, bodySchema(document, "/limits", "put"));
  const named = described.find(({ name }) => name === "rates")?.options.map(String) ?? [];
  const [mode, setMode] = useState(limits.rates ? OWN : NONE);
  const fields = described.flatMap((field): FormField[] => {
    if (field.name !== "rates") return [field];
    const rates = namedSchema(document, "Rates");
    const { description = "" } = rates;
    const own: FormField = { ...field, kind: "group", description, fields: formFields(document, rates) };
    return mode === OWN ? [own] : [];
  });
  const current = { rates: limits.rates, out_of_credit: limits.out_of_credit };
  return (
    <>
      <fieldset class="segments">
        <legend class="unseen">Rates</legend>
        {[NONE, ...named, OWN].map((name) => (
          <label key={name}>
            <input type="radio" name="rates" checked={name === mode} onChange={() => setMode(name)} />
            <span>{name}</span>
          </label>
        ))}
      </fieldset>
      <CallForm
        key={mode}
        label="Set limits"
        fields={fields}
        submit="Set limits"
        initial={writeFields(fields, current)}
        keep
        toCall={({ rates = mode === NONE ? null : mode === OWN ? {} : mode, ...rest }) =>
          call("put", "/limits", { body: { rates, ...rest } as NewLimits })
        }
        onDone={() => "The limits are in force."}
      />
    </>
  );
}
