// A row of the table of exchanges.
import { memo } from "preact/compat";
import { duration } from "../clock";
import type { ExchangeSummary } from "../control";
import { link } from "../router";
import { HttpStatus, Status } from "./status";
import { Time } from "./time";

const COLUMNS = ["Time", "Status", "Method", "Path", "Operation", "What", "Took", "Tenant", "Fault"] as const;

export function ExchangeHead() {
  return (
    <thead>
      <tr>
        {COLUMNS.map((name) => (
          <th key={name} scope="col" class={`c-${name.toLowerCase()}`}>
            {name}
          </th>
        ))}
      </tr>
    </thead>
  );
}

function What({ exchange }: { exchange: ExchangeSummary }) {
  const { reason, prompt, prediction, status_after: after, operation, note } = exchange;
  if (reason) return <span class="error-text">{reason}</span>;
  if (prompt) return <>{prompt}</>;
  if (prediction) {
    return (
      <>
        {after && <Status value={after} />} <code>{prediction}</code>
      </>
    );
  }
  return <span class="muted">{note ?? (operation === null ? "unknown operation" : "")}</span>;
}

interface Props {
  exchange: ExchangeSummary;
  /** Whether the Tab key stops here. */
  stop: boolean;
  index: number;
  /** The filter, which the view of the exchange keeps. */
  q?: string;
}

export const ExchangeRow = memo(function ExchangeRow({ exchange, stop, index, q = "" }: Props) {
  const { number, time, method, path, operation, status, duration: took, tenant, fault } = exchange;
  return (
    <tr class="exchange-row" aria-rowindex={index + 2}>
      <td class="c-time">
        <a href={link("exchanges", number, { q })} data-number={number} tabIndex={stop ? 0 : -1}>
          <Time value={time} milliseconds />
          <span class="unseen">
            {" "}
            exchange {number}, {method} {path}
          </span>
        </a>
      </td>
      <td class="c-status">
        <HttpStatus value={status} />
      </td>
      <td class="c-method">{method}</td>
      <td class="c-path" title={path}>
        {path}
      </td>
      <td class="c-operation">{operation ?? "–"}</td>
      <td class="c-what">
        <What exchange={exchange} />
      </td>
      <td class="c-took">{duration(took)}</td>
      <td class="c-tenant" title={tenant ?? ""}>
        {tenant?.slice(0, 8) ?? "–"}
      </td>
      <td class="c-fault">{fault && <span class="tag fault">{fault}</span>}</td>
    </tr>
  );
});
