// What the screens ask for, and how fresh it must be. Events make things stale at once; the intervals are for figures
// that change without an event, and for the time while the stream is down.
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { all, ApiError, call, get } from "./client";
import type { ConsentMode, ExplainRequest, GuardChoice, IncidentState, WatchedStage } from "./types";

const second = 1000;

export const queryDefaults = {
  queries: {
    // Only what may pass by itself is tried again at once; the rest is for a person to read.
    retry: (count: number, error: Error) => count < 2 && error instanceof ApiError && (error.status === 0 || error.status === 503),
    // What failed is asked for again, without a person having to.
    refetchInterval: (query: { state: { status: string } }) => (query.state.status === "error" ? 5 * second : false),
    refetchOnWindowFocus: true,
    staleTime: second,
  },
};

export const useOverview = () =>
  useQuery({ queryKey: ["overview"], queryFn: ({ signal }) => get("/overview", { signal }), refetchInterval: second });

export const useTenants = (enabled = true) =>
  useQuery({ queryKey: ["tenants"], queryFn: ({ signal }) => all("/tenants", {}, signal), staleTime: 60 * second, enabled });

export const useTenant = (id: string) =>
  useQuery({ queryKey: ["tenant", id], queryFn: ({ signal }) => get("/tenants/{tenant_id}", { id, signal }), staleTime: 60 * second });

export const useTenantStatus = (id: string) =>
  useQuery({
    queryKey: ["status", id],
    queryFn: ({ signal }) => get("/tenants/{tenant_id}/status", { id, signal }),
    refetchInterval: 2 * second,
  });

// Large policies are large answers: they are asked for less often.
export const useFirewall = (id: string) =>
  useQuery({
    queryKey: ["firewall", id],
    queryFn: ({ signal }) => get("/tenants/{tenant_id}/firewall", { id, signal }),
    refetchInterval: (query) => ((query.state.data?.rules.length ?? 0) > 500 ? 30 : 2) * second,
  });

// Who is logged in at the customer's addresses; the first page of them.
export const useLogIns = (id: string) =>
  useQuery({
    queryKey: ["log-ins", id],
    queryFn: ({ signal }) => get("/tenants/{tenant_id}/user-bindings", { id, query: { limit: 200 }, signal }),
    refetchInterval: 5 * second,
    enabled: id !== "",
  });

export const useSites = (tenantId: string) =>
  useQuery({ queryKey: ["sites", tenantId], queryFn: ({ signal }) => all("/sites", { tenant_id: tenantId }, signal), staleTime: 60 * second });

export const usePrefixes = (tenantId: string) =>
  useQuery({ queryKey: ["prefixes", tenantId], queryFn: ({ signal }) => all("/prefixes", { tenant_id: tenantId }, signal), staleTime: 10 * second });

export const useUsers = (tenantId: string, enabled = true) =>
  useQuery({ queryKey: ["users", tenantId], queryFn: ({ signal }) => all("/users", { tenant_id: tenantId }, signal), staleTime: 60 * second, enabled });

export interface IncidentFilter {
  state?: IncidentState | undefined;
  tenantId?: string | undefined;
}

export const useIncidents = ({ state, tenantId }: IncidentFilter, pages: number) =>
  useQuery({
    queryKey: ["incidents", state ?? "", tenantId ?? "", pages],
    queryFn: ({ signal }) => get("/incidents", { query: { state, tenant_id: tenantId, limit: Math.min(200, pages * 50) }, signal }),
    refetchInterval: 5 * second,
    placeholderData: keepPreviousData,
  });

export const useIncident = (id: string) =>
  useQuery({ queryKey: ["incident", id], queryFn: ({ signal }) => get("/incidents/{incident_id}", { id, signal }), refetchInterval: 2 * second });

export const useMitigation = (id: string, live: boolean) =>
  useQuery({
    queryKey: ["mitigation", id],
    queryFn: ({ signal }) => get("/mitigations/{mitigation_id}", { id, signal }),
    refetchInterval: live ? second : false,
  });

export interface TrafficWindow {
  tenantId: string | null;
  from?: string | undefined;
  to?: string | undefined;
  resolution_s: number;
}

export const trafficKey = (window: TrafficWindow) => ["traffic", window.tenantId ?? "", window.from ?? "", window.to ?? "", window.resolution_s];

export const fetchTraffic = (window: TrafficWindow, from: string | undefined, signal?: AbortSignal) =>
  get("/traffic", { query: { tenant_id: window.tenantId ?? undefined, from, to: window.to, resolution_s: window.resolution_s }, signal });

export const useGateways = () =>
  useQuery({ queryKey: ["health", "gateways"], queryFn: ({ signal }) => get("/gateways", { signal }), refetchInterval: second });
export const useCollectors = () =>
  useQuery({ queryKey: ["health", "collectors"], queryFn: ({ signal }) => get("/collectors", { signal }), refetchInterval: 2 * second });
export const useSpeakers = () =>
  useQuery({ queryKey: ["health", "speakers"], queryFn: ({ signal }) => get("/speakers", { signal }), refetchInterval: 2 * second });
export const useAlarms = () =>
  useQuery({ queryKey: ["health", "alarms"], queryFn: ({ signal }) => get("/alarms", { signal }), refetchInterval: 2 * second });

export const useAudit = (tenantId: string | undefined, pages: number) =>
  useQuery({
    queryKey: ["audit", tenantId ?? "", pages],
    queryFn: ({ signal }) => get("/audit", { query: { tenant_id: tenantId, limit: Math.min(200, pages * 50) }, signal }),
    refetchInterval: 10 * second,
    placeholderData: keepPreviousData,
  });

export const useEvents = (limit: number) =>
  useQuery({ queryKey: ["events", limit], queryFn: ({ signal }) => get("/events", { query: { limit }, signal }), refetchInterval: 10 * second });

// A customer's own computers: the last events, of which the screen takes its kind.
export const useAttackerEvents = (tenantId: string) =>
  useQuery({ queryKey: ["events", "attackers", tenantId], queryFn: ({ signal }) => get("/events", { query: { tenant_id: tenantId, limit: 200 }, signal }), refetchInterval: 30 * second });

export const useExplain = (id: string) =>
  useMutation({ mutationFn: async (body: ExplainRequest) => (await call("post", "/tenants/{tenant_id}/explain", { id, body })).data });

type MitigationAction =
  | { kind: "approve"; id: string; reason: string }
  | { kind: "withdraw"; id: string; reason: string }
  | { kind: "extend"; id: string; reason: string; by_s: number }
  | { kind: "guard"; id: string; reason: string; level: GuardChoice; watch: WatchedStage[] };

export function useMitigationAction() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (action: MitigationAction) => {
      const reason = action.reason.trim();
      const body = reason ? { reason } : {};
      if (action.kind === "approve") return call("post", "/mitigations/{mitigation_id}/approve", { id: action.id, body });
      if (action.kind === "withdraw") return call("post", "/mitigations/{mitigation_id}/withdraw", { id: action.id, body });
      if (action.kind === "guard") {
        const { id, level, watch } = action;
        return call("post", "/mitigations/{mitigation_id}/guard", { id, body: { ...body, level, watch } });
      }
      return call("post", "/mitigations/{mitigation_id}/extend", { id: action.id, body: { ...body, by_s: action.by_s } });
    },
    onSettled: () => {
      for (const key of ["overview", "status", "incident", "incidents", "mitigation"]) void client.invalidateQueries({ queryKey: [key] });
    },
  });
}

export function useIncidentNote(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (text: string) => call("post", "/incidents/{incident_id}/notes", { id, body: { text } }),
    onSettled: () => void client.invalidateQueries({ queryKey: ["incident", id] }),
  });
}

export function useFalsePositive(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (reason: string) => call("post", "/incidents/{incident_id}/false-positive", { id, body: { reason } }),
    onSettled: () => {
      for (const key of ["overview", "status", "incident", "incidents", "mitigation"]) void client.invalidateQueries({ queryKey: [key] });
    },
  });
}

// The version that the person looked at is the one that is changed: somebody else's change in between is a 412, not lost.
export function useConsentChange() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ id, consent, reason, seen }: { id: string; consent: ConsentMode; reason: string; seen: ConsentMode }) => {
      const { data, etag } = await call("get", "/prefixes/{prefix_id}", { id });
      if (data.consent !== seen) {
        throw new ApiError(412, {
          type: "urn:sluice:problem:precondition-failed",
          title: "Changed meanwhile",
          status: 412,
          detail: "Somebody changed this setting while you were looking at it. Close this, look at the new setting, and decide again.",
        });
      }
      return call("patch", "/prefixes/{prefix_id}", { id, ifMatch: etag ?? "*", body: { consent, reason } });
    },
    onSettled: () => {
      for (const key of ["prefixes", "status", "audit"]) void client.invalidateQueries({ queryKey: [key] });
    },
  });
}
