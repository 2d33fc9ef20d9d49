// JSON values read from the texts of a form, and the other way around.

import { readDuration } from "../durations";
import type { FormField } from "./schema";

/** The texts of a form by the paths of their fields, such as `creates.requests`. */
export type Texts = Readonly<Record<string, string>>;

/** The values of a form, or what is wrong with their texts. */
export interface Reading {
  values: Record<string, unknown>;
  /** What is wrong, by the path of the field. */
  errors: Record<string, string>;
}

/** Reads the values of some fields; a field without text is left out. */
export function readFields(fields: FormField[], texts: Texts, prefix = ""): Reading {
  const reading: Reading = { values: {}, errors: {} };
  for (const field of fields) {
    const path = prefix + field.name;
    if (field.kind === "group") {
      const inner = readFields(field.fields, texts, `${path}.`);
      Object.assign(reading.errors, inner.errors);
      if (Object.keys(inner.values).length > 0) reading.values[field.name] = inner.values;
      continue;
    }
    const text = texts[path] ?? "";
    if (text.trim() === "") continue;
    try {
      reading.values[field.name] = readField(field, text);
    } catch (error) {
      reading.errors[path] = error instanceof Error ? error.message : String(error);
    }
  }
  return reading;
}

/** Reads JSON, with the parser's own words about what is wrong. */
function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Writes values as the texts of a form. */
export function writeFields(fields: FormField[], values: Record<string, unknown>, prefix = ""): Texts {
  const texts: Record<string, string> = {};
  for (const field of fields) {
    const value = values[field.name];
    if (value === undefined || value === null) continue;
    if (field.kind === "group" && typeof value === "object") {
      Object.assign(texts, writeFields(field.fields, value as Record<string, unknown>, `${prefix}${field.name}.`));
    } else {
      texts[prefix + field.name] = writeField(field, value);
    }
  }
  return texts;
}

function readField(field: FormField, text: string): unknown {
  switch (field.kind) {
    case "choice":
      return field.options.find((option) => String(option) === text) ?? text;
    case "choices":
      return split(text, ",");
    case "number":
      return scalar(text, true);
    case "duration": {
      const seconds = readDuration(text);
      if (seconds === undefined) throw new Error("Write seconds, or a duration such as 10m or 1h 30m.");
      return seconds;
    }
    case "list": {
      const items = split(text, ",").map((item) => scalar(item, field.numeric));
      return items.length === 1 ? items[0] : items;
    }
    case "lines":
      return split(text, "\n", false).map((line) => (line.trimStart().startsWith("{") ? readJson(line) : line));
    case "object":
      return readJson(text);
    case "any":
      return lenient(text);
    default:
      return text.trim();
  }
}

function writeField(field: FormField, value: unknown): string {
  if (field.kind === "lines" && Array.isArray(value)) {
    return value.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n");
  }
  if ((field.kind === "list" || field.kind === "choices") && Array.isArray(value)) return value.join(", ");
  if (typeof value === "object") return JSON.stringify(value, null, 2);
  return String(value);
}

/** A text as a number or a truth value where it is one; the server refuses all others by name. */
function scalar(text: string, numeric: boolean): unknown {
  const trimmed = text.trim();
  if (!numeric) return trimmed;
  if (trimmed === "null") return null;
  if (trimmed === "true" || trimmed === "false") return trimmed === "true";
  const number = Number(trimmed);
  return Number.isFinite(number) ? number : trimmed;
}

function lenient(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function split(text: string, separator: string, trimmed = true): string[] {
  const parts = text.split(separator).map((part) => (trimmed ? part.trim() : part.replace(/\r$/, "")));
  return parts.filter((part) => part.trim() !== "");
}
