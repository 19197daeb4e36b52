import { describe, expect, it } from "vitest";
import type { Explanation } from "../api/types";
import { wayOf } from "./way";

function explanation(verdict: Explanation["verdict"], ...stages: Explanation["path"][number]["stage"][]): Explanation {
  const path = stages.map((stage, i) => ({ stage, verdict: i === stages.length - 1 ? verdict : ("pass" as const), rule: null, text: "" }));
  return { from: "internet", verdict, path, changes: [] } as unknown as Explanation;
}
const states = (of: Explanation) => wayOf(of).map((station) => `${station.name} ${station.state}`);

describe("a packet's way", () => {
  it("passes what it meets, and what has nothing to say sleeps", () => {
    expect(states(explanation("pass", "parse", "tenant", "flow", "firewall", "nat", "output"))).toEqual([
      "In passed", "Network passed", "Connection passed", "Filters asleep", "Verification asleep", "Behaviour asleep", "Firewall passed", "NAT passed", "Out passed",
    ]);
  });
  it("ends where it was decided", () => {
    const way = states(explanation("drop", "parse", "tenant", "flow", "firewall"));
    expect(way.slice(6)).toEqual(["Firewall stopped", "NAT unreached", "Out unreached"]);
    expect(states(explanation("answer", "parse", "tenant", "invalid", "verify")).slice(3, 6)).toEqual(["Filters passed", "Verification answered", "Behaviour unreached"]);
    expect(states(explanation("drop", "parse"))[0]).toBe("In stopped");
  });
  it("limits come at the end, whatever their stage is called", () => {
    const way = states(explanation("drop", "parse", "tenant", "flow", "firewall", "nat", "flow"));
    expect(way.slice(6)).toEqual(["Firewall passed", "NAT passed", "Out stopped"]);
    expect(way[2]).toBe("Connection passed");
  });
});
