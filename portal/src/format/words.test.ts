import { describe, expect, it } from "vitest";
import { consentModes, guardPlain, guardSentence, guardTitle, kinds, listed, lossText, plural, sentence, stageSentence, vectorPlain, vectorTitle } from "./words";

describe("words", () => {
  it("lists as one says it", () => {
    expect(listed([])).toBe("");
    expect(listed(["a"])).toBe("a");
    expect(listed(["a", "b", "c"])).toBe("a, b and c");
  });
  it("counts as one says it", () => {
    expect(plural(1, "customer")).toBe("1 customer");
    expect(plural(1200, "customer")).toBe("1,200 customers");
    expect(plural(2, "address", "addresses")).toBe("2 addresses");
  });
  it("shows what it does not know instead of hiding it", () => {
    expect(vectorTitle("new-kind")).toBe("new-kind");
    expect(vectorPlain("new-kind")).toContain("new-kind");
    expect(stageSentence("new-stage")).toBe("");
  });
  it("makes sentences of what the platform says", () => {
    expect(sentence("consent for 192.0.2.0/24 is auto")).toBe("Consent for 192.0.2.0/24 is auto.");
    expect(sentence("Done.")).toBe("Done.");
    expect(sentence("")).toBe("");
  });
  it("names the strongest kind", () => {
    expect(kinds([])).toBe("Unusual traffic");
    expect(kinds(["tcp-syn"])).toBe("TCP SYN flood");
    expect(kinds(["ntp", "udp", "dns"])).toBe("NTP reflection and 2 more");
  });
  it("tells legitimate loss finer than other shares", () => {
    expect(lossText(0)).toBe("0 %");
    expect(lossText(0.00004)).toBe("< 0.01 %");
    expect(lossText(0.00042)).toBe("0.04 %");
    expect(lossText(0.012)).toBe("1.2 %");
    expect(lossText(1)).toBe("100.0 %");
  });
  it("explains each level of the guard", () => {
    for (const level of ["analysis", "basic", "strong"]) {
      expect(guardTitle(level)).not.toBe(level);
      expect(guardSentence(level)).toMatch(/\.$/);
      expect(guardPlain(level)).toMatch(/^We |^Senders /);
    }
    expect(guardTitle("new-level")).toBe("new-level");
  });
  it("explains each consent by its effect", () => {
    for (const c of consentModes) {
      expect(c.sentence).toMatch(/\.$/);
      expect(c.effect).toMatch(/^From now on/);
    }
  });
});
