// What to do when the server has seen nothing yet.
import { call, SERVER } from "../api";
import { useLoad } from "../load";
import { Command, Empty } from "./page";

interface Described {
  info?: { "x-replicate"?: { version?: string } };
}

/** A create that the server's own document admits. */
function createCommand(document: Described | undefined): string {
  const version = document?.info?.["x-replicate"]?.version ?? "OWNER/MODEL";
  return [
    `curl ${SERVER}/v1/predictions \\`,
    "  -H 'Authorization: Bearer mock-token' --json '{",
    `  "version": "${version}",`,
    `  "input": {"prompt": "An astronaut riding a horse"}`,
    "}'",
  ].join("\n");
}

export function FirstSteps({ title }: { title: string }) {
  const document = useLoad(call("get", "/spec.json"), []).value as Described | undefined;
  const lines = [
    ["export REPLICATE_API_TOKEN=mock-token", "# any token will do"],
    [`export REPLICATE_BASE_URL=${SERVER}`, "# replicate for Python"],
    [`export ZEROSCOPE_BASE_URL=${SERVER}/v1`, "# zeroscope"],
  ];
  const width = Math.max(...lines.map(([line = ""]) => line.length));
  const exports = lines.map(([line = "", comment]) => `${line.padEnd(width)}  ${comment}`).join("\n");
  const javascript = `const replicate = new Replicate({ baseUrl: "${SERVER}/v1" })`;
  return (
    <Empty title={title}>
      <p>Point your program at this server, which takes any token:</p>
      <Command text={exports} label="Copy lines" />
      <p>Replicate's client for JavaScript reads no variable:</p>
      <Command text={javascript} label="Copy line" />
      <p>Or make a prediction from a terminal. It appears on this page at once.</p>
      <Command text={createCommand(document)} label="Copy command" />
    </Empty>
  );
}
