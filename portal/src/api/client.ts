// Calls of the REST API, typed by openapi.yaml. The session is an HttpOnly cookie: no script can read it, and the
// portal keeps no secret.
import type { components, paths } from "./schema";

export const base = "/api/v1";

type ProblemBody = components["schemas"]["Problem"];

// What went wrong, in the words of the server (RFC 9457) or, when it could not be asked, in ours.
export class ApiError extends Error {
  constructor(
    readonly status: number, // 0: no answer at all
    readonly problem: ProblemBody,
  ) {
    super(problem.detail || problem.title);
    this.name = "ApiError";
  }
}

type Method = "get" | "post" | "put" | "patch" | "delete";
type Having<M extends Method> = { [P in keyof paths]: paths[P][M] extends { responses: unknown } ? P : never }[keyof paths];
type Operation<P extends keyof paths, M extends Method> = NonNullable<paths[P][M]>;
type Query<P extends keyof paths> = Operation<P, "get"> extends { parameters: { query?: infer Q } } ? Q : never;
type Body<O> = O extends { requestBody: { content: { "application/json": infer B } } } ? B : undefined;
type Json<R> = R extends { content: { "application/json": infer T } } ? T : undefined;
type Answer<O> = O extends { responses: infer R } ? Json<R extends { 200: infer T } ? T : R extends { 201: infer T } ? T : never> : never;

interface Extra<P extends keyof paths, M extends Method> {
  id?: string; // fills the path's one parameter
  query?: M extends "get" ? Query<P> : never;
  body?: Body<Operation<P, M>>;
  ifMatch?: string;
  signal?: AbortSignal | undefined;
}

export interface Answered<T> {
  data: T;
  etag: string | null;
}

let onUnauthorized: () => void = () => undefined;
export function setUnauthorizedHandler(handler: () => void): void {
  onUnauthorized = handler;
}

export async function call<M extends Method, P extends Having<M>>(
  method: M,
  path: P,
  extra: Extra<P, M> = {},
): Promise<Answered<Answer<Operation<P, M>>>> {
  const headers: Record<string, string> = { Accept: "application/json, application/problem+json" };
  if (extra.body !== undefined) headers["Content-Type"] = "application/json";
  if (extra.ifMatch) headers["If-Match"] = extra.ifMatch;
  // A lost answer may be asked for again without doing the thing twice.
  if (method === "post" && path !== "/session") headers["Idempotency-Key"] = freshKey();
  const response = await send(fill(path, extra.id) + search(extra.query as object | undefined), {
    method: method.toUpperCase(),
    headers,
    credentials: "same-origin",
    cache: "no-store",
    body: extra.body === undefined ? null : JSON.stringify(extra.body),
    signal: extra.signal ?? null,
  });
  if (!response.ok) throw await failure(response, path);
  const data = response.status === 204 ? undefined : await response.json();
  return { data: data as Answer<Operation<P, M>>, etag: response.headers.get("ETag") };
}

export async function get<P extends Having<"get">>(path: P, extra: Extra<P, "get"> = {}): Promise<Answer<Operation<P, "get">>> {
  return (await call("get", path, extra)).data;
}

// Every page of a list, up to a limit that no screen should reach.
export async function all<P extends Having<"get">>(
  path: P,
  query: Query<P>,
  signal?: AbortSignal,
): Promise<Answer<Operation<P, "get">> extends { items: (infer T)[] } ? T[] : never> {
  type Page = { items: unknown[]; next_cursor: string | null };
  const items: unknown[] = [];
  let cursor: string | null = null;
  do {
    const page = (await get(path, { query: { ...(query as object), limit: 200, ...(cursor ? { cursor } : {}) } as never, signal })) as unknown as Page;
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor && items.length < 20_000);
  return items as never;
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(base + path, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, {
      type: "urn:sluice:problem:unreachable",
      title: "No answer",
      status: 0,
      detail: "Nothing came back. Check that the controller runs and that this machine can reach it; this page tries again by itself.",
    });
  }
}

async function failure(response: Response, path: string): Promise<ApiError> {
  let problem: ProblemBody | null = null;
  if (response.headers.get("Content-Type")?.includes("problem+json")) {
    problem = (await response.json().catch(() => null)) as ProblemBody | null;
  }
  if (response.status === 401 && path !== "/session") onUnauthorized();
  return new ApiError(
    response.status,
    problem ?? {
      type: "about:blank",
      title: `HTTP ${response.status}`,
      status: response.status,
      detail: "The controller answered with an error that it did not explain. Try again; if it stays, look into the controller's log.",
    },
  );
}

export const fill = (path: string, id?: string): string => path.replace(/\{[a-z_]+\}/, encodeURIComponent(id ?? ""));

export function search(query?: object): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return pairs.length > 0 ? `?${new URLSearchParams(pairs.map(([k, v]) => [k, String(v)])).toString()}` : "";
}

// crypto.randomUUID exists on secure origins only; a controller in a provider's network may be reached by plain HTTP.
function freshKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}
