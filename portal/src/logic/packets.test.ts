import { describe, expect, it } from "vitest";
import { flagsText, protocolText } from "./packets";

describe("packets", () => {
  it("names flags", () => {
    expect(flagsText(0x02)).toBe("SYN");
    expect(flagsText(0x12)).toBe("SYN ACK");
    expect(flagsText(0)).toBe("none");
  });
  it("names protocols, or shows their number", () => {
    expect(protocolText(6)).toBe("TCP");
    expect(protocolText(253)).toBe("IP 253");
  });
});
