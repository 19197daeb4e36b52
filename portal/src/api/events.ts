// Server-sent events by fetch, because EventSource can not carry an Authorization header. Reconnects by itself with
// the last id that it saw, so that nothing between is missed.

export interface ServerEvent {
  id: string;
  type: string;
  data: string;
}

// The text/event-stream format (HTML Living Standard, 9.2.6), fed chunk by chunk.
export class EventStreamParser {
  private rest = "";
  private id = "";
  private type = "";
  private data: string[] = [];

  push(chunk: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    this.rest += chunk;
    for (;;) {
      const end = /\r\n|\n|\r(?!$)/.exec(this.rest);
      if (!end) break;
      const line = this.rest.slice(0, end.index);
      this.rest = this.rest.slice(end.index + end[0].length);
      const event = this.line(line);
      if (event) events.push(event);
    }
    return events;
  }

  private line(line: string): ServerEvent | null {
    if (line === "") return this.dispatch();
    if (line.startsWith(":")) return null; // a comment keeps the connection alive
    const colon = line.indexOf(":");
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") this.data.push(value);
    else if (field === "event") this.type = value;
    else if (field === "id" && !value.includes("\0")) this.id = value;
    return null;
  }

  private dispatch(): ServerEvent | null {
    const event = this.data.length > 0 ? { id: this.id, type: this.type || "message", data: this.data.join("\n") } : null;
    this.type = "";
    this.data = [];
    return event;
  }
}

export type StreamState = "connecting" | "live" | "lost";

export interface StreamOptions {
  url: string;
  headers: () => Record<string, string>;
  onEvent: (event: ServerEvent) => void;
  onState: (state: StreamState) => void;
  onUnauthorized: () => void;
  // Nothing heard for this long means that the connection is dead, whatever TCP believes.
  silenceMs?: number;
}

const firstDelayMs = 500;
const longestDelayMs = 10_000;

export const nextDelay = (delayMs: number): number => Math.min(delayMs * 2, longestDelayMs);

// Returns a function that ends it.
export function openStream(options: StreamOptions): () => void {
  const stop = new AbortController();
  void follow(options, stop.signal);
  return () => stop.abort();
}

async function follow(options: StreamOptions, stop: AbortSignal): Promise<void> {
  let lastId = "";
  let delay = firstDelayMs;
  while (!stop.aborted) {
    options.onState("connecting");
    const attempt = new AbortController();
    const end = () => attempt.abort();
    stop.addEventListener("abort", end);
    let watchdog: ReturnType<typeof setTimeout> | undefined;
    const heard = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(end, options.silenceMs ?? 45_000);
    };
    try {
      heard();
      const headers: Record<string, string> = { Accept: "text/event-stream", ...options.headers() };
      if (lastId) headers["Last-Event-ID"] = lastId;
      const response = await fetch(options.url, { headers, signal: attempt.signal, cache: "no-store" });
      if (response.status === 401) {
        options.onUnauthorized();
        return;
      }
      if (!response.ok || !response.body) throw new Error(`event stream: HTTP ${response.status}`);
      options.onState("live");
      delay = firstDelayMs;
      const parser = new EventStreamParser();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        heard();
        for (const event of parser.push(value)) {
          if (event.id) lastId = event.id;
          options.onEvent(event);
        }
      }
    } catch {
      // Reconnecting below is the answer to every failure; the state tells the reader.
    } finally {
      clearTimeout(watchdog);
      stop.removeEventListener("abort", end);
    }
    if (stop.aborted) return;
    options.onState("lost");
    await new Promise((resolve) => setTimeout(resolve, delay));
    delay = nextDelay(delay);
  }
}
