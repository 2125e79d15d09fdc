// Exit counters as rates: exits per second of guest time, from samples of ever-growing sums.
import type { CounterSample } from '../../engine/contract/index.ts';

export interface CounterRate {
  /** sysfs name without the `vmexits_` that they all share. */
  name: string;
  total: number;
  /** Per guest second between the last two samples; undefined before the second sample. */
  rate: number | undefined;
  /** Rates of the latest samples, oldest first, for the sparkline. */
  recent: number[];
}

/** How many samples a sparkline shows. */
export const SPARK_SAMPLES = 60;

/** Rates of one cell's samples, in order of guest time. A sum that shrinks (the cell was created anew) starts from zero. */
export function counterRates(samples: readonly CounterSample[]): CounterRate[] {
  const latest = samples.at(-1);
  if (!latest) return [];
  const shown = samples.slice(-SPARK_SAMPLES - 1);
  return Object.keys(latest.counters).map((key) => {
    const recent: number[] = [];
    for (let i = 1; i < shown.length; i++) {
      const [before, after] = [shown[i - 1]!, shown[i]!];
      const seconds = (after.guestNs - before.guestNs) / 1e9;
      const now = after.counters[key] ?? 0;
      const was = before.counters[key] ?? 0;
      if (seconds > 0) recent.push((now >= was ? now - was : now) / seconds);
    }
    return { name: key.replace(/^vmexits_/, ''), total: latest.counters[key]!, rate: recent.at(-1), recent };
  });
}

/** Points of a polyline in a box of this size; a flat line lies on the ground. */
export function sparkPoints(values: readonly number[], width: number, height: number): string {
  const top = Math.max(...values, 1e-9);
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  return values
    .map((value, i) => `${(i * step).toFixed(1)},${(height - 1 - (value / top) * (height - 2)).toFixed(1)}`)
    .join(' ');
}
