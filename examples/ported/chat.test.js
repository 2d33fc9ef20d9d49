// Tests a language model that streams.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

import Replicate from "replicate";

import { answer, MODEL } from "./chat.js";

let server, url, replicate;

before(async () => {
  const options = ["--port", "0", "--speed", "1000", "--models", "../any_model/python/models"];
  server = spawn("zeroscope", ["mock", ...options], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface({ input: server.stdout }), "line");
  url = line.split(" ").at(-1);
  replicate = new Replicate({ auth: "any", baseUrl: `${url}/v1` });
});

after(() => server.kill());

async function script(values) {
  const headers = { "Content-Type": "application/json" };
  await fetch(`${url}/_mock/scripts`, { method: "POST", headers, body: JSON.stringify({ script: values }) });
}

test("the answer streams", async () => {
  await script({ model: MODEL, output: "The sea, and a lighthouse." });
  const pieces = [];

  await answer(replicate, "What do you see?", (text) => pieces.push(text));

  assert.equal(pieces.join(""), "The sea, and a lighthouse.");
  assert.ok(pieces.length > 1);
});

test("a failure of the model is an error", async () => {
  await assert.rejects(answer(replicate, "mock:fail out of words", () => {}), /out of words/);
});

test("a question that is no text is refused", async () => {
  await assert.rejects(answer(replicate, 7, () => {}), /input\.prompt: Invalid type\. Expected: string, given: integer/);
});
