import { describe, expect, it } from "vitest";
import { bitRate, byteCount, exactCount, packetRate, share, shortCount, times } from "./units";

describe("rates", () => {
  it.each([
    [0, "0 pps"],
    [999, "999 pps"],
    [1000, "1.00 kpps"],
    [12_345, "12.3 kpps"],
    [999_400, "999 kpps"],
    [999_960, "1.00 Mpps"],
    [148_000_000, "148 Mpps"],
  ])("%d packets/s is %s", (value, text) => expect(packetRate(value)).toBe(text));

  it("keeps three digits at every border", () => {
    expect(bitRate(9_994_000_000)).toBe("9.99 Gbps");
    expect(bitRate(9_996_000_000)).toBe("10.0 Gbps");
    expect(bitRate(99_960_000_000)).toBe("100 Gbps");
    expect(byteCount(1_600_000_000_000)).toBe("1.60 TB");
  });

  it("shows a dash for what is not a number", () => expect(packetRate(Number.NaN)).toBe("–"));
});

describe("counts", () => {
  it("shortens and keeps the exact figure", () => {
    expect(shortCount(1_234_567)).toBe("1.23 M");
    expect(shortCount(42)).toBe("42");
    expect(exactCount(1_234_567)).toBe("1,234,567");
  });
});

describe("share", () => {
  it("never rounds up to everything", () => {
    expect(share(999_999, 1_000_000)).toBe("> 99.99 %");
    expect(share(99_950, 100_000)).toBe("99.95 %");
    expect(share(100, 100)).toBe("100 %");
  });
  it("never rounds down to nothing", () => {
    expect(share(1, 1_000_000)).toBe("< 0.1 %");
    expect(share(0, 10)).toBe("0 %");
  });
  it("has no opinion on nothing", () => expect(share(0, 0)).toBe("–"));
});

describe("times", () => {
  it("compares with what is usual", () => {
    expect(times(200, 100)).toBe("2.0×");
    expect(times(123_400, 100)).toBe("1,234×");
    expect(times(90, 100)).toBeNull();
    expect(times(90, 0)).toBeNull();
  });
});
