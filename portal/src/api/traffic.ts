// A window of traffic that moves: loaded once, then one sample a second from the event stream, and loaded again now and
// then, so that what the stream could not say (averages, a silence) is put right.
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { withSample } from "../logic/series";
import { useSession } from "../shell/session";
import { useSamples } from "./live";
import { fetchTraffic, trafficKey, type TrafficWindow } from "./queries";
import type { TrafficSeries } from "./types";

const second = 1000;

// The last `seconds`, live.
export function useLiveTraffic(tenantId: string | null, seconds: number) {
  const { me } = useSession();
  const client = useQueryClient();
  const resolution_s = Math.max(1, Math.round(seconds / 600));
  const key = useMemo(() => ["traffic", "live", tenantId ?? "", seconds], [tenantId, seconds]);
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal }) =>
      fetchTraffic({ tenantId, resolution_s }, new Date(Date.now() - seconds * second).toISOString(), signal),
    refetchInterval: Math.max(15, resolution_s * 5) * second,
    placeholderData: keepPreviousData,
  });
  useSamples(tenantId, me.tenant_id, (sample) => {
    if (sample.tenant_id !== tenantId) return;
    client.setQueryData<TrafficSeries>(key, (series) => series && withSample(series, sample));
  });
  return query;
}

// The time of one incident with a little around it; it stands still once the incident is over.
export function useIncidentTraffic(tenantId: string, startedAt: string, endedAt: string | null) {
  const window = useMemo<TrafficWindow>(() => {
    const from = Date.parse(startedAt) - 60 * second;
    const to = endedAt === null ? undefined : new Date(Date.parse(endedAt) + 90 * second).toISOString();
    const span = ((to === undefined ? Date.now() : Date.parse(to)) - from) / second;
    return { tenantId, from: new Date(from).toISOString(), to, resolution_s: Math.max(1, Math.ceil(span / 600)) };
  }, [tenantId, startedAt, endedAt]);
  // What has just ended is still filling in.
  const moving = endedAt === null || Date.now() - Date.parse(endedAt) < 120 * second;
  return useQuery({
    queryKey: trafficKey(window),
    queryFn: ({ signal }) => fetchTraffic(window, window.from, signal),
    refetchInterval: moving ? second : false,
    placeholderData: keepPreviousData,
  });
}

// For the small pictures of the wallboard.
export function useRecentTraffic(tenantId: string, seconds: number) {
  return useQuery({
    queryKey: ["traffic", "recent", tenantId, seconds],
    queryFn: ({ signal }) => fetchTraffic({ tenantId, resolution_s: 2 }, new Date(Date.now() - seconds * second).toISOString(), signal),
    refetchInterval: 2 * second,
    placeholderData: keepPreviousData,
  });
}
