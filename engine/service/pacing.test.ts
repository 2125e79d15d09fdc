import { expect, test } from 'vitest';
import { SLICE } from '../machine/scheduler.ts';
import { guestNs } from '../util/units.ts';
import { Pacer } from './pacing.ts';

function scene() {
  let hostMs = 1000;
  const pacer = new Pacer(() => hostMs);
  pacer.anchor(guestNs(0));
  return { pacer, pass: (ms: number) => (hostMs += ms) };
}

test('after a rest the guest may go as far as the host went', () => {
  const { pacer, pass } = scene();
  let now = guestNs(0);
  for (let i = 0; i < 20; i++) {
    pass(pacer.rest(Infinity));
    now = pacer.limit(now);
  }
  expect(now).toBe(2_000_000_000);
});

test('limits lie on the grid of slices and never behind the guest', () => {
  const { pacer, pass } = scene();
  pass(0.031);
  expect(pacer.limit(guestNs(0))).toBe(SLICE);
  expect(pacer.limit(guestNs(5 * SLICE + 1))).toBe(6 * SLICE);
});

test('a guest that fell far behind goes on at the pace of the host and is not hurried', () => {
  const { pacer, pass } = scene();
  pass(60_000);
  const first = pacer.limit(guestNs(0));
  expect(first).toBeLessThan(1e9);
  pass(100);
  expect(pacer.limit(first) - first).toBe(100_000_000);
});

test('a wake-up soon is waited for, one far away is looked for again before', () => {
  const { pacer } = scene();
  expect(pacer.rest(20_000_000)).toBe(20);
  expect(pacer.rest(1e12)).toBe(100);
  expect(pacer.rest(0)).toBe(1);
});
