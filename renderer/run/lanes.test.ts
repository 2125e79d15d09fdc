import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../engine/contract/index.ts';
import { timelineLanes, timeTicks } from './lanes.ts';

const event = (guestNs: number, kind: string, cell?: string): RunEvent => ({
  guestNs,
  instructions: guestNs,
  severity: kind === 'violation' ? 'error' : 'info',
  kind,
  sentence: kind,
  ...(cell !== undefined && { target: { cell } }),
});

describe('the timeline', () => {
  it('draws a cell from creation to destruction', () => {
    const lanes = timelineLanes(
      [
        event(1, 'hypervisor.enabled'),
        event(2, 'cell.created', 'a'),
        event(3, 'cell.loadable', 'a'),
        event(4, 'cell.started', 'a'),
        event(5, 'violation', 'a'),
        event(5, 'cpu.parked', 'a'),
        event(9, 'cell.destroyed', 'a'),
      ],
      'board',
    );
    expect(lanes.map((lane) => lane.name)).toEqual(['hypervisor', 'root', 'a']);
    expect(lanes[2]!.stretches).toEqual([
      { fromNs: 2, toNs: 3, label: 'created', tone: 'quiet' },
      { fromNs: 3, toNs: 4, label: 'load', tone: 'quiet' },
      { fromNs: 4, toNs: 5, label: 'running', tone: 'running' },
      { fromNs: 5, toNs: 9, label: 'CPU parked', tone: 'failed' },
    ]);
    expect(lanes[2]!.events).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('puts the root’s own events into its lane and keeps what still goes on open', () => {
    const lanes = timelineLanes([event(1, 'violation', 'board'), event(2, 'cell.created', 'a')], 'board');
    expect(lanes[1]).toMatchObject({ events: [0], stretches: [{ fromNs: 0, toNs: undefined }] });
    expect(lanes[2]!.stretches.at(-1)!.toNs).toBeUndefined();
  });

  it('marks round times, never closer than asked', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e12, noNaN: true }),
        fc.double({ min: 1, max: 1e12, noNaN: true }),
        fc.integer({ min: 50, max: 3000 }),
        (from, span, width) => {
          const ticks = timeTicks(from, from + span, width, 60);
          expect(ticks.length).toBeLessThanOrEqual(width / 60 + 2);
        },
      ),
    );
    expect(timeTicks(0, 2.9e9, 600, 80).map((tick) => tick.label)).toEqual([
      '0.0 s',
      '0.5 s',
      '1.0 s',
      '1.5 s',
      '2.0 s',
      '2.5 s',
    ]);
  });

  it('are one for a board without root Linux and hypervisor', () => {
    const [lane, ...others] = timelineLanes([event(1, 'board.off')], undefined, true);
    expect(others).toEqual([]);
    expect(lane).toMatchObject({ name: 'board', events: [0] });
  });
});
