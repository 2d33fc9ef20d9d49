// The errors of a refused call, told apart by the fields of a form.

import type { Problem } from "../../control";

/** What is wrong with a call: at its fields, and as a whole. */
export interface FieldProblems {
  fields: Readonly<Record<string, string>>;
  general: readonly string[];
}

export const NO_PROBLEMS: FieldProblems = { fields: {}, general: [] };

/**
 * Assigns each error of a problem to the field that it names, or to the nearest one around it.
 *
 * @param paths - The paths of the form's fields.
 * @param prefix - What the server puts before these paths, such as `script.`
 */
export function fieldProblems(problem: Partial<Problem>, paths: readonly string[], prefix = ""): FieldProblems {
  const fields: Record<string, string> = {};
  const general: string[] = [];
  for (const { field, description: words } of problem.invalid_fields ?? []) {
    // Some errors of a script name the whole script, and the field in their words.
    const inner = field === prefix.slice(0, -1) && words.startsWith(prefix) ? words.indexOf(": ") : -1;
    const described = inner > 0 ? words.slice(0, inner) : field;
    const description = inner > 0 ? words.slice(inner + 2) : words;
    const path = described.startsWith(prefix)
      ? described.slice(prefix.length)
      : described === prefix.slice(0, -1)
        ? ""
        : described;
    const known = nearest(path, paths);
    if (known === undefined) general.push(path === "" ? description : `${path}: ${description}`);
    else fields[known] = fields[known] ? `${fields[known]} ${description}` : description;
  }
  if (!problem.invalid_fields?.length && problem.detail) general.push(problem.detail);
  return { fields, general };
}

function nearest(path: string, paths: readonly string[]): string | undefined {
  for (let part = path; part !== ""; part = part.slice(0, Math.max(0, part.lastIndexOf(".")))) {
    if (paths.includes(part)) return part;
  }
  return undefined;
}
