// Copies a text to the clipboard.
import { useEffect, useState } from "preact/hooks";
import { Icon } from "./icons";

/** Write to the clipboard; where a page may not (plain HTTP from another machine), through a selection. */
async function write(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

interface Props {
  /** The text, or what makes it. */
  text: string | (() => string);
  label: string;
  /** Show the icon alone. */
  small?: boolean;
  onCopy?: () => void;
}

export function Copy({ text, label, small = false, onCopy }: Props) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return undefined;
    const timer = window.setTimeout(() => setDone(false), 1500);
    return () => window.clearTimeout(timer);
  }, [done]);
  const copy = () => {
    onCopy?.();
    write(typeof text === "string" ? text : text()).then(() => setDone(true));
  };
  return (
    <button type="button" class={small ? "quiet icon-button" : "quiet"} aria-label={label} title={label} onClick={copy}>
      <Icon name={done ? "done" : "copy"} size={14} />
      {!small && <span>{label}</span>}
      <span class="unseen" role="status">
        {done ? "Copied" : ""}
      </span>
    </button>
  );
}
