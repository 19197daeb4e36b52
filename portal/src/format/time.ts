// Times for people: always absolute and relative together, in the reader's own zone.

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

// "2 min 14 s", the two largest parts.
export function duration(ms: number): string {
  const t = Math.max(0, ms);
  if (t < 10 * second) return `${(t / second).toFixed(1)} s`;
  if (t < minute) return `${Math.floor(t / second)} s`;
  if (t < hour) return pair(t, minute, "min", second, "s");
  if (t < day) return pair(t, hour, "h", minute, "min");
  return pair(t, day, "d", hour, "h");
}

function pair(t: number, big: number, bigName: string, small: number, smallName: string): string {
  const bigs = Math.floor(t / big);
  const smalls = Math.floor((t % big) / small);
  return smalls > 0 ? `${bigs} ${bigName} ${smalls} ${smallName}` : `${bigs} ${bigName}`;
}

// "3 min ago", "in 12 min", "now"; coarse on purpose, so that it does not flicker.
export function relative(at: number, now: number): string {
  const gap = Math.abs(now - at);
  const text = gap < 5 * second ? null : coarse(gap);
  if (text === null) return "now";
  return at > now ? `in ${text}` : `${text} ago`;
}

function coarse(gap: number): string {
  if (gap < minute) return `${Math.floor(gap / second)} s`;
  if (gap < hour) return `${Math.floor(gap / minute)} min`;
  if (gap < 2 * day) return `${Math.floor(gap / hour)} h`;
  return `${Math.floor(gap / day)} days`;
}

const clockFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const fullFormat = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });

// "14:02:11" today, "3 Mar 14:02:11" on any other day.
export function absolute(at: number, now: number): string {
  const clock = clockFormat.format(at);
  return new Date(at).toDateString() === new Date(now).toDateString() ? clock : `${dayFormat.format(at)} ${clock}`;
}

export const clock = (at: number): string => clockFormat.format(at);
export const full = (at: number): string => fullFormat.format(at);

// "+1.42 s" since the first line of a timeline.
export function offset(at: number, start: number): string {
  const gap = at - start;
  if (gap < 0) return `−${duration(-gap)}`;
  if (gap < 10 * second) return `+${(gap / second).toFixed(2)} s`;
  return `+${duration(gap)}`;
}
