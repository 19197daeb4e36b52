import { describe, expect, it } from "vitest";
import type { Attack, IncidentSummary, MitigationState, MitigationSummary, Overview, TenantStatus } from "../api/types";
import { attackUrgency, byUrgency, hostText, incidentStory, overviewHeadline, overviewSentence, responseStory, sinceText, tenantSentence, tenantWords, urgencyOf } from "./posture";

const none = { packets_per_s: 0, bits_per_s: 0 };

function incident(id: string, changes: Partial<IncidentSummary> = {}): IncidentSummary {
  return {
    id,
    tenant_id: "tenant-1",
    tenant_name: "Acme",
    state: "open",
    title: "TCP SYN flood on 192.0.2.10",
    target: "192.0.2.10/32",
    direction: "inbound",
    vectors: ["tcp-syn"],
    started_at: "2026-03-03T12:00:00.000Z",
    detected_at: "2026-03-03T12:00:01.000Z",
    ended_at: null,
    peak: none,
    current: none,
    mitigation_state: null,
    false_positive: false,
    ...changes,
  };
}

function attack(id: string, states: MitigationState[], bits = 0): Attack {
  const mitigations = states.map((state) => ({ state }) as MitigationSummary);
  const some = { packets_per_s: 5, bits_per_s: 40 };
  return { incident: incident(id, { peak: { packets_per_s: 0, bits_per_s: bits } }), passed: some, dropped: some, mitigations };
}

const overview = (attacks: Attack[], changes: Partial<Overview> = {}) =>
  ({ tenants: 12, tenants_under_attack: new Set(attacks.map((a) => a.incident.tenant_id)).size, attacks, attackers_now: 0, ...changes }) as Overview;

describe("urgency", () => {
  it.each<[MitigationState[], string]>([
    [[], "open"],
    [["withdrawn"], "open"],
    [["proposed"], "decide"],
    [["proposed", "active"], "cleaning"],
    [["cooling"], "cooling"],
    [["cooling", "proposed"], "decide"],
  ])("%j is %s", (states, wanted) => expect(urgencyOf(states)).toBe(wanted));

  it("puts decisions first, then the strongest", () => {
    const order = byUrgency([attack("a", ["active"], 9), attack("b", [], 1), attack("c", [], 5), attack("d", ["proposed"], 1)]);
    expect(order.map((a) => a.incident.id)).toEqual(["d", "c", "b", "a"]);
    expect(order.map(attackUrgency)).toEqual(["decide", "open", "open", "cleaning"]);
  });
});

describe("an attack that is diverted but brings nothing to a gateway", () => {
  it("is not called cleaned", () => {
    const idle = { ...attack("a", ["active"]), passed: none, dropped: none };
    expect(attackUrgency(idle)).toBe("diverting");
    expect(overviewSentence(overview([idle]))).toContain("nothing at a gateway yet");
  });
});

describe("the operator's headline", () => {
  it("says who, and how it stands", () => {
    const board = overview([attack("a", ["active"]), attack("b", ["proposed"])], { tenants_under_attack: 2 });
    expect(overviewHeadline(board)).toBe("2 customers under attack");
    expect(overviewSentence(board)).toBe("2 attacks: 1 waits for a decision and 1 is being cleaned.");
  });
  it("is calm when it is calm", () => {
    expect(overviewHeadline(overview([]))).toBe("Nobody is under attack");
    expect(overviewSentence(overview([]))).toContain("12 customers");
  });
  it("tells an empty platform what to do", () => {
    expect(overviewHeadline(overview([], { tenants: 0 }))).toBe("No customers yet");
    expect(overviewSentence(overview([], { tenants: 0 }))).toContain("sluice apply");
  });
});

describe("the customer's words", () => {
  const status = (state: TenantStatus["state"], proposed = 0) =>
    ({ state, attackers: [], proposed_mitigations: Array.from({ length: proposed }) }) as unknown as TenantStatus;

  it.each([
    [status("protected"), "calm", "You are protected"],
    [status("unprotected"), "watch", "We watch, but may not protect you"],
    [status("mitigated"), "cleaning", "Under attack since 14:02, and being cleaned"],
    [status("under_attack"), "alarm", "Under attack since 14:02"],
    [status("under_attack", 1), "alarm", "Under attack since 14:02: we need your yes"],
  ] as const)("%#: %s", (given, mood, headline) => expect(tenantWords(given, "14:02")).toEqual({ mood, headline }));

  it("says what it means, and promises nothing that is not so", () => {
    expect(tenantSentence(status("protected"))).toContain("Nobody attacks");
    expect(tenantSentence(status("unprotected"))).toContain("can only tell you");
    expect(tenantSentence(status("mitigated"))).toContain("drop the attack");
    expect(tenantSentence(status("under_attack"))).toContain("Nothing is in force");
    expect(tenantSentence(status("under_attack", 1))).toContain("until you decide");
  });

  it("tells an incident without jargon", () => {
    expect(incidentStory(incident("i"))).toBe(
      "Somebody is sending 192.0.2.10 a flood of connection requests that are never meant to be finished.",
    );
    expect(incidentStory(incident("i", { state: "closed" }))).toMatch(/^Somebody sent/);
    expect(incidentStory(incident("i", { direction: "outbound" }))).toMatch(/in your network is sending/);
    expect(incidentStory(incident("i", { vectors: [] }))).toContain("far more traffic than usual");
    expect(incidentStory(incident("i", { false_positive: true }))).toContain("said that it was none");
  });

  it("never claims to act when nothing is in force", () => {
    expect(responseStory(null, incident("i"))).toContain("Nothing is done");
    expect(responseStory("withdrawn", incident("i"))).toContain("Nothing is done");
    expect(responseStory("proposed", incident("i"))).toContain("your yes");
    expect(responseStory("active", incident("i", { state: "closed" }))).toContain("over");
  });
});

describe("addresses and times", () => {
  it("shows a host as a host", () => {
    expect(hostText("192.0.2.10/32")).toBe("192.0.2.10");
    expect(hostText("2001:db8::1/128")).toBe("2001:db8::1");
    expect(hostText("2001:db8::/32")).toBe("2001:db8::/32");
    expect(hostText("192.0.2.0/24")).toBe("192.0.2.0/24");
  });
  it("names the day only when it is another", () => {
    const noon = new Date(2026, 2, 3, 12, 0, 0).getTime();
    expect(sinceText(noon + 120_000, noon)).toBe("12:02");
    expect(sinceText(noon - 86_400_000, noon)).toBe("2 March, 12:00");
  });
});
