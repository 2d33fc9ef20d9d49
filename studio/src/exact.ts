// Reads JSON without changing its numbers, its keys or their order.
import { TOKEN } from "./pretty";

/** A number with the digits in which it was sent. */
export class Digits {
  constructor(readonly text: string) {}
}

/**
 * Read JSON: objects as maps, numbers as their digits.
 *
 * @throws {SyntaxError} If the text is no JSON.
 */
export function parseExactly(text: string): unknown {
  JSON.parse(text);
  const tokens = text.match(TOKEN) ?? [];
  let at = 0;
  const value = (): unknown => {
    const token = tokens[at++] ?? "";
    if (token === "[") {
      const items: unknown[] = [];
      for (; tokens[at] !== "]"; at += Number(tokens[at] === ",")) items.push(value());
      at += 1;
      return items;
    }
    if (token === "{") {
      const members = new Map<string, unknown>();
      for (; tokens[at] !== "}"; at += Number(tokens[at] === ",")) {
        const key = JSON.parse(tokens[at] ?? "");
        // Past the colon.
        at += 2;
        members.set(key, value());
      }
      at += 1;
      return members;
    }
    return /^[-\d]/.test(token) ? new Digits(token) : JSON.parse(token);
  };
  return value();
}
