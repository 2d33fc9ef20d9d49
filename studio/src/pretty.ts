// Indents JSON without changing a character of its values.
/** A token of JSON. */
export const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** JSON on lines of its own, with indents; null for a text that is no JSON. Numbers keep their digits, keys their order. */
export function pretty(text: string): string | null {
  const start = text.trimStart()[0];
  if (start !== "{" && start !== "[") return null;
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  let depth = 0;
  let opened = false;
  const out: string[] = [];
  const line = () => out.push("\n", "  ".repeat(depth));
  for (const token of text.match(TOKEN) ?? []) {
    const closes = token === "}" || token === "]";
    if (closes) depth -= 1;
    // Nothing between brackets stays on one line.
    if (opened !== closes) line();
    opened = false;
    out.push(token);
    if (token === "{" || token === "[") {
      depth += 1;
      opened = true;
    } else if (token === ",") {
      line();
    } else if (token === ":") {
      out.push(" ");
    }
  }
  return out.join("");
}

/** A text in chunks of whole lines, which a browser lays out only when they come into view. */
export function chunks(text: string, lines: number): string[] {
  const all: string[] = [];
  let start = 0;
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) {
    count += 1;
    if (count === lines) {
      all.push(text.slice(start, at + 1));
      start = at + 1;
      count = 0;
    }
  }
  all.push(text.slice(start));
  return all;
}
