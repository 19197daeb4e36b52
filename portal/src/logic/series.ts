// A traffic series as a chart needs it, growing by one sample a second.
import type { RateColumns, TrafficSample, TrafficSeries } from "../api/types";

export type Unit = "packets_per_s" | "bits_per_s";
export const directions = ["inbound", "outbound", "passed", "dropped"] as const;
export type Column = (typeof directions)[number];

const units: readonly Unit[] = ["packets_per_s", "bits_per_s"];

// Adds a live sample and lets the oldest points go, so that the window keeps its length. Points are averages over
// `resolution_s`; within a point the latest sample stands for it until the server's own average replaces it.
export function withSample(series: TrafficSeries, sample: TrafficSample): TrafficSeries {
  const step = series.resolution_s;
  const at = Math.floor(Date.parse(sample.at) / 1000 / step) * step;
  const last = series.at[series.at.length - 1];
  if (last !== undefined && at < last) return series;
  if (at === last) return { ...series, ...columns((column, unit) => replaceLast(series[column][unit], sample[column][unit])) };
  const missing = last === undefined ? 0 : Math.round((at - last) / step) - 1;
  // After a long silence the window would be all gaps; the caller loads the series again.
  if (missing > series.at.length) return series;
  const times = [...series.at, ...Array.from({ length: missing }, (_, i) => last! + (i + 1) * step), at];
  const length = Math.max(series.at.length, 2);
  const cut = Math.max(0, times.length - length);
  const gap = Array.from<null>({ length: missing }).fill(null);
  return {
    ...series,
    at: times.slice(cut),
    to: sample.at,
    ...columns((column, unit) => [...series[column][unit], ...gap, sample[column][unit]].slice(cut)),
  };
}

function columns(make: (column: Column, unit: Unit) => (number | null)[]): Record<Column, RateColumns> {
  const result = {} as Record<Column, RateColumns>;
  for (const column of directions) {
    result[column] = {} as RateColumns;
    for (const unit of units) result[column][unit] = make(column, unit);
  }
  return result;
}

function replaceLast(values: readonly (number | null)[], value: number): (number | null)[] {
  return values.length === 0 ? [value] : [...values.slice(0, -1), value];
}

// Stacks b on a: where both are unknown the sum is too.
export function stacked(a: readonly (number | null)[], b: readonly (number | null)[]): (number | null)[] {
  return a.map((value, i) => {
    const other = b[i] ?? null;
    return value === null && other === null ? null : (value ?? 0) + (other ?? 0);
  });
}

// A report that came a moment late leaves a second without one: such short gaps are bridged with the value before, longer
// ones stay visible as what they are, a silence.
export function bridged(values: readonly (number | null)[], longest = 2): (number | null)[] {
  const out = [...values];
  let known = -1;
  for (let i = 0; i < out.length; i++) {
    if (out[i] === null) continue;
    if (known >= 0 && i - known > 1 && i - known - 1 <= longest) out.fill(out[known]!, known + 1, i);
    known = i;
  }
  return out;
}

export function latest(values: readonly (number | null)[]): number | null {
  for (let i = values.length - 1; i >= 0; i--) {
    const value = values[i];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}

export function largest(values: readonly (number | null)[]): number {
  return values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
}

// An SVG path for a small chart, from (0, height) up; gaps are drawn as nothing.
export function areaPath(values: readonly (number | null)[], most: number, width: number, height: number): string {
  if (values.length < 2 || most <= 0) return "";
  const x = (i: number) => ((i / (values.length - 1)) * width).toFixed(1);
  const y = (value: number | null) => (height - (Math.min(value ?? 0, most) / most) * height).toFixed(1);
  const points = values.map((value, i) => `${x(i)},${y(value)}`);
  return `M0,${height}L${points.join("L")}L${width},${height}Z`;
}
