// Statuses of predictions and of responses, in words and colors.
const TONES: Record<string, string> = {
  succeeded: "good",
  failed: "bad",
  canceled: "ended",
  aborted: "ended",
  processing: "active",
  starting: "waiting",
};

/** The status of a prediction. */
export function Status({ value }: { value: string }) {
  return (
    <span class={`status ${TONES[value] ?? "ended"}`}>
      <span class="dot" aria-hidden="true" />
      {value}
    </span>
  );
}

/** The tone of an HTTP status: good, moved, refused or broken. */
function toneOf(status: number | null): string {
  if (status === null || status >= 500) return "bad";
  if (status >= 400) return "refused";
  return status >= 300 ? "ended" : "good";
}

/** The status of a response; null for a connection that was cut. */
export function HttpStatus({ value }: { value: number | null }) {
  return <span class={`http ${toneOf(value)}`}>{value ?? "cut"}</span>;
}

/** How far a prediction is. */
export function Progress({ value, label }: { value: number | null; label: string }) {
  return <progress aria-label={label} {...(value === null ? {} : { value })} max={1} />;
}
