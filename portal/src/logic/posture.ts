// What a person needs to know first: how urgent an attack is, and in which words a customer hears about it.
import type { Attack, IncidentSummary, MitigationState, Overview, TenantStatus } from "../api/types";
import { clock } from "../format/time";
import { listed, plural, vectorPlain } from "../format/words";
import { attackersHeadline } from "./outbound";

// The order is the order of the wallboard.
export const urgencies = ["decide", "open", "diverting", "cleaning", "cooling"] as const;
export type Urgency = (typeof urgencies)[number];

export function urgencyOf(states: readonly MitigationState[]): Urgency {
  if (states.includes("active")) return "cleaning";
  if (states.includes("proposed")) return "decide";
  if (states.includes("cooling")) return "cooling";
  return "open";
}

export const urgencyWords: Record<Urgency, string> = {
  decide: "Waits for a decision",
  open: "Nothing in force",
  diverting: "Being diverted",
  cleaning: "Being cleaned",
  cooling: "Cooling down",
};

export function attackUrgency(attack: Attack): Urgency {
  const urgency = urgencyOf(attack.mitigations.map((m) => m.state));
  // What is in force and brings no packet to a gateway cleans nothing (yet): say no more than is true.
  const cleaned = attack.passed.packets_per_s + attack.dropped.packets_per_s > 0;
  return urgency === "cleaning" && !cleaned ? "diverting" : urgency;
}

// Most urgent first, then strongest, then oldest; stable, so that the board does not jump.
export function byUrgency(attacks: readonly Attack[]): Attack[] {
  const rank = (a: Attack) => urgencies.indexOf(attackUrgency(a));
  return [...attacks].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      b.incident.peak.bits_per_s - a.incident.peak.bits_per_s ||
      a.incident.started_at.localeCompare(b.incident.started_at) ||
      a.incident.id.localeCompare(b.incident.id),
  );
}

export function overviewHeadline(overview: Overview): string {
  const count = overview.tenants_under_attack;
  if (count > 0) return `${plural(count, "customer")} under attack`;
  return overview.tenants > 0 ? "Nobody is under attack" : "No customers yet";
}

export function overviewSentence(overview: Overview, urgencyNow: (attack: Attack) => Urgency = attackUrgency): string {
  const urgencyCount = (wanted: Urgency) => overview.attacks.filter((a) => urgencyNow(a) === wanted).length;
  if (overview.attacks.length === 0) {
    if (overview.attackers_now > 0) return outwards(overview.attackers_now);
    return overview.tenants > 0
      ? `Sluice watches ${plural(overview.tenants, "customer")}. A new attack appears here by itself.`
      : "Add the first with “sluice apply FILE”, or with POST /api/v1/tenants.";
  }
  const parts: string[] = [];
  const decide = urgencyCount("decide");
  const open = urgencyCount("open");
  const diverting = urgencyCount("diverting");
  const cleaning = urgencyCount("cleaning");
  const cooling = urgencyCount("cooling");
  if (decide > 0) parts.push(`${decide} ${decide === 1 ? "waits" : "wait"} for a decision`);
  if (open > 0) parts.push(`against ${open} nothing is in force`);
  if (diverting > 0) parts.push(`${diverting} ${diverting === 1 ? "is" : "are"} being diverted, with nothing at a gateway yet`);
  if (cleaning > 0) parts.push(`${cleaning} ${cleaning === 1 ? "is" : "are"} being cleaned`);
  if (cooling > 0) parts.push(`${cooling} ${cooling === 1 ? "is" : "are"} cooling down`);
  const text = `${plural(overview.attacks.length, "attack")}: ${listed(parts)}.`;
  return overview.attackers_now > 0 ? `${text} ${outwards(overview.attackers_now)}` : text;
}

const outwards = (count: number) => (count === 1 ? "A computer of a customer attacks others." : `${count.toLocaleString("en")} computers of customers attack others.`);

export type Mood = "calm" | "cleaning" | "watch" | "alarm";

export interface TenantWords {
  mood: Mood;
  headline: string;
}

// Seen by a person who may never have heard of DDoS, perhaps at night: short, true, no jargon.
export function tenantWords(status: TenantStatus, since: string): TenantWords {
  if (status.attackers.length > 0 && !isAttacked(status)) return { mood: "alarm", headline: attackersHeadline(status.attackers.length) };
  switch (status.state) {
    case "protected":
      return { mood: "calm", headline: "You are protected" };
    case "unprotected":
      return { mood: "watch", headline: "We watch, but may not protect you" };
    case "mitigated":
      return { mood: "cleaning", headline: `Under attack since ${since}, and being cleaned` };
    case "under_attack":
      return status.proposed_mitigations.length > 0
        ? { mood: "alarm", headline: `Under attack since ${since}: we need your yes` }
        : { mood: "alarm", headline: `Under attack since ${since}` };
  }
}

const isAttacked = (status: TenantStatus) => status.state === "mitigated" || status.state === "under_attack";

// What that means, in one more sentence.
export function tenantSentence(status: TenantStatus): string {
  if (status.attackers.length > 0 && !isAttacked(status)) return "Nobody attacks your addresses now, but something in your own network attacks the internet.";
  switch (status.state) {
    case "protected":
      return "Nobody attacks your addresses now. If it happens, you see it here within seconds.";
    case "unprotected":
      return "Nobody attacks your addresses now. You have not allowed us to act for any of them; if one is attacked, we can only tell you.";
    case "mitigated":
      return "We drop the attack before it reaches you, and let your visitors through.";
    case "under_attack":
      return status.proposed_mitigations.length > 0
        ? "We know how to stop it. You asked us to ask first, so nothing is done until you decide."
        : "Nothing is in force against it.";
  }
}

// One incident, told to the customer.
export function incidentStory(incident: IncidentSummary, address = hostText(incident.target)): string {
  const what = vectorPlain(incident.vectors[0] ?? "total");
  if (incident.false_positive) return `We took traffic to ${address} for an attack; you or we said that it was none.`;
  const outbound = incident.direction === "outbound";
  if (incident.state === "open") {
    return outbound ? `${address} in your network is sending ${what}.` : `Somebody is sending ${address} ${what}.`;
  }
  return outbound ? `${address} in your network sent ${what}.` : `Somebody sent ${address} ${what}.`;
}

// What is done about it, told to the customer.
export function responseStory(state: MitigationState | null, incident: IncidentSummary): string {
  if (incident.state === "closed") return "It is over, and everything is as it was before.";
  switch (state) {
    case "active":
      return "We lead this traffic through our cleaning system: the attack is dropped, your visitors get through.";
    case "cooling":
      return "The attack has stopped. We keep cleaning for a while in case it comes back, then we undo it.";
    case "proposed":
      return "We know what to do, and wait for your yes.";
    default:
      return incident.state === "open"
        ? "Nothing is done about it now. Your service may be slow or unreachable."
        : "It is over. Nothing had to be undone.";
  }
}

// "192.0.2.10" for a single host, else the prefix as it is.
export function hostText(prefix: string): string {
  if (prefix.endsWith("/32") && !prefix.includes(":")) return prefix.slice(0, -3);
  if (prefix.endsWith("/128")) return prefix.slice(0, -4);
  return prefix;
}

// "14:02", with the day unless it is today.
export function sinceText(at: number, now: number): string {
  const time = clock(at).slice(0, 5);
  if (new Date(at).toDateString() === new Date(now).toDateString()) return time;
  return `${new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long" }).format(at)}, ${time}`;
}
