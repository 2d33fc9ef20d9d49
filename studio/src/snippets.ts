// One exchange as a program that sends the request again: curl, httpx, pytest.
import { SERVER } from "./api";
import type { Exchange } from "./control";
import { quote } from "./curl";

/** Which create made the prediction that a request is about, so that a test can make its own. */
export interface Source {
  version: string;
  input: Record<string, unknown>;
}

// Set by the client that sends the request again, or of no meaning to another connection.
const OWN = new Set([
  "host",
  "content-length",
  "connection",
  "accept-encoding",
  "user-agent",
  "accept",
  "transfer-encoding",
]);
const BINARY = /^\[\d+ bytes of /;
const FORM_FIELD = /name="([^"]*)"(; filename="[^"]*")?/g;

/** Headers as pairs of a name in lower case and a value. */
export const pairs = (headers: string[][] | undefined): [string, string][] =>
  (headers ?? []).map(([name = "", value = ""]) => [name.toLowerCase(), value]);

const headersOf = (exchange: Exchange) =>
  pairs(exchange.request_headers).filter(([name]) => !OWN.has(name) && !name.startsWith("sec-"));
const isSecret = (name: string) => name === "authorization";
const typeOf = (exchange: Exchange) =>
  pairs(exchange.request_headers).find(([name]) => name === "content-type")?.[1] ?? "";

function formOf(exchange: Exchange): { name: string; file: boolean }[] | null {
  if (!typeOf(exchange).startsWith("multipart/form-data")) return null;
  return [...exchange.request_body.matchAll(FORM_FIELD)].map(([, name = "", file]) => ({ name, file: Boolean(file) }));
}

/** The exchange's request as a curl command. */
export function asCurl(exchange: Exchange): string {
  const { method, path, request_body: body } = exchange;
  const form = formOf(exchange);
  const lines = [`curl ${quote(SERVER + path)}`];
  if (method !== (body === "" ? "GET" : "POST")) lines.push(`-X ${method}`);
  for (const [name, value] of headersOf(exchange)) {
    if (form && name === "content-type") continue;
    lines.push(isSecret(name) ? '-H "Authorization: Bearer $REPLICATE_API_TOKEN"' : `-H ${quote(`${name}: ${value}`)}`);
  }
  if (form) for (const { name, file } of form) lines.push(`-F ${quote(`${name}=${file ? "@FILE" : "VALUE"}`)}`);
  else if (BINARY.test(body)) lines.push("--data-binary @FILE");
  else if (body !== "") lines.push(`--data-raw ${quote(body)}`);
  return lines.join(" \\\n  ");
}

/** A value as a Python literal. */
export function python(value: unknown, indent = ""): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") return pythonText(value);
  if (typeof value !== "object") return String(value);
  const deeper = `${indent}    `;
  const parts = Array.isArray(value)
    ? value.map((item) => python(item, deeper))
    : Object.entries(value).map(([key, item]) => `${pythonText(key)}: ${python(item, deeper)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const short = `${open}${parts.join(", ")}${close}`;
  if (short.length + indent.length <= 88 && !short.includes("\n")) return short;
  return `${open}\n${parts.map((part) => `${deeper}${part},\n`).join("")}${indent}${close}`;
}

// JSON's escapes are Python's, but for surrogates, which JSON.stringify leaves as they are in pairs.
function pythonText(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u00a0\u2028\u2029]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function jsonOf(exchange: Exchange): unknown {
  try {
    return exchange.request_body === "" ? undefined : JSON.parse(exchange.request_body);
  } catch {
    return undefined;
  }
}

interface Request {
  url: string;
  token: string;
  indent: string;
}

function httpxCall(exchange: Exchange, { url, token, indent }: Request): string {
  const deeper = `${indent}    `;
  const body = jsonOf(exchange);
  const form = formOf(exchange);
  const headers = headersOf(exchange)
    .filter(([name]) => !(body !== undefined || form) || name !== "content-type")
    .map(([name, value]) => `${pythonText(name)}: ${isSecret(name) ? token : pythonText(value)}`);
  const parts = [pythonText(exchange.method), url];
  if (headers.length > 0) {
    const short = `headers={${headers.join(", ")}}`;
    parts.push(
      short.length <= 88 ? short : `headers={\n${headers.map((one) => `${deeper}    ${one},\n`).join("")}${deeper}}`,
    );
  }
  if (body !== undefined) parts.push(`json=${python(body, deeper)}`);
  else if (form) {
    const files = form.map(
      ({ name, file }) => `${pythonText(name)}: ${file ? 'open("FILE", "rb")' : '(None, "VALUE")'}`,
    );
    parts.push(`files={${files.join(", ")}}`);
  } else if (BINARY.test(exchange.request_body)) parts.push('content=open("FILE", "rb").read()');
  else if (exchange.request_body !== "") parts.push(`content=${pythonText(exchange.request_body)}`);
  return `httpx.request(\n${parts.map((part) => `${deeper}${part},\n`).join("")}${indent})`;
}

/** The exchange's request as a Python program that uses httpx. */
export function asHttpx(exchange: Exchange): string {
  const secret = headersOf(exchange).some(([name]) => isSecret(name));
  const request = httpxCall(exchange, {
    url: pythonText(SERVER + exchange.path),
    token: "f\"Bearer {os.environ['REPLICATE_API_TOKEN']}\"",
    indent: "",
  });
  return [
    secret ? "import os\n\nimport httpx\n" : "import httpx\n",
    `response = ${request}`,
    "print(response.status_code, response.text)\n",
  ].join("\n");
}

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The exchange as a test: the same request, and the same answer expected. */
export function asPytest(exchange: Exchange, source: Source | null): string {
  const { operation, status, fault, prediction } = exchange;
  const name = `test_${operation ? snake(operation) : "request"}__${status === null ? "is_cut" : `answers_${status}`}`;
  const id = source !== null && prediction && exchange.path.includes(prediction) ? prediction : null;
  const path = exchange.path.replace(/[{}]/g, "$&$&");
  const lines = ["import httpx", "", "", `def ${name}(zeroscope_mock, zeroscope_mock_url):`];
  if (id !== null && source !== null) {
    lines.push(
      "    created = httpx.post(",
      '        f"{zeroscope_mock_url}/v1/predictions",',
      '        headers={"Authorization": "Bearer any-token"},',
      `        json=${python({ version: source.version, input: source.input }, "        ")},`,
      "    ).json()",
    );
  }
  if (fault)
    lines.push(
      `    # A fault changed this answer: ${fault.replace(/\s+/g, " ")}. Add it with zeroscope_mock.faults.add(...).`,
    );
  const request = httpxCall(exchange, {
    url: `f${pythonText(`{zeroscope_mock_url}${id === null ? path : path.replace(id, "{created['id']}")}`)}`,
    token: '"Bearer any-token"',
    indent: "    ",
  });
  lines.push(`    response = ${request}`);
  if (status !== null) lines.push(`    assert response.status_code == ${status}`);
  if (operation && status !== null) {
    const sent = jsonOf(exchange) as { input?: unknown } | undefined;
    const input =
      sent && typeof sent === "object" && sent.input !== undefined ? `, input=${python(sent.input, "    ")}` : "";
    lines.push(`    zeroscope_mock.verify(${pythonText(operation)}, times=1, status=${status}${input})`);
  }
  return `${lines.join("\n")}\n`;
}
