import { webcrypto } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, all, call, fill, get, search, setUnauthorizedHandler } from "./client";

const answer = (status: number, body: unknown, type = "application/json", headers: Record<string, string> = {}) =>
  new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { "Content-Type": type, ...headers } });

// Every browser has it; Node 18 keeps it behind an import.
beforeEach(() => void vi.stubGlobal("crypto", webcrypto));
afterEach(() => vi.unstubAllGlobals());

describe("addresses", () => {
  it("fills and escapes", () => {
    expect(fill("/incidents/{incident_id}/notes", "incident-4")).toBe("/incidents/incident-4/notes");
    expect(fill("/tenants/{tenant_id}", "a/b")).toBe("/tenants/a%2Fb");
  });
  it("leaves out what is not asked", () => {
    expect(search({ limit: 10, cursor: undefined, state: "" })).toBe("?limit=10");
    expect(search()).toBe("");
  });
});

describe("call", () => {
  it("sends If-Match and hands the ETag back", async () => {
    const fetch = vi.fn(async (_url: string, _init: RequestInit) => answer(200, { consent: "ask" }, "application/json", { ETag: '"8"' }));
    vi.stubGlobal("fetch", fetch);
    const result = await call("patch", "/prefixes/{prefix_id}", { id: "192.0.2.0-24", ifMatch: '"7"', body: { consent: "ask", reason: "test" } });
    expect(result.etag).toBe('"8"');
    const [url, init] = fetch.mock.calls[0]!;
    expect(url).toBe("/api/v1/prefixes/192.0.2.0-24");
    expect((init.headers as Record<string, string>)["If-Match"]).toBe('"7"');
    expect((init.headers as Record<string, string>)["Idempotency-Key"]).toBeUndefined();
  });

  it("makes each change once by its own key", async () => {
    const keys: string[] = [];
    vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
      keys.push((init.headers as Record<string, string>)["Idempotency-Key"]!);
      return answer(200, {});
    });
    await call("post", "/mitigations/{mitigation_id}/withdraw", { id: "mitigation-1", body: {} });
    await call("post", "/mitigations/{mitigation_id}/withdraw", { id: "mitigation-1", body: {} });
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(keys[0]).not.toBe(keys[1]);
  });

  it("speaks the server's words", async () => {
    vi.stubGlobal("fetch", async () => answer(409, { type: "urn:sluice:problem:conflict", title: "Conflict", status: 409, detail: "It is withdrawn already." }, "application/problem+json"));
    await expect(get("/overview")).rejects.toMatchObject({ status: 409, message: "It is withdrawn already." });
  });

  it("says what to do when nobody answers", async () => {
    vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("failed")));
    const error = (await get("/overview").catch((e: unknown) => e)) as ApiError;
    expect(error.status).toBe(0);
    expect(error.message).toContain("Check that the controller runs");
  });

  it("ends the session on 401, except when asking for it", async () => {
    const ended = vi.fn();
    setUnauthorizedHandler(ended);
    vi.stubGlobal("fetch", async () => answer(401, { type: "x", title: "x", status: 401, detail: "x" }, "application/problem+json"));
    await get("/session").catch(() => undefined);
    expect(ended).not.toHaveBeenCalled();
    await get("/overview").catch(() => undefined);
    expect(ended).toHaveBeenCalledOnce();
  });
});

describe("all", () => {
  it("follows the cursor to the end", async () => {
    const urls: string[] = [];
    vi.stubGlobal("fetch", async (url: string) => {
      urls.push(url);
      return answer(200, urls.length === 1 ? { items: [1, 2], next_cursor: "c" } : { items: [3], next_cursor: null });
    });
    expect(await all("/tenants", {})).toEqual([1, 2, 3]);
    expect(urls).toEqual(["/api/v1/tenants?limit=200", "/api/v1/tenants?limit=200&cursor=c"]);
  });
});
