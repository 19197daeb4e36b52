// A small picture of the last minutes: passed at the bottom, dropped hatched on top of it.
import type { TrafficSeries } from "../api/types";
import { areaPath, bridged, largest, stacked, type Unit } from "../logic/series";

interface SparkProps {
  series: Pick<TrafficSeries, "inbound" | "passed" | "dropped"> | undefined;
  unit: Unit;
  label?: string; // without one it is for the eye only: figures beside it tell the same
}

const width = 240;
const height = 40;

export function Spark({ series, unit, label }: SparkProps) {
  const passed = bridged(series?.passed[unit] ?? []);
  const total = series ? stacked(passed, bridged(series.dropped[unit])) : [];
  // Where nothing is diverted there is nothing passed or dropped: what arrives is drawn instead.
  const arriving = series && largest(total) === 0 ? bridged(series.inbound[unit]) : [];
  const most = Math.max(largest(total), largest(arriving));
  return (
    <svg className="spark" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" {...(label ? { role: "img", "aria-label": label } : { "aria-hidden": true })}>
      <defs>
        <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="6" height="6" className="spark__ground" />
          <rect width="2" height="6" className="spark__stripe" />
        </pattern>
      </defs>
      <path d={areaPath(arriving, most, width, height)} className="spark__arriving" />
      <path d={areaPath(total, most, width, height)} className="spark__dropped" fill="url(#hatch)" />
      <path d={areaPath(passed, most, width, height)} className="spark__passed" />
      <path d={`M0,${height - 0.5}H${width}`} className="spark__floor" />
    </svg>
  );
}
