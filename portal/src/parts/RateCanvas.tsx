// uPlot behind RateChart. Colours come from the page's custom properties, so that a change of theme repaints.
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { stacked } from "../logic/series";
import { usePreferences } from "../shell/preferences";
import { rateText, type ChartLine, type ChartMark, type RateChartProps } from "./chart";

export default function RateCanvas({ at, lines, unit, marks = [], height = 220, syncKey }: RateChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const { theme } = usePreferences();
  const shown = useRef({ lines, marks, at });
  shown.current = { lines, marks, at };
  const looks = lines.map((line) => `${line.label}/${line.look}`).join() + (marks.length > 0);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const axis: uPlot.Axis = {
      stroke: colour("--cds-text-secondary"),
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { show: false },
      font: '12px "IBM Plex Sans", system-ui, sans-serif',
    };
    const options: uPlot.Options = {
      width: element.clientWidth,
      height,
      legend: { show: false },
      cursor: { y: false, points: { size: 6 }, ...(syncKey ? { sync: { key: syncKey } } : {}) },
      scales: { y: { range: (_u, _min, max) => [0, max > 0 ? max * 1.08 : 1000] } },
      axes: [
        { ...axis, size: 28, space: 76, values: (_u, splits) => splits.map((s) => timeLabel(s, splits)) },
        { ...axis, size: 76, values: (_u, splits) => splits.map((value) => rateText(unit)(value)) },
      ],
      series: [{}, ...drawingOrder(shown.current.lines).map((line) => seriesLook(line, colour, unit))],
      hooks: { draw: [(u) => drawMarks(u, shown.current.marks, colour)], setCursor: [tooltip(element, () => shown.current, unit)] },
      padding: [marks.length > 0 ? 24 : 8, 28, 0, 0],
    };
    const made = new uPlot(options, columns(shown.current.at, shown.current.lines), element);
    plot.current = made;
    const resize = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [looks, unit, height, theme, syncKey]);

  useEffect(() => {
    plot.current?.setData(columns(at, lines));
  }, [at, lines, marks]);

  return <div ref={box} className="canvas" aria-hidden="true" />;
}

// The sum is painted first and the passed part over it, so that what stays visible on top is what was dropped.
function drawingOrder(lines: ChartLine[]): ChartLine[] {
  const rank = { dropped: 0, passed: 1, line: 2 };
  return [...lines].sort((a, b) => rank[a.look] - rank[b.look]);
}

function columns(at: number[], lines: ChartLine[]): uPlot.AlignedData {
  const passed = lines.find((line) => line.look === "passed");
  const values = drawingOrder(lines).map((line) => (line.look === "dropped" && passed ? stacked(passed.values, line.values) : line.values));
  return [at, ...values] as uPlot.AlignedData;
}

function seriesLook(line: ChartLine, colour: (name: string) => string, unit: RateChartProps["unit"]): uPlot.Series {
  const text = rateText(unit);
  const value = (_u: uPlot, v: number | null) => (v === null ? "–" : text(v));
  if (line.look === "line") return { label: line.label, value, stroke: colour("--cds-text-secondary"), width: 1.25, dash: [4, 3], points: { show: false } };
  if (line.look === "passed") return { label: line.label, value, stroke: colour("--passed"), width: 1.5, fill: colour("--passed-fill"), points: { show: false } };
  const hatched = hatch(colour("--dropped-fill"), colour("--dropped"));
  return { label: line.label, value, stroke: colour("--dropped"), width: 1.5, fill: () => hatched, points: { show: false } };
}

// Hatching tells dropped from passed without colour.
function hatch(ground: string, stripe: string): CanvasPattern | string {
  const size = 8 * devicePixelRatio;
  const tile = document.createElement("canvas");
  tile.width = tile.height = size;
  const pen = tile.getContext("2d");
  if (!pen) return ground;
  pen.fillStyle = ground;
  pen.fillRect(0, 0, size, size);
  pen.strokeStyle = stripe;
  pen.globalAlpha = 0.6;
  pen.lineWidth = 1.2 * devicePixelRatio;
  for (const shift of [-size, 0, size]) {
    pen.beginPath();
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
    pen.stroke();
  }
  return pen.createPattern(tile, "repeat") ?? ground;
}

// Each step of the story is a line with its words above the plot; steps that fall together share their words.
function drawMarks(u: uPlot, marks: ChartMark[], colour: (name: string) => string): void {
  const { ctx, bbox } = u;
  const scale = devicePixelRatio;
  const placed = grouped(marks.map((mark) => ({ x: Math.round(u.valToPos(mark.at, "x", true)), label: mark.label })).filter(({ x }) => x >= bbox.left && x <= bbox.left + bbox.width));
  ctx.save();
  ctx.font = `${11 * scale}px "IBM Plex Sans", system-ui, sans-serif`;
  ctx.textBaseline = "alphabetic";
  ctx.textAlign = "left";
  ctx.lineWidth = scale;
  let free = bbox.left;
  for (const { x, label } of placed) {
    ctx.strokeStyle = colour("--cds-text-secondary");
    ctx.setLineDash([2 * scale, 3 * scale]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top - 4 * scale);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const width = ctx.measureText(label).width;
    const left = Math.min(x, bbox.left + bbox.width - width);
    if (left < free) continue;
    ctx.fillStyle = colour("--cds-text-primary");
    ctx.fillText(label, left, bbox.top - 8 * scale);
    free = left + width + 8 * scale;
  }
  ctx.restore();
}

const togetherPx = 10;

function grouped(marks: { x: number; label: string }[]): { x: number; label: string }[] {
  const groups: { x: number; label: string }[] = [];
  for (const mark of marks) {
    const last = groups[groups.length - 1];
    if (last && mark.x - last.x < togetherPx * devicePixelRatio) last.label += ` · ${mark.label}`;
    else groups.push({ ...mark });
  }
  return groups;
}

const secondsFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minutesFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

function timeLabel(at: number, splits: number[]): string {
  const step = (splits[1] ?? at + 60) - (splits[0] ?? at);
  if (step >= 86_400) return dayFormat.format(at * 1000);
  return (step < 60 ? secondsFormat : minutesFormat).format(at * 1000);
}

function tooltip(element: HTMLElement, shown: () => { at: number[]; lines: ChartLine[] }, unit: RateChartProps["unit"]) {
  const tip = document.createElement("div");
  tip.className = "canvas__tip";
  tip.hidden = true;
  element.append(tip);
  return (u: uPlot) => {
    if (!tip.isConnected) element.append(tip);
    const { idx, left } = u.cursor;
    const { at, lines } = shown();
    const time = idx === null || idx === undefined ? undefined : at[idx];
    if (time === undefined || left === undefined || left < 0) {
      tip.hidden = true;
      return;
    }
    const rows = lines.map((line) => {
      const value = line.values[idx!];
      return `${line.label}: ${value === null || value === undefined ? "–" : rateText(unit)(value)}`;
    });
    tip.textContent = [secondsFormat.format(time * 1000), ...rows].join("\n");
    tip.hidden = false;
    const right = left > u.over.clientWidth / 2;
    tip.style.insetInlineStart = right ? "auto" : `${u.over.offsetLeft + left + 12}px`;
    tip.style.insetInlineEnd = right ? `${element.clientWidth - u.over.offsetLeft - left + 12}px` : "auto";
  };
}
