// One event stream a tab keeps every screen up to date: an event marks what it concerns as stale, a traffic sample is
// handed to the charts.
import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { base, search } from "./client";
import { openStream, type ServerEvent, type StreamState } from "./events";
import type { Event, TrafficSample } from "./types";

type SampleListener = (sample: TrafficSample) => void;

interface Live {
  state: StreamState;
  lost: number | null; // since when nothing is heard
  last: Event | null; // latest event, for the announcement to screen readers
  listen: (listener: SampleListener) => () => void;
}

const LiveContext = createContext<Live>({ state: "connecting", lost: null, last: null, listen: () => () => undefined });
export const useLive = (): Live => useContext(LiveContext);

// Which queries an event makes stale, by the first part of its kind.
const concerns: Record<string, readonly string[]> = {
  incident: ["overview", "status", "incidents", "incident", "events"],
  mitigation: ["overview", "status", "incidents", "incident", "mitigation", "events"],
  gateway: ["overview", "health", "events"],
  collector: ["overview", "health", "events"],
  speaker: ["overview", "health", "events"],
  alarm: ["overview", "health", "events"],
  attacker: ["firewall", "overview", "status", "events"],
  policy: ["firewall", "tenants", "tenant", "prefixes", "sites", "users", "overview", "status", "audit", "events"],
  prefix: ["prefixes", "status", "audit", "events"],
  tenant: ["tenants", "tenant", "overview", "events"],
};

export function staleAfter(kind: string): readonly string[] {
  return concerns[kind.split(".")[0] ?? ""] ?? ["events"];
}

export function LiveProvider({ onUnauthorized, children }: { onUnauthorized: () => void; children: ReactNode }) {
  const client = useQueryClient();
  const [state, setState] = useState<StreamState>("connecting");
  const [lost, setLost] = useState<number | null>(null);
  const [last, setLast] = useState<Event | null>(null);
  const listeners = useRef(new Set<SampleListener>());

  useEffect(() => {
    const refresh = coalesced(client);
    return openStream({
      url: `${base}/events/stream`,
      headers: () => ({}),
      onUnauthorized,
      onState: (next) => {
        setState(next);
        if (next === "live") setLost(null);
        if (next === "lost") setLost((since) => since ?? Date.now());
      },
      onEvent: (event) => {
        if (event.type === "traffic") {
          const sample = parsed<TrafficSample>(event);
          if (sample) listeners.current.forEach((listener) => listener(sample));
        } else if (event.type === "reset") {
          void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "session" });
        } else {
          refresh(staleAfter(event.type));
          const told = parsed<Event>(event);
          if (told?.text) setLast(told);
        }
      },
    });
  }, [client, onUnauthorized]);

  const live = useMemo<Live>(
    () => ({
      state,
      lost,
      last,
      listen: (listener) => {
        listeners.current.add(listener);
        return () => void listeners.current.delete(listener);
      },
    }),
    [state, lost, last],
  );
  return <LiveContext.Provider value={live}>{children}</LiveContext.Provider>;
}

function parsed<T>(event: ServerEvent): T | null {
  try {
    return JSON.parse(event.data) as T;
  } catch {
    return null;
  }
}

// A burst of events (an attack opens, is planned, is announced) asks the server once.
function coalesced(client: QueryClient): (keys: readonly string[]) => void {
  const waiting = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (keys) => {
    keys.forEach((key) => waiting.add(key));
    timer ??= setTimeout(() => {
      timer = undefined;
      const due = [...waiting];
      waiting.clear();
      due.forEach((key) => void client.invalidateQueries({ queryKey: [key] }));
    }, 150);
  };
}

// Samples of one tenant, or of all together (null). The tab's own stream serves what it carries; an operator who looks
// at one tenant has a stream of its own.
export function useSamples(tenantId: string | null, own: string | null, listener: SampleListener): void {
  const live = useLive();
  const latest = useRef(listener);
  latest.current = listener;
  const { listen } = live;
  useEffect(() => {
    if (tenantId === own) return listen((sample) => latest.current(sample));
    return openStream({
      url: `${base}/events/stream${search({ tenant_id: tenantId })}`,
      headers: () => ({}),
      onUnauthorized: () => undefined,
      onState: () => undefined,
      onEvent: (event) => {
        const sample = event.type === "traffic" ? parsed<TrafficSample>(event) : null;
        if (sample) latest.current(sample);
      },
    });
  }, [tenantId, own, listen]);
}
