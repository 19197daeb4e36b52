// Computers of a customer that attack others: what they do, and what to do about it, in words.
import type { Attacker } from "../api/types";
import { bitRate, exactCount, packetRate } from "../format/units";
import { duration } from "../format/time";
import { plural } from "../format/words";

type Conduct = Attacker["conduct"];

const infected = "Take it off the network, and look for malicious software on it.";

const conducts: Record<Conduct, { short: string; advice: string }> = {
  "scans-hosts": { short: "Searches for computers", advice: infected },
  "scans-ports": { short: "Searches for open ports", advice: infected },
  "tcp-flood": { short: "TCP flood", advice: infected },
  "udp-flood": { short: "UDP flood", advice: infected },
  "packet-flood": { short: "Packet flood", advice: infected },
  "connection-flood": { short: "Flood of connections", advice: "If this is your own load test, stop it, or raise new_flows_per_second under “outbound” in the policy. If nobody knows why it does this, take it off the network." },
  reflects: { short: "Used as an amplifier", advice: "Others use its service to attack with forged addresses. Close the service to the internet, or allow only those who need it." },
};

export const conductShort = (attacker: Attacker): string => conducts[attacker.conduct].short;
export const advice = (attacker: Attacker): string => conducts[attacker.conduct].advice;

// In its last second of attack.
export function measured(attacker: Attacker): string {
  const { conduct, new_flows_per_s: flows, packets_per_s: packets, bits_per_s: bits, hosts, ports } = attacker;
  const rate = `${packetRate(packets)}, ${bitRate(bits)}`;
  if (conduct === "reflects") return `answers ${rate}, to ${plural(hosts, "computer")}`;
  const whom = hosts > 0 ? `, at ${plural(hosts, "computer")}${ports > 0 ? ` and ${plural(ports, "port")}` : ""}` : "";
  // Of a flood through connections that are open already the packets tell more.
  if (packets > flows) return `${rate} that nobody answers${whom}`;
  return `${exactCount(flows)} new connections a second, ${attacker.unanswered_percent} % unanswered${whom}`;
}

export function actionShort({ action }: Attacker): string {
  return { watch: "Only watched", limit: "Limited", block: "Blocked" }[action];
}

// It attacks still, or has paused.
export const quietSince = (attacker: Attacker, now: number): boolean => now - Date.parse(attacker.last_at) > 5000;

export const holdText = (holdSeconds: number): string => duration(holdSeconds * 1000);

export function attackersHeadline(count: number): string {
  return count === 1 ? "A computer of yours attacks others" : `${exactCount(count)} computers of yours attack others`;
}
