import { describe, expect, it } from "vitest";
import type { TrafficSample, TrafficSeries } from "../api/types";
import { areaPath, bridged, largest, latest, stacked, withSample } from "./series";

const rates = (values: (number | null)[]) => ({ packets_per_s: values, bits_per_s: values.map((v) => (v === null ? null : v * 8)) });

function series(at: number[], values: (number | null)[], step = 1): TrafficSeries {
  return {
    tenant_id: null,
    prefix: null,
    from: new Date(at[0]! * 1000).toISOString(),
    to: new Date(at[at.length - 1]! * 1000).toISOString(),
    resolution_s: step,
    at,
    inbound: rates(values),
    outbound: rates(values),
    passed: rates(values),
    dropped: rates(values),
  };
}

function sample(at: number, value: number): TrafficSample {
  const rate = { packets_per_s: value, bits_per_s: value * 8 };
  return { tenant_id: null, at: new Date(at * 1000).toISOString(), inbound: rate, outbound: rate, passed: rate, dropped: rate };
}

describe("withSample", () => {
  it("moves the window on", () => {
    const next = withSample(series([10, 11, 12], [1, 2, 3]), sample(13, 4));
    expect(next.at).toEqual([11, 12, 13]);
    expect(next.dropped.packets_per_s).toEqual([2, 3, 4]);
    expect(next.passed.bits_per_s).toEqual([16, 24, 32]);
  });
  it("replaces the point that it belongs to", () => {
    const next = withSample(series([10, 15], [1, 2], 5), sample(17, 9));
    expect(next.at).toEqual([10, 15]);
    expect(next.inbound.packets_per_s).toEqual([1, 9]);
  });
  it("shows a silence as a gap", () => {
    const next = withSample(series([10, 11, 12], [1, 2, 3]), sample(14, 5));
    expect(next.at).toEqual([12, 13, 14]);
    expect(next.inbound.packets_per_s).toEqual([3, null, 5]);
  });
  it("keeps what is older out, and what is far too new", () => {
    const before = series([10, 11, 12], [1, 2, 3]);
    expect(withSample(before, sample(9, 7))).toBe(before);
    expect(withSample(before, sample(500, 7))).toBe(before);
  });
  it("starts from nothing", () => {
    const empty = { ...series([10], [1]), at: [], inbound: rates([]), outbound: rates([]), passed: rates([]), dropped: rates([]) };
    const next = withSample(empty, sample(10, 1));
    expect(next.at).toEqual([10]);
    expect(next.passed.packets_per_s).toEqual([1]);
  });
});

describe("columns", () => {
  it("stacks", () => expect(stacked([1, null, null, 4], [10, 20, null, null])).toEqual([11, 20, null, 4]));
  it("bridges a late report, and shows a silence", () => {
    expect(bridged([1, null, 3, null, null, 6, null, null, null, 10, null])).toEqual([1, 1, 3, 3, 3, 6, null, null, null, 10, null]);
    expect(bridged([null, null, 3])).toEqual([null, null, 3]);
    expect(bridged([])).toEqual([]);
  });
  it("finds the latest and the largest", () => {
    expect(latest([1, 2, null])).toBe(2);
    expect(latest([null])).toBeNull();
    expect(largest([1, null, 7])).toBe(7);
  });
  it("draws from the floor and back to it", () => {
    expect(areaPath([0, 10], 10, 100, 20)).toBe("M0,20L0.0,20.0L100.0,0.0L100,20Z");
    expect(areaPath([1], 10, 100, 20)).toBe("");
  });
});
