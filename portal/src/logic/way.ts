// A packet's way as stations on a line, from the stages that the controller tells.
import type { Explanation } from "../api/types";

export type StationState =
  | "passed"
  | "stopped" // dropped here
  | "answered" // turned round here
  | "asleep" // it had nothing to say about this packet
  | "unreached";

export interface Station {
  name: string;
  asks: string; // what happens there
  state: StationState;
}

const stations: readonly { name: string; asks: string; stages: readonly string[] }[] = [
  { name: "In", asks: "whole and readable", stages: ["parse"] },
  { name: "Network", asks: "whose it is", stages: ["tenant"] },
  { name: "Connection", asks: "open already, or new", stages: ["flow"] },
  { name: "Filters", asks: "forbidden, impossible, reflected", stages: ["invalid", "filter", "reflection"] },
  { name: "Verification", asks: "is the sender real", stages: ["verify"] },
  { name: "Behaviour", asks: "unusual, malformed, too much", stages: ["anomaly", "protocol", "rate"] },
  { name: "Firewall", asks: "the customer's rules", stages: ["firewall"] },
  { name: "NAT", asks: "which address outside", stages: ["nat"] },
  { name: "Out", asks: "to its destination", stages: ["output"] },
];

export function wayOf({ path, verdict }: Explanation): Station[] {
  const places = path.map((step) => stations.findIndex((station) => station.stages.includes(step.stage)));
  const last = path.length - 1;
  const before = Math.max(-1, ...places.slice(0, last));
  const decided = Math.max(0, places[last] ?? 0);
  // Limits of connections and of rates come after NAT, whatever their stage is called.
  const late = decided < before && ["flow", "firewall"].includes(path[last]?.stage ?? "");
  const end = verdict === "pass" ? stations.length : late ? stations.length - 1 : decided;
  return stations.map(({ name, asks }, i) => ({ name, asks, state: stateAt(i, end, verdict, places.includes(i)) }));
}

function stateAt(i: number, end: number, verdict: Explanation["verdict"], met: boolean): StationState {
  if (i === end) return verdict === "answer" ? "answered" : "stopped";
  if (i > end) return "unreached";
  return met ? "passed" : "asleep";
}
