// How times, rates and counts read. Guest time is given to the microsecond, in groups of three, as an instrument shows it.

/** Thin space: separates digit groups without looking like a word break. */
const THIN = ' ';

/** `2.914 007` (seconds): six decimals in two groups. */
export function guestSeconds(ns: number): string {
  const micro = Math.floor(ns / 1000);
  const fraction = (micro % 1_000_000).toString().padStart(6, '0');
  return `${Math.floor(micro / 1_000_000)}.${fraction.slice(0, 3)}${THIN}${fraction.slice(3)}`;
}

/** Short form for gutters and lists: `2.914`. */
export const guestStamp = (ns: number): string => (Math.floor(ns / 1e6) / 1000).toFixed(3);

/** A span of guest or host time in its natural unit: `820 ns`, `14.2 µs`, `3.1 ms`, `2.91 s`, `4 min 05 s`. */
export function spanText(ns: number): string {
  if (ns < 1000) return `${Math.round(ns)} ns`;
  if (ns < 1e6) return `${trim(ns / 1e3)} µs`;
  if (ns < 1e9) return `${trim(ns / 1e6)} ms`;
  if (ns < 60e9) return `${trim(ns / 1e9)} s`;
  const seconds = Math.round(ns / 1e9);
  return `${Math.floor(seconds / 60)} min ${(seconds % 60).toString().padStart(2, '0')} s`;
}

const trim = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

/** `18,204`. */
export const countText = (value: number): string => Math.round(value).toLocaleString('en-US');

/** Large counts in four characters or so: `412`, `18.2k`, `3.40M`, `1.2G`. */
export function shortCount(value: number): string {
  const size = Math.abs(value);
  if (size < 1000) return `${Math.round(value)}`;
  for (const [limit, unit] of [
    [1e6, 'k'],
    [1e9, 'M'],
    [1e12, 'G'],
  ] as const) {
    if (size < limit) return `${trim(value / (limit / 1000))}${unit}`;
  }
  return `${trim(value / 1e12)}T`;
}

const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const year = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

/** A moment of the host's calendar, short: `11:04` today, `21 Nov, 17:40` this year, `21 Nov 2025` before. */
export function momentText(ms: number, now: number): string {
  const then = new Date(ms);
  const today = new Date(now);
  if (then.toDateString() === today.toDateString()) return time.format(then);
  if (then.getFullYear() === today.getFullYear()) return `${day.format(then)}, ${time.format(then)}`;
  return year.format(then);
}
