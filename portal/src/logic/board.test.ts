import { describe, expect, it } from "vitest";
import type { Attack, Overview } from "../api/types";
import { grouped, pictureOf, steadyUrgency, withBoard, type History } from "./board";

function attack(id: string, state: "active" | "proposed" | null, peak: number, cleaned = 0, loss: number | null = null): Attack {
  return {
    incident: { id, started_at: "2026-01-01T00:00:00Z", peak: { bits_per_s: peak, packets_per_s: 0 }, current: { bits_per_s: 0, packets_per_s: 7 } },
    passed: { packets_per_s: cleaned, bits_per_s: 0 },
    dropped: { packets_per_s: cleaned * 2, bits_per_s: 0 },
    mitigations: state === null ? [] : [{ state, legitimate_loss: loss }],
  } as unknown as Attack;
}
const board = (...attacks: Attack[]) => ({ attacks }) as unknown as Overview;
const none: History = new Map();

describe("the wallboard over time", () => {
  it("keeps two minutes of each attack, and forgets who is gone", () => {
    let history = none;
    for (let second = 0; second < 200; second++) history = withBoard(history, board(attack("a", "active", 1, 5)), second * 1000);
    expect(history.get("a")).toHaveLength(120);
    expect(pictureOf(history.get("a")!).dropped.packets_per_s[0]).toBe(10);
    expect(withBoard(history, board(attack("b", null, 1)), 201_000).has("a")).toBe(false);
    expect(withBoard(history, board(attack("a", "active", 1)), 199_000).get("a")).toHaveLength(120);
  });

  it("a second without a packet is no new state, ten are", () => {
    const quiet = attack("a", "active", 1, 0);
    let history = withBoard(none, board(attack("a", "active", 1, 5)), 0);
    history = withBoard(history, board(quiet), 1000);
    expect(steadyUrgency(quiet, history)).toBe("cleaning");
    for (let second = 2; second < 12; second++) history = withBoard(history, board(quiet), second * 1000);
    expect(steadyUrgency(quiet, history)).toBe("diverting");
    expect(steadyUrgency(quiet, none)).toBe("diverting");
  });

  it("groups by urgency, harm first, and about the same size keeps its place", () => {
    const groups = grouped([attack("a", "active", 1000, 1), attack("b", "active", 1050, 1), attack("c", "active", 9000, 1), attack("d", "active", 10, 1, 0.01), attack("e", "proposed", 1), attack("f", null, 5)], none);
    expect(groups.map((group) => [group.urgency, group.attacks.map((one) => one.incident.id).join("")])).toEqual([
      ["decide", "e"],
      ["open", "f"],
      ["cleaning", "dcab"],
    ]);
  });
});
