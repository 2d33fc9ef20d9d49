// What to do when the server has seen nothing yet.
import { SERVER } from "../api";
import { useCreateCommand } from "./create_command";
import { Command, Empty } from "./page";

export function FirstSteps({ title }: { title: string }) {
  const create = useCreateCommand("mock-token", { prompt: "An astronaut riding a horse" });
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
      <Command text={create} label="Copy command" />
    </Empty>
  );
}
