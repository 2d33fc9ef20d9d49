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
    "  -H 'Authorization: Bearer any-token' --json '{",
    `  "version": "${version}",`,
    `  "input": {"prompt": "An astronaut riding a horse"}`,
    "}'",
  ].join("\n");
}

export function FirstSteps({ title }: { title: string }) {
  const document = useLoad(call("get", "/spec.json"), []).value as Described | undefined;
  const exports = [
    "export REPLICATE_API_TOKEN=any-token",
    `export REPLICATE_BASE_URL=${SERVER}`,
    `export ZEROSCOPE_BASE_URL=${SERVER}/v1`,
  ].join("\n");
  return (
    <Empty title={title}>
      <p>
        Point your program at this server, which takes any token. The second line is for Replicate's own clients, the
        third for zeroscope.
      </p>
      <Command text={exports} label="Copy lines" />
      <p>Or make a prediction from a terminal. It appears on this page at once.</p>
      <Command text={createCommand(document)} label="Copy command" />
    </Empty>
  );
}
