// Shell commands for calls of the control API.
import { type Call, ROOT } from "./api";

/** Quote a text for a POSIX shell, if it needs quotes. */
export function quote(text: string): string {
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The command that makes a call. */
export function curlOf(one: Call): string {
  const parts = ["curl"];
  const implied = one.body === undefined ? "GET" : "POST";
  if (one.method !== implied) parts.push("-X", one.method);
  parts.push(quote(ROOT + one.path));
  if (one.body !== undefined)
    parts.push("--json", quote(typeof one.body === "string" ? one.body : JSON.stringify(one.body)));
  return parts.join(" ");
}
