// A body or another long text, in full: JSON indented, anything else as it is.
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { chunks, pretty } from "../pretty";

const CHUNK_LINES = 100;
// Colors cost some nodes for each line; a text beyond this is shown without.
const COLORED_CHARACTERS = 60_000;
const LINE = /^(\s*)("(?:[^"\\]|\\.)*")(: )?(.*)$/;
const LITERAL = /^(\s*)(-?\d[^,]*|true|false|null)(,?)$/;

function colored(line: string): ComponentChildren {
  const [, indent, text, colon, rest = ""] = LINE.exec(line) ?? [];
  if (text !== undefined && colon) {
    return (
      <>
        {indent}
        <span class="key">{text}</span>
        {colon}
        {colored(rest)}
      </>
    );
  }
  const [, space, literal, comma] = LITERAL.exec(line) ?? [];
  if (literal === undefined) return line;
  return (
    <>
      {space}
      <span class="literal">{literal}</span>
      {comma}
    </>
  );
}

export function Body({ text, label }: { text: string; label: string }) {
  const parts = useMemo(() => {
    const indented = pretty(text);
    const shown = indented ?? text;
    const withColors = indented !== null && shown.length <= COLORED_CHARACTERS;
    return chunks(shown, CHUNK_LINES).map((chunk) =>
      withColors ? chunk.split("\n").map((line, index) => (index > 0 ? ["\n", colored(line)] : colored(line))) : chunk,
    );
  }, [text]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reached with the keyboard
    <section class="body" tabIndex={0} aria-label={label}>
      <pre>
        {parts.map((part, index) => (
          <span class="chunk" key={index}>
            {part}
          </span>
        ))}
      </pre>
    </section>
  );
}
