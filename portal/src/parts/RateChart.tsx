// Traffic over time. The drawing library is fetched when the first chart is shown; a table tells the same to those who
// do not see it.
import { lazy, Suspense, useMemo } from "react";
import { clock } from "../format/time";
import { bridged, largest, latest } from "../logic/series";
import { rateText, type RateChartProps } from "./chart";

const Canvas = lazy(() => import("./RateCanvas"));

export function RateChart(props: RateChartProps) {
  const { label, unit, at, height = 220 } = props;
  const given = props.lines;
  const lines = useMemo(() => given.map((line) => ({ ...line, values: bridged(line.values) })), [given]);
  const text = rateText(unit);
  const summary = lines
    .map((line) => {
      const now = latest(line.values);
      return `${line.label}: ${now === null ? "nothing reported" : `${text(now)} now, at most ${text(largest(line.values))}`}`;
    })
    .join("; ");
  return (
    <figure className="chart">
      <ul className="chart__legend" aria-hidden="true">
        {lines.map((line) => (
          <li key={line.label}>
            <span className={`swatch swatch--${line.look}`} />
            {line.label}
            <b className="number">{latest(line.values) === null ? "–" : text(latest(line.values)!)}</b>
          </li>
        ))}
      </ul>
      <div role="img" aria-label={`${label}. ${summary}.`} style={{ blockSize: height }}>
        <Suspense fallback={null}>
          <Canvas {...props} lines={lines} height={height} />
        </Suspense>
      </div>
      <details className="chart__table">
        <summary>The last figures as a table</summary>
        <table>
          <caption className="hidden">{label}</caption>
          <thead>
            <tr>
              <th scope="col">Time</th>
              {lines.map((line) => (
                <th scope="col" key={line.label}>
                  {line.label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {at.slice(-12).map((time, i, shown) => (
              <tr key={time}>
                <th scope="row">{clock(time * 1000)}</th>
                {lines.map((line) => {
                  const value = line.values[at.length - shown.length + i];
                  return <td key={line.label}>{value === null || value === undefined ? "–" : text(value)}</td>;
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
