// The timeline's lanes from the events of a run: one for the hypervisor, one for the root, one a cell; stretches of one state and
// marks where something happened.
import type { RunEvent } from '../../engine/contract/index.ts';

export type Tone = 'quiet' | 'running' | 'failed';

export interface Stretch {
  fromNs: number;
  /** Undefined: it still goes on. */
  toNs: number | undefined;
  label: string;
  tone: Tone;
}

export interface Lane {
  kind: 'hypervisor' | 'root' | 'cell';
  /** The cell's name; `hypervisor`, `root`, `board`. */
  name: string;
  stretches: Stretch[];
  /** Indexes of events that are drawn in this lane. */
  events: number[];
}

/** What a cell is in after an event of this kind; null: it is gone. */
const CELL_STATES: Record<string, { label: string; tone: Tone } | null> = {
  'cell.created': { label: 'created', tone: 'quiet' },
  'cell.loadable': { label: 'load', tone: 'quiet' },
  'cell.started': { label: 'running', tone: 'running' },
  'cell.destroyed': null,
  'cpu.parked': { label: 'CPU parked', tone: 'failed' },
  violation: { label: 'CPU parked', tone: 'failed' },
};

const HYPERVISOR_STATES: Record<string, { label: string; tone: Tone } | null> = {
  'hypervisor.enabled': { label: 'enabled', tone: 'quiet' },
  'hypervisor.disabled': null,
};

/** @param bare no root Linux and no hypervisor: the board has one lane of its own */
export function timelineLanes(events: readonly RunEvent[], root: string | undefined, bare = false): Lane[] {
  const hypervisor: Lane = { kind: 'hypervisor', name: 'hypervisor', stretches: [], events: [] };
  const rootLane: Lane = {
    kind: 'root',
    name: bare ? 'board' : 'root',
    stretches: [{ fromNs: 0, toNs: undefined, label: '', tone: 'running' }],
    events: [],
  };
  const cells = new Map<string, Lane>();
  events.forEach((event, index) => {
    const name = event.target?.cell;
    const own = event.kind.startsWith('hypervisor.') || name === undefined;
    let lane = bare ? rootLane : own ? hypervisor : name === root || name === 'root' ? rootLane : cells.get(name);
    if (!lane) {
      lane = { kind: 'cell', name: name!, stretches: [], events: [] };
      cells.set(lane.name, lane);
    }
    lane.events.push(index);
    const next = (lane.kind === 'cell' ? CELL_STATES : lane.kind === 'hypervisor' ? HYPERVISOR_STATES : {})[event.kind];
    if (next === undefined) return;
    const last = lane.stretches.at(-1);
    if (last?.toNs === undefined && last?.label === next?.label && last?.tone === next?.tone) return;
    if (last && last.toNs === undefined) last.toNs = event.guestNs;
    if (next) lane.stretches.push({ fromNs: event.guestNs, toNs: undefined, ...next });
  });
  return bare ? [rootLane] : [hypervisor, rootLane, ...cells.values()];
}

/** Marks of a time axis: round steps at least `gap` pixels apart. */
export function timeTicks(fromNs: number, toNs: number, width: number, gap: number): { ns: number; label: string }[] {
  const span = toNs - fromNs;
  if (span <= 0 || width <= 0) return [];
  const least = (span / width) * gap;
  const power = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= least)!;
  const digits = Math.max(0, Math.min(9, -Math.floor(Math.log10(step / 1e9))));
  const ticks: { ns: number; label: string }[] = [];
  for (let ns = Math.ceil(fromNs / step) * step; ns <= toNs; ns += step)
    ticks.push({ ns, label: `${(ns / 1e9).toFixed(digits)} s` });
  return ticks;
}
