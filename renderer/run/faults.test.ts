import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../engine/contract/index.ts';
import { headline, latestFault } from './faults.ts';

const event = (kind: string, cell: string): RunEvent => ({
  guestNs: 0,
  instructions: 0,
  severity: 'error',
  kind,
  sentence: '',
  target: { cell },
});

describe('fault cards', () => {
  const events = [event('cell.started', 'a'), event('violation', 'a'), event('violation', 'b')];

  it('show the last violation of the cell itself', () => {
    expect(latestFault(events, 'a', [])).toEqual({ event: events[1], index: 1 });
    expect(latestFault(events, 'c', [])).toBeUndefined();
  });

  it('go when they were read, and when the cell starts anew', () => {
    expect(latestFault(events, 'a', [1])).toBeUndefined();
    expect(latestFault([...events, event('cell.started', 'a')], 'a', [])).toBeUndefined();
  });

  it('begin with one sentence, addresses and versions unbroken', () => {
    expect(headline('CPU 4 wrote 0x9.1. Give it the page.')).toEqual({
      first: 'CPU 4 wrote 0x9.1.',
      rest: 'Give it the page.',
    });
    expect(headline('no end')).toEqual({ first: 'no end', rest: '' });
  });
});
