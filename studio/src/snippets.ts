// One exchange as a program that sends the request again: curl, httpx, pytest.
import { SERVER } from "./api";
import type { Exchange } from "./control";
import { quote } from "./curl";
import { Digits, parseExactly } from "./exact";

/** Which create made the prediction that a request is about, so that a test can make its own. */
interface Source {
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
// Linux passes no longer argument to a program.
const LONGEST_ARGUMENT = 100_000;
const END = "END_OF_THE_BODY";
const BINARY = /^\[\d+ bytes of /;

/** Headers as pairs of a name in lower case and a value. */
export const pairs = (headers: string[][] | undefined): [string, string][] =>
  (headers ?? []).map(([name = "", value = ""]) => [name.toLowerCase(), value]);

const headersOf = (exchange: Exchange) =>
  pairs(exchange.request_headers).filter(([name]) => !OWN.has(name) && !name.startsWith("sec-"));
const isSecret = (name: string) => name === "authorization";
const typeOf = (exchange: Exchange) =>
  pairs(exchange.request_headers).find(([name]) => name === "content-type")?.[1] ?? "";

interface Part {
  name: string;
  /** The name of the file; undefined for a text. */
  file: string | undefined;
  type: string;
  value: string;
}

function formOf(exchange: Exchange): Part[] | null {
  const type = typeOf(exchange);
  const boundary = /boundary="?([^";]+)"?/.exec(type)?.[1];
  if (!type.startsWith("multipart/form-data") || boundary === undefined) return null;
  const parts: Part[] = [];
  for (const text of exchange.request_body.split(`--${boundary}`)) {
    const [head = "", ...rest] = text.split(/\r?\n\r?\n/);
    const name = /[; ]name="([^"]*)"/.exec(head)?.[1];
    const file = /filename="([^"]*)"/.exec(head)?.[1];
    const partType = /content-type: *([^\r\n;]+)/i.exec(head)?.[1] ?? "";
    const value = rest.join("\n\n").replace(/\r?\n$/, "");
    if (name !== undefined) parts.push({ name, file, type: partType, value });
  }
  return parts;
}

/** The exchange's request as a curl command. */
export function asCurl(exchange: Exchange): string {
  const { method, path, request_body: body } = exchange;
  const form = formOf(exchange);
  const lines = [`curl ${quote(SERVER + path)}`];
  if (method !== (body === "" ? "GET" : "POST")) lines.push(`-X ${quote(method)}`);
  for (const [name, value] of headersOf(exchange)) {
    if (form && name === "content-type") continue;
    lines.push(isSecret(name) ? '-H "Authorization: Bearer $REPLICATE_API_TOKEN"' : `-H ${quote(`${name}: ${value}`)}`);
  }
  if (form) {
    for (const { name, file, type, value } of form) {
      if (file === undefined) lines.push(`--form-string ${quote(`${name}=${value}`)}`);
      else lines.push(`-F ${quote(`${name}=@${file}${type && `;type=${type}`}`)}`);
    }
  } else if (BINARY.test(body)) lines.push("--data-binary @FILE");
  else if (body.length > LONGEST_ARGUMENT) {
    lines.push(`--data-binary @- <<'${END}'`);
    return `${lines.join(" \\\n  ")}\n${body}\n${END}`;
  } else if (body !== "") lines.push(`--data-raw ${quote(body)}`);
  return lines.join(" \\\n  ");
}

/** A value as a Python literal. */
export function python(value: unknown, indent = ""): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") return pythonText(value);
  if (value instanceof Digits) return value.text;
  if (typeof value !== "object") return String(value);
  const deeper = `${indent}    `;
  const parts = Array.isArray(value)
    ? value.map((item) => python(item, deeper))
    : [...(value instanceof Map ? value : Object.entries(value))].map(
        ([key, item]) => `${pythonText(key)}: ${python(item, deeper)}`,
      );
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

/** The JSON of a request; undefined if it has none, or such as Python would not write again. */
function jsonOf(exchange: Exchange): unknown {
  const body = exchange.request_body;
  try {
    const value = body === "" ? undefined : parseExactly(body);
    // Python reads 1e400 as infinity, too.
    return allFinite(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function allFinite(value: unknown): boolean {
  if (value instanceof Digits) return Number.isFinite(Number(value.text));
  if (value instanceof Map) return [...value.values()].every(allFinite);
  return !Array.isArray(value) || value.every(allFinite);
}

interface Request {
  url: string;
  /** A file's content as Python. */
  contentOf: (name: string) => string;
  token: string;
  indent: string;
}

function httpxCall(exchange: Exchange, { url, token, indent, contentOf }: Request): string {
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
    const files = form.map(({ name, file, type, value }) => {
      const fields =
        file === undefined
          ? `None, ${pythonText(value)}`
          : `${pythonText(file)}, ${contentOf(file)}, ${pythonText(type || "application/octet-stream")}`;
      return `${pythonText(name)}: (${fields})`;
    });
    parts.push(`files={${files.join(", ")}}`);
  } else if (BINARY.test(exchange.request_body)) parts.push(`content=${contentOf("FILE")}`);
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
    contentOf: (file) => `open(${pythonText(file)}, "rb").read()`,
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
  // Which of its statuses a success has depends on time, which runs faster in tests.
  const succeeds = status !== null && status < 300;
  const end = status === null ? "is_cut" : succeeds ? "succeeds" : `answers_${status}`;
  const name = `test_${operation ? snake(operation) : "request"}__${end}`;
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
    contentOf: () => 'b"any content"',
  });
  lines.push(`    response = ${request}`);
  if (succeeds) lines.push("    assert response.is_success, response.text");
  else if (status !== null) lines.push(`    assert response.status_code == ${status}`);
  if (operation && status !== null) {
    const sent = jsonOf(exchange);
    const expected = [pythonText(operation), "times=1"];
    if (!succeeds) expected.push(`status=${status}`);
    if (sent instanceof Map && sent.has("input")) expected.push(`input=${python(sent.get("input"), "        ")}`);
    const short = `    zeroscope_mock.verify(${expected.join(", ")})`;
    const parts = expected.map((part) => `        ${part},\n`).join("");
    lines.push(short.length <= 100 ? short : `    zeroscope_mock.verify(\n${parts}    )`);
  }
  return `${lines.join("\n")}\n`;
}
