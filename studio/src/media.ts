// What inputs and outputs are: media that the page may show, or texts.
import { ROOT } from "./api";
import type { RunSummary } from "./control";

export type OutputFile = RunSummary["files"][number];
type MediaKind = "video" | "image" | "sound" | "file";

/** How a file is shown. */
export function kindOf(file: OutputFile): MediaKind {
  const type = file.content_type;
  if (type.startsWith("video/")) return "video";
  if (type.startsWith("image/")) return "image";
  return type.startsWith("audio/") ? "sound" : "file";
}

/** The address of a file at the server's own origin, by which watching it leaves no trace in the journal. */
export function sourceOf(file: OutputFile): string {
  return `${ROOT}/${file.path}`;
}

/** A text as an address that may be followed; null for anything but http and https. */
export function safeLink(text: string): string | null {
  try {
    const { protocol } = new URL(text);
    return protocol === "http:" || protocol === "https:" ? text : null;
  } catch {
    return null;
  }
}

/** Whether an output is one text, whole or in pieces: then the text. */
export function textOf(run: RunSummary): string | null {
  const { output, files } = run;
  if (files.length > 0) return null;
  if (typeof output === "string") return output;
  if (Array.isArray(output) && output.length > 0 && output.every((piece) => typeof piece === "string")) {
    return output.join(run.stream ? "" : "\n");
  }
  return null;
}

const MAIN_FIELDS = ["prompt", "text", "input", "query", "question"];

/** The field of an input that says what it is about; null if none does. */
export function mainField(input: Record<string, unknown>): string | null {
  const named = MAIN_FIELDS.find((name) => typeof input[name] === "string");
  if (named !== undefined) return named;
  const texts = Object.entries(input).filter(
    ([, value]) => typeof value === "string" && !/^(data|https?):/.test(value),
  );
  return texts[0]?.[0] ?? null;
}

const SHORT = 120;

/** A value of an input on one line; data URIs by their type and length. */
export function brief(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  const uri = /^data:([^;,]*)/.exec(text);
  if (uri && text.length > 64) return `data:${uri[1]} (${text.length.toLocaleString()} characters)`;
  return text.length > SHORT ? `${text.slice(0, SHORT)}…` : text;
}

/** Whether a status is an end. */
export function isOver(run: { status: string }): boolean {
  return run.status !== "starting" && run.status !== "processing";
}
