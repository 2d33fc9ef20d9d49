// A command that creates a prediction, as the server's own document describes it.
import { call, SERVER } from "../api";
import { useLoad } from "../load";

interface Described {
  info?: { "x-replicate"?: { version?: string } };
}

/** The command; `token` as the shell reads it between double quotes, `fields` as further fields of the body. */
export function useCreateCommand(token: string, input: Record<string, string>, fields: Record<string, unknown> = {}) {
  const described = useLoad(call("get", "/spec.json"), []).value as Described | undefined;
  const version = described?.info?.["x-replicate"]?.version ?? "OWNER/MODEL";
  const lines = Object.entries({ version, input, ...fields }).map(
    ([name, value]) => `  ${JSON.stringify(name)}: ${spaced(value)}`,
  );
  return [
    `curl ${SERVER}/v1/predictions \\`,
    `  -H "Authorization: Bearer ${token}" --json '{`,
    lines.join(",\n"),
    "}'",
  ].join("\n");
}

const spaced = (value: unknown) => JSON.stringify(value).replaceAll('":"', '": "').replaceAll('","', '", "');
