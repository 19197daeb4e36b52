import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { EventStreamParser, nextDelay, openStream } from "./events";

describe("EventStreamParser", () => {
  it("reads events cut anywhere", () => {
    const text = ": hello\n\nid: 7\nevent: incident.opened\ndata: {\"a\":1}\ndata: second\n\nid: 8\r\ndata:x\r\n\r\n";
    for (let cut = 0; cut <= text.length; cut++) {
      const parser = new EventStreamParser();
      const events = [...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))];
      expect(events).toEqual([
        { id: "7", type: "incident.opened", data: '{"a":1}\nsecond' },
        { id: "8", type: "message", data: "x" },
      ]);
    }
  });
  it("keeps the id when an event has none", () => {
    const parser = new EventStreamParser();
    expect(parser.push("id: 3\ndata: a\n\ndata: b\n\n").map((e) => e.id)).toEqual(["3", "3"]);
  });
  it("has no event without data", () => expect(new EventStreamParser().push("event: x\n\n")).toEqual([]));
});

describe("openStream", () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  it("reconnects with the last id and the token", async () => {
    const seen: string[] = [];
    const requests: { last: string | undefined; token: string | undefined }[] = [];
    server = createServer((request, response) => {
      requests.push({ last: request.headers["last-event-id"] as string | undefined, token: request.headers.authorization });
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.end(`id: ${requests.length}\ndata: event ${requests.length}\n\n`);
    });
    await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise<void>((resolve) => {
      const close = openStream({
        url: `http://127.0.0.1:${port}/`,
        headers: () => ({ Authorization: "Bearer t" }),
        onEvent: (event) => {
          seen.push(event.data);
          if (seen.length === 2) {
            close();
            resolve();
          }
        },
        onState: () => undefined,
        onUnauthorized: () => undefined,
      });
    });
    expect(seen).toEqual(["event 1", "event 2"]);
    expect(requests[0]).toEqual({ last: undefined, token: "Bearer t" });
    expect(requests[1]).toEqual({ last: "1", token: "Bearer t" });
  });

  it("stops at 401 and says so", async () => {
    server = createServer((_, response) => response.writeHead(401).end());
    await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise<void>((resolve) => {
      openStream({
        url: `http://127.0.0.1:${port}/`,
        headers: () => ({}),
        onEvent: () => undefined,
        onState: () => undefined,
        onUnauthorized: resolve,
      });
    });
  });

  it("waits longer each time, up to a limit", () => {
    expect(nextDelay(500)).toBe(1000);
    expect(nextDelay(9000)).toBe(10_000);
  });
});
