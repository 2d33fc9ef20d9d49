// Tests of indented JSON and of the snippets.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exchange } from "../src/control";
import { quote } from "../src/curl";
import { safeLink } from "../src/media";
import { chunks, pretty } from "../src/pretty";
import { asCurl, asHttpx, asPytest, python } from "../src/snippets";

test("JSON is indented, and its values stay as they are", () => {
  const text = '{"a":1.0,"b":[],"c":{},"d":[1,{"e":"{,}\\"[:"}],"big":12345678901234567890,"a":2}';
  const shown = pretty(text) ?? "";
  assert.equal(shown.replace(/\n\s*/g, "").replaceAll('": ', '":'), text);
  assert.match(shown, /"b": \[\],\n/);
  assert.match(shown, /"big": 12345678901234567890,\n/);
});

for (const text of ["", "plain", '"text"', "12", '{"a":', "[1, 2"]) {
  test(`${JSON.stringify(text)} is shown as it is`, () => assert.equal(pretty(text), null));
}

test("chunks of lines make up the text", () => {
  const text = Array.from({ length: 1050 }, (_, index) => `line ${index}`).join("\n");
  const parts = chunks(text, 100);
  assert.equal(parts.length, 11);
  assert.equal(parts.join(""), text);
});

test("only http and https are followed", () => {
  assert.equal(safeLink("https://example.com/a.mp4"), "https://example.com/a.mp4");
  for (const text of ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "/a", "", " vbscript:x"]) {
    assert.equal(safeLink(text), null, text);
  }
});

test("texts are quoted for a shell", () => {
  assert.equal(quote("/v1/predictions"), "/v1/predictions");
  assert.equal(quote("it's $HOME"), "'it'\\''s $HOME'");
});

test("values are written as Python", () => {
  assert.equal(
    python({ a: [true, false, null, 1.5], 'b"': "x\u2028\u007f" }),
    '{"a": [True, False, None, 1.5], "b\\"": "x\\u2028\\u007f"}',
  );
});

const CREATE: Exchange = {
  time: 0,
  method: "POST",
  path: "/v1/predictions",
  operation: "createPrediction",
  status: 422,
  request_body: '{"version": "v", "input": {"width": 100}}',
  response_body: "{}",
  tenant: "t",
  fault: null,
  note: null,
  request_headers: [
    ["host", "127.0.0.1:8000"],
    ["authorization", "Bearer [token]"],
    ["content-type", "application/json"],
    ["content-length", "40"],
  ],
};

test("a request is copied as curl, without its token", () => {
  assert.equal(
    asCurl(CREATE),
    [
      "curl http://127.0.0.1:8000/v1/predictions",
      '-H "Authorization: Bearer $REPLICATE_API_TOKEN"',
      "-H 'content-type: application/json'",
      `--data-raw '{"version": "v", "input": {"width": 100}}'`,
    ].join(" \\\n  "),
  );
});

test("a request is copied as httpx", () => {
  const text = asHttpx(CREATE);
  assert.match(text, /^import os\n\nimport httpx\n\nresponse = httpx\.request\(\n/);
  assert.match(text, /"authorization": f"Bearer \{os\.environ\['REPLICATE_API_TOKEN'\]\}"/);
  assert.match(text, /json=\{"version": "v", "input": \{"width": 100\}\}/);
});

test("numbers and keys are copied as they were sent", () => {
  const body =
    '{"seed": 12345678901234567890, "scale": 1.0, "small": 1E-9, "none": [], "2": -1, "1": {}, "__proto__": 1}';
  const text = asHttpx({ ...CREATE, request_body: body });
  const written = /json=(.*),\n\)/s.exec(text)?.[1] ?? "";
  assert.equal(written.replace(/\s/g, "").replace(",}", "}"), body.replace(/\s/g, ""));
});

test("a number that Python cannot hold is copied as text", () => {
  const text = asHttpx({ ...CREATE, request_body: '{"input": {"scale": [1e400]}}' });
  assert.match(text, /content="\{\\"input\\": \{\\"scale\\": \[1e400\]\}\}"/);
  assert.match(text, /"content-type": "application\/json"/);
});

test("a method is quoted for a shell", () => {
  assert.match(asCurl({ ...CREATE, method: "A$(id)" }), /-X 'A\$\(id\)'/);
});

test("a refusal is copied as a test that expects it", () => {
  const text = asPytest(CREATE, null);
  assert.match(text, /def test_create_prediction__answers_422\(zeroscope_mock, zeroscope_mock_url\):/);
  assert.match(text, /assert response\.status_code == 422/);
  assert.match(text, /zeroscope_mock\.verify\("createPrediction", times=1, status=422, input=\{"width": 100\}\)/);
});

test("a read is copied as a test that makes its own prediction", () => {
  const read = {
    ...CREATE,
    method: "GET",
    operation: "getPrediction",
    path: "/v1/predictions/abc",
    status: 200,
    prediction: "abc",
    request_body: "",
  };
  const text = asPytest(read, { version: "v", input: { prompt: "x" } });
  assert.match(text, /created = httpx\.post\(/);
  assert.match(text, /f"\{zeroscope_mock_url\}\/v1\/predictions\/\{created\['id'\]\}"/);
  assert.match(text, /assert response\.is_success/);
});
