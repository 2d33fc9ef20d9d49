// Durations as people write them, such as `90`, `10m` or `1h 30m`.

const SECONDS: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86400 };
const PART = /^(\d+(?:\.\d+)?|\.\d+)\s*(ms|s|m|h|d)?\s*/;

/** Reads a duration in seconds; undefined if the text is none. */
export function readDuration(text: string): number | undefined {
  let rest = text.trim().toLowerCase();
  if (rest === "") return undefined;
  let seconds = 0;
  for (let first = true; rest !== ""; first = false) {
    const part = PART.exec(rest);
    // A number without a unit is in seconds, and stands alone: `1h 30` is not plain.
    if (!part || (part[2] === undefined && !(first && part[0].length === rest.length))) return undefined;
    seconds += Number(part[1]) * (SECONDS[part[2] ?? "s"] ?? 1);
    rest = rest.slice(part[0].length);
  }
  return Math.round(seconds * 1e6) / 1e6;
}
