import { describe, expect, it } from "vitest";
import { absolute, duration, offset, relative } from "./time";

const noon = new Date(2026, 2, 3, 12, 0, 0).getTime();

describe("duration", () => {
  it.each([
    [-5, "0.0 s"],
    [1420, "1.4 s"],
    [59_999, "59 s"],
    [60_000, "1 min"],
    [134_000, "2 min 14 s"],
    [3_600_000, "1 h"],
    [90_000_000, "1 d 1 h"],
  ])("%d ms is %s", (ms, text) => expect(duration(ms)).toBe(text));
});

describe("relative", () => {
  it("looks both ways", () => {
    expect(relative(noon - 3 * 60_000, noon)).toBe("3 min ago");
    expect(relative(noon + 12 * 60_000, noon)).toBe("in 12 min");
  });
  it("does not count the first seconds", () => expect(relative(noon - 4000, noon)).toBe("now"));
  it("counts days in the end", () => expect(relative(noon - 72 * 3_600_000, noon)).toBe("3 days ago"));
});

describe("absolute", () => {
  it("names the day only when it is another one", () => {
    expect(absolute(noon + 131_000, noon)).toBe("12:02:11");
    expect(absolute(noon - 86_400_000, noon)).toBe("2 Mar 12:00:00");
  });
});

describe("offset", () => {
  it("is precise where a timeline needs it", () => {
    expect(offset(noon + 1420, noon)).toBe("+1.42 s");
    expect(offset(noon + 75_000, noon)).toBe("+1 min 15 s");
    expect(offset(noon - 1000, noon)).toBe("−1.0 s");
  });
});
