// CPUs of a scenario: who has which, and moving one. The root's set in the system configuration holds every CPU of the system;
// a cell takes its own from it, so a move only ever changes sets of cells (ABI reference, A.1 and A.11).
import { cpuSetOf, cpusOf } from '../../engine/config/index.ts';
import type { CellConfig } from '../../engine/config/index.ts';

/** A cell as this module needs it; `key` names it, exactly one is the root. */
export interface CpuOwner {
  key: string;
  /** What the plan calls it: `root`, or the cell's name. */
  title: string;
  root: boolean;
  cell: CellConfig;
}

/** What a move would do, or why it is forbidden. */
export interface Verdict {
  allowed: boolean;
  text: string;
}

/** A move in the hand. */
export interface CpuMove {
  cpu: number;
  /** Key of the cell that has it now. */
  from: string;
  /** Key of the column it is over; undefined over none. */
  over: string | undefined;
  /** What dropping it there would do; undefined over none and over the cell that has it. */
  verdict: Verdict | undefined;
  /** Pointer position. */
  at: { x: number; y: number };
}

export interface CpuPlace {
  cpu: number;
  /** Keys of cells that list it besides the root; more than one is a conflict for the rules to tell. */
  takenBy: string[];
}

/** CPUs of the system in order, each with the cells that take it. */
export function cpuPlaces(owners: readonly CpuOwner[]): CpuPlace[] {
  const places = new Map<number, CpuPlace>();
  for (const owner of owners) {
    for (const cpu of cpusOf(owner.cell.cpuSet)) {
      const place = places.get(cpu) ?? { cpu, takenBy: [] };
      if (!owner.root) place.takenBy.push(owner.key);
      places.set(cpu, place);
    }
  }
  return [...places.values()].sort((a, b) => a.cpu - b.cpu);
}

/** The CPUs that a cell really has: the root loses what cells take. */
export function cpusHeldBy(owner: CpuOwner, owners: readonly CpuOwner[]): number[] {
  const own = cpusOf(owner.cell.cpuSet);
  if (!owner.root) return own;
  const taken = new Set(owners.filter((other) => !other.root).flatMap((other) => cpusOf(other.cell.cpuSet)));
  return own.filter((cpu) => !taken.has(cpu));
}

/** The new CPU set of each cell that a move changes; empty if it changes nothing. */
export function moveCpu(cpu: number, to: string, owners: readonly CpuOwner[]): { key: string; cpuSet: Uint8Array }[] {
  const changes: { key: string; cpuSet: Uint8Array }[] = [];
  for (const owner of owners) {
    if (owner.root) continue;
    const has = cpusOf(owner.cell.cpuSet);
    const wants = owner.key === to;
    if (has.includes(cpu) === wants) continue;
    const next = wants ? [...has, cpu] : has.filter((other) => other !== cpu);
    changes.push({ key: owner.key, cpuSet: cpuSetFor(next, owner.cell.cpuSet.length) });
  }
  return changes;
}

/** A CPU set of the same length as long as the CPUs fit it, else as long as they need. */
export const cpuSetFor = (cpus: readonly number[], length: number): Uint8Array =>
  cpus.every((cpu) => cpu < length * 8) ? cpuSetOf(cpus, length) : cpuSetOf(cpus);

/** What a move changes, in words: `root keeps 12 · inmate-demo has 2`. */
export function moveEffects(cpu: number, to: CpuOwner, owners: readonly CpuOwner[]): string {
  const holders = owners.filter((owner) => owner.key !== to.key && cpusHeldBy(owner, owners).includes(cpu));
  const keeps = holders.map((owner) => `${owner.title} keeps ${cpusHeldBy(owner, owners).length - 1}`);
  return [...keeps, `${to.title} has ${cpusHeldBy(to, owners).length + 1}`].join(' · ');
}
