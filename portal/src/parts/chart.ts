// What a chart of traffic is made of: the nouns that the chart and its canvas share.
import { bitRate, packetRate } from "../format/units";
import type { Unit } from "../logic/series";

export interface ChartLine {
  label: string;
  values: (number | null)[];
  look: "line" | "passed" | "dropped"; // passed and dropped are stacked areas, dropped on top
}

export interface ChartMark {
  at: number; // Unix seconds
  label: string;
}

export interface RateChartProps {
  label: string;
  at: number[];
  lines: ChartLine[];
  unit: Unit;
  marks?: ChartMark[];
  height?: number;
  syncKey?: string;
}

export const rateText = (unit: Unit) => (unit === "bits_per_s" ? bitRate : packetRate);
