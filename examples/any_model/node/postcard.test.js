// Tests of the postcards against the mock server: no token, no network, no bill.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, before, beforeEach, test } from "node:test";

import Replicate from "replicate";

import { draw, PAINTER, write, WRITER } from "./postcard.js";

let server, url, replicate;

before(async () => {
  // --inline-outputs makes files of outputs, which the official client needs https or data: for.
  const options = ["--port", "0", "--speed", "1000", "--inline-outputs", "--models", "models"];
  server = spawn("zeroscope", ["mock", ...options], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface({ input: server.stdout }), "line");
  url = line.split(" ").at(-1); // "listening on http://127.0.0.1:50321"
  replicate = new Replicate({ auth: "any", baseUrl: `${url}/v1` });
});

after(() => server.kill());

beforeEach(() => mock("reset"));

/** Call an operation that controls the server. */
async function mock(operation, values = {}) {
  const response = await fetch(`${url}/_mock/${operation}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(values),
  });
  assert.ok(response.ok, await response.text());
}

test("the greeting streams", async () => {
  await mock("scripts", { script: { model: WRITER, output: "Wish you were here!" } });
  const pieces = [];

  const text = await write(replicate, "Lisbon", (piece) => pieces.push(piece));

  assert.equal(text, "Wish you were here!");
  assert.ok(pieces.length > 1);
});

test("a model that fails raises its error", async () => {
  await mock("scripts", { script: { model: WRITER, outcome: "failed", error: "the model is out of words" } });

  await assert.rejects(write(replicate, "Lisbon"), /out of words/);
});

test("the picture is a PNG of the size that the program asks for", async () => {
  const picture = Buffer.from(await draw(replicate, "Lisbon"));

  assert.equal(picture.toString("latin1", 1, 4), "PNG");
  assert.deepEqual([picture.readUInt32BE(16), picture.readUInt32BE(20)], [1344, 768]);
});

test("an input is checked by the model's schema", async () => {
  const input = { prompt: "Lisbon", num_outputs: 9 };

  await assert.rejects(replicate.run(PAINTER, { input }), /input\.num_outputs: Must be less than or equal to 4/);
});
