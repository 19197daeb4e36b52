import { describe, expect, test } from "vitest";
import type { Attacker } from "../api/types";
import { advice, attackersHeadline, measured, quietSince } from "./outbound";

const attacker = (changes: Partial<Attacker> = {}) =>
  ({ conduct: "udp-flood", action: "limit", new_flows_per_s: 1978, unanswered_percent: 100, hosts: 1, ports: 1, packets_per_s: 0, bits_per_s: 0, last_at: "2026-01-01T12:00:00Z", ...changes }) as Attacker;

describe("an attacking computer, in words", () => {
  test("new connections", () => expect(measured(attacker())).toBe("1,978 new connections a second, 100 % unanswered, at 1 computer and 1 port"));
  test("what little leaves of a contained one is not its attack", () =>
    expect(measured(attacker({ packets_per_s: 3, bits_per_s: 10_300 }))).not.toContain("pps"));
  test("packets through open connections", () =>
    expect(measured(attacker({ new_flows_per_s: 2, packets_per_s: 40_000, bits_per_s: 2e8 }))).toBe("40.0 kpps, 200 Mbps that nobody answers, at 1 computer and 1 port"));
  test("an amplifier answers, and is not infected", () => {
    const one = attacker({ conduct: "reflects", hosts: 3, packets_per_s: 9000, bits_per_s: 4e7 });
    expect(measured(one)).toBe("answers 9.00 kpps, 40.0 Mbps, to 3 computers");
    expect(advice(one)).not.toContain("malicious");
  });
  test("headlines", () => expect([attackersHeadline(1), attackersHeadline(2)]).toEqual(["A computer of yours attacks others", "2 computers of yours attack others"]));
  test("quiet", () => {
    const at = Date.parse("2026-01-01T12:00:00Z");
    expect([quietSince(attacker(), at + 2000), quietSince(attacker(), at + 9000)]).toEqual([false, true]);
  });
});
