// The wallboard over time: what each attack did in the last minutes, and an order that does not jump with every sample.
import type { Attack, Overview, TrafficSeries } from "../api/types";
import { attackUrgency, urgencies, type Urgency } from "./posture";

const keptMs = 120_000;
const lullMs = 10_000; // so long may a gateway see nothing before a cleaned attack is said to be on its way again

export interface Moment {
  at: number;
  arriving: number; // packets per second, as below
  passed: number;
  dropped: number;
}

// By incident, oldest first.
export type History = ReadonlyMap<string, readonly Moment[]>;

// Attacks that are gone are forgotten.
export function withBoard(history: History, board: Overview, now: number): History {
  const next = new Map<string, readonly Moment[]>();
  for (const { incident, passed, dropped } of board.attacks) {
    const before = history.get(incident.id) ?? [];
    const moment = { at: now, arriving: incident.current.packets_per_s, passed: passed.packets_per_s, dropped: dropped.packets_per_s };
    next.set(incident.id, [...before.filter((known) => known.at > now - keptMs && known.at < now), moment]);
  }
  return next;
}

export function steadyUrgency(attack: Attack, history: History): Urgency {
  const urgency = attackUrgency(attack);
  if (urgency !== "diverting") return urgency;
  const past = history.get(attack.incident.id) ?? [];
  const latest = past[past.length - 1]?.at ?? 0;
  return past.some((moment) => moment.at > latest - lullMs && moment.passed + moment.dropped > 0) ? "cleaning" : "diverting";
}

export interface Group {
  urgency: Urgency;
  attacks: Attack[];
}

// Of each urgency the one that harms most first: whoever turned away real visitors, then the strongest. Strength counts in
// doublings, so that two of about the same size do not change places all the time.
export function grouped(attacks: readonly Attack[], history: History): Group[] {
  const strength = (attack: Attack) => Math.round(Math.log2(1 + attack.incident.peak.bits_per_s));
  const loss = (attack: Attack) => (worstLoss(attack) > 0.001 ? 1 : 0);
  const sorted = [...attacks].sort(
    (a, b) => loss(b) - loss(a) || strength(b) - strength(a) || a.incident.started_at.localeCompare(b.incident.started_at) || a.incident.id.localeCompare(b.incident.id),
  );
  return urgencies
    .map((urgency) => ({ urgency, attacks: sorted.filter((attack) => steadyUrgency(attack, history) === urgency) }))
    .filter((group) => group.attacks.length > 0);
}

// Of the packets of verified senders, the share that was dropped.
export const worstLoss = (attack: Attack): number => Math.max(0, ...attack.mitigations.map((mitigation) => mitigation.legitimate_loss ?? 0));

// As the small picture wants it.
export function pictureOf(past: readonly Moment[]): Pick<TrafficSeries, "inbound" | "passed" | "dropped"> {
  const column = (value: (moment: Moment) => number) => ({ packets_per_s: past.map(value), bits_per_s: [] });
  return { inbound: column((moment) => moment.arriving), passed: column((moment) => moment.passed), dropped: column((moment) => moment.dropped) };
}
