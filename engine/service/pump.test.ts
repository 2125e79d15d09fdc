import { expect, test } from 'vitest';
import { FOREVER } from '../hypervisor/index.ts';
import type { Task } from '../hypervisor/index.ts';
import { Scheduler } from '../machine/scheduler.ts';
import { guestNs } from '../util/units.ts';
import { Pump } from './pump.ts';

/** A machine without CPUs: time passes by events alone. */
const machine = () =>
  new Scheduler(
    [],
    { deadline: () => Infinity, update: () => undefined, nextEvent: () => Infinity },
    { pending: () => false, take: () => undefined },
  );

test('a task sees the same times however often the pump is left and entered', () => {
  const times = (limits: readonly number[]): number[] => {
    const scheduler = machine();
    const seen: number[] = [];
    function* task(): Task<void> {
      for (const ns of [5_000, 100_000, 1_000_000]) {
        yield { until: guestNs(ns), reason: 'the time' };
        seen.push(scheduler.now);
      }
    }
    const pump = new Pump(scheduler, task());
    for (const limit of limits) pump.advance(guestNs(limit));
    expect(pump.result).toBeDefined();
    return seen;
  };
  expect(times([20_000, 40_000, 500_000, 2_000_000])).toEqual(times([Infinity]));
});

test('a condition that consumes what it finds is asked once for each find', () => {
  const scheduler = machine();
  let found = 0;
  scheduler.events.at(guestNs(10), () => (found = 1));
  function* task(): Task<string> {
    return yield { until: guestNs(1000), stop: () => found > 0 && found-- > 0, reason: 'a find' };
  }
  const pump = new Pump(scheduler, task());
  expect(pump.advance()).toBe('finished');
  expect(pump.result?.value).toBe('stopped');
  expect(found).toBe(0);
});

test('waiting for input that has not come is idle, and goes on when it has', () => {
  const scheduler = machine();
  let input = false;
  function* task(): Task<string> {
    return yield { until: FOREVER, stop: () => input, reason: 'input' };
  }
  const pump = new Pump(scheduler, task());
  expect(pump.advance()).toBe('idle');
  expect(pump.waitingFor).toBe('input');
  input = true;
  expect(pump.advance()).toBe('finished');
});
