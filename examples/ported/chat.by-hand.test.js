// The same tests with a fake made by hand with nock.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import nock from "nock";
import Replicate from "replicate";

import { answer, MODEL } from "./chat.js";

const API = "https://api.replicate.com";
const STREAMS = "https://stream.replicate.com";
const ID = "gm3qorzdhgbfurvjtvhg6dckhu";
const replicate = new Replicate({ auth: "any" });

afterEach(() => nock.cleanAll());

function serve(status, body) {
  nock(API).post(`/v1/models/${MODEL}/predictions`).reply(status, body);
}

function serveStream(events) {
  serve(201, {
    id: ID,
    model: MODEL,
    version: "hidden",
    status: "starting",
    input: { prompt: "What do you see?", max_tokens: 64 },
    output: null,
    logs: "",
    error: null,
    created_at: "2026-01-01T00:00:00.000Z",
    urls: {
      get: `${API}/v1/predictions/${ID}`,
      cancel: `${API}/v1/predictions/${ID}/cancel`,
      stream: `${STREAMS}/v1/files/${ID}`,
    },
  });
  const lines = events.map(([event, data], number) => `event: ${event}\nid: ${number}\ndata: ${data}\n\n`);
  nock(STREAMS)
    .get(`/v1/files/${ID}`)
    .reply(200, lines.join(""), { "Content-Type": "text/event-stream" });
}

test("the answer streams", async () => {
  serveStream([
    ["output", "The sea,"],
    ["output", " and a"],
    ["output", " lighthouse."],
    ["done", "{}"],
  ]);
  const pieces = [];

  await answer(replicate, "What do you see?", (text) => pieces.push(text));

  assert.equal(pieces.join(""), "The sea, and a lighthouse.");
  assert.ok(pieces.length > 1);
});

test("a failure of the model is an error", async () => {
  serveStream([
    ["error", "out of words"],
    ["done", '{"reason": "error"}'],
  ]);

  await assert.rejects(answer(replicate, "What do you see?", () => {}), /out of words/);
});

test("a question that is no text is refused", async () => {
  serve(422, {
    title: "Input validation failed",
    detail: "- input.prompt: Invalid type. Expected: string, given: integer\n",
    status: 422,
    invalid_fields: [
      {
        type: "invalid_type",
        field: "input.prompt",
        description: "Invalid type. Expected: string, given: integer",
      },
    ],
  });

  await assert.rejects(answer(replicate, 7, () => {}), /input\.prompt: Invalid type\. Expected: string, given: integer/);
});
