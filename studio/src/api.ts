// Calls of the control API, typed by its document, so that the page can make no other call than a documented one.
import type { Problem, paths } from "./control";

type Method = "get" | "put" | "post" | "delete";
type Operation<M extends Method, P extends keyof paths> = NonNullable<paths[P][M]>;
type PathOf<M extends Method> = {
  [P in keyof paths]: Operation<M, P> extends never ? never : P;
}[keyof paths];

type Json<R> = R extends { content: { "application/json": infer J } } ? J : undefined;
type Success<O> = O extends { responses: infer R } ? Json<R[keyof R & (200 | 201 | 202 | 204)]> : never;
type Body<O> = O extends { requestBody?: { content: { "application/json": infer J } } } ? J : undefined;
type Parameters_<O, In extends string> = O extends { parameters: infer A }
  ? In extends keyof A
    ? Exclude<A[In], undefined>
    : undefined
  : undefined;

/** What a call returns. */
type Result<M extends Method, P extends PathOf<M>> = Success<Operation<M, P>>;
/** What a call is sent. */
type BodyOf<M extends Method, P extends PathOf<M>> = Body<Operation<M, P>>;

interface Options<M extends Method, P extends PathOf<M>> {
  path?: Parameters_<Operation<M, P>, "path">;
  query?: Parameters_<Operation<M, P>, "query">;
  body?: BodyOf<M, P>;
}

/** One call, as a value: it can be sent, and shown as curl. */
export interface Call<T = unknown> {
  readonly method: string;
  /** Below `/_mock`, with the query: `/clock/advance`. */
  readonly path: string;
  readonly body: unknown;
  /** What the call returns; exists for the type only. */
  readonly result?: T;
}

/** The address of the control API: the page lies at `ui/` below it, wherever the server is mounted. */
export const ROOT = new URL("..", document.baseURI.replace(/[?#].*$/, "")).href.replace(/\/$/, "");
/** The address of the server, for clients. */
export const SERVER = ROOT.replace(/\/_mock$/, "");

/** A refusal by the server, or a failure to reach it (status 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly problem: Problem | null = null,
  ) {
    super(message);
  }
}

/** Make a call of an operation of the control document. */
export function call<M extends Method, P extends PathOf<M>>(
  method: M,
  path: P,
  options: Options<M, P> = {},
): Call<Result<M, P>> {
  const names = (options.path ?? {}) as Record<string, string | number>;
  let target = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(names[name])));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(options.query ?? {})) {
    if (value !== undefined && value !== null && value !== "") query.set(name, String(value));
  }
  if (query.size > 0) target += `?${query}`;
  return { method: method.toUpperCase(), path: target === "/" ? "" : target, body: options.body };
}

/**
 * Send a call.
 *
 * @throws {ApiError} If the server refuses it or cannot be reached.
 */
export async function send<T>(one: Call<T>, signal?: AbortSignal): Promise<T> {
  const init: RequestInit = { method: one.method, cache: "no-store", signal: signal ?? null };
  if (one.body !== undefined) {
    init.headers = { "content-type": "application/json" };
    init.body = typeof one.body === "string" ? one.body : JSON.stringify(one.body);
  }
  let response: Response;
  let text: string;
  try {
    response = await fetch(ROOT + one.path, init);
    text = await response.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "The server cannot be reached.");
  }
  let value: unknown;
  try {
    value = text === "" ? undefined : JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (response.ok) return value as T;
  const problem = (value ?? null) as Problem | null;
  throw new ApiError(response.status, problem?.detail?.trim() || `The server answered ${response.status}.`, problem);
}
