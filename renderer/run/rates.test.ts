import { describe, expect, it } from 'vitest';
import { counterRates, SPARK_SAMPLES, sparkPoints } from './rates.ts';

const sample = (seconds: number, total: number) => ({
  guestNs: seconds * 1e9,
  cell: 'a',
  counters: { vmexits_total: total },
});

describe('exit rates', () => {
  it('are per second of guest time', () => {
    const [total] = counterRates([sample(0, 0), sample(0.5, 50), sample(2.5, 450)]);
    expect(total).toEqual({ name: 'total', total: 450, rate: 200, recent: [100, 200] });
  });

  it('start again when a cell was created anew', () => {
    expect(counterRates([sample(0, 1000), sample(1, 30)])[0]!.rate).toBe(30);
  });

  it('say nothing before there is anything to say', () => {
    expect(counterRates([])).toEqual([]);
    expect(counterRates([sample(1, 5)])[0]!.rate).toBeUndefined();
    expect(counterRates([sample(1, 5), sample(1, 6)])[0]!.recent).toEqual([]);
  });

  it('keep a sparkline short', () => {
    const samples = Array.from({ length: 500 }, (_, i) => sample(i, i * i));
    expect(counterRates(samples)[0]!.recent).toHaveLength(SPARK_SAMPLES);
    expect(sparkPoints([0, 5, 10], 64, 16)).toBe('0.0,15.0 32.0,8.0 64.0,1.0');
    expect(sparkPoints([0, 0], 64, 16)).toBe('0.0,15.0 64.0,15.0');
  });
});
