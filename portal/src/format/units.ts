// Quantities as network people write them: "1.2 Mpps", "940 Mbps", "12.4 GB", "99.97 %".

const steps: readonly [number, string][] = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];

// Three significant digits, so that a column of figures can be compared at a glance.
function scaled(value: number, unit: string): string {
  if (!Number.isFinite(value)) return "–";
  for (const [size, letter] of steps) {
    // 999,950 rounds to "1,000 k"; write "1.00 M" instead.
    if (value >= size * 0.9995) return `${threeDigits(value / size)} ${letter}${unit}`;
  }
  return `${Math.round(value)} ${unit}`.trim();
}

function threeDigits(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}

export const packetRate = (perSecond: number): string => scaled(perSecond, "pps");
export const bitRate = (perSecond: number): string => scaled(perSecond, "bps");
export const byteCount = (bytes: number): string => scaled(bytes, "B");
// Large counts are shortened, with the exact figure left to the title of the cell: see `exactCount`.
export const shortCount = (count: number): string => scaled(count, "").trim();
export const exactCount = (count: number): string => Math.round(count).toLocaleString("en");

// A share never claims more than is true: one packet that passed keeps it from reading "100 %".
export function share(part: number, whole: number): string {
  if (whole <= 0) return "–";
  const percent = (100 * part) / whole;
  if (part >= whole) return "100 %";
  if (percent > 99.9) return percent >= 99.99 ? "> 99.99 %" : `${(Math.floor(percent * 100) / 100).toFixed(2)} %`;
  if (percent >= 10) return `${percent.toFixed(1)} %`;
  if (percent >= 0.1) return `${percent.toFixed(1)} %`;
  return part > 0 ? "< 0.1 %" : "0 %";
}

export function times(now: number, usual: number): string | null {
  if (usual <= 0 || now <= usual) return null;
  const factor = now / usual;
  return factor >= 10 ? `${Math.round(factor).toLocaleString("en")}×` : `${factor.toFixed(1)}×`;
}
