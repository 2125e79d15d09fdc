import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cpuSetOf, cpusOf } from '../../engine/config/index.ts';
import type { CellConfig } from '../../engine/config/index.ts';
import { cpuPlaces, cpusHeldBy, moveCpu, moveEffects } from './cpus.ts';
import type { CpuOwner } from './cpus.ts';

const owner = (key: string, cpus: number[], length = 8): CpuOwner => ({
  key,
  title: key,
  root: key === 'root',
  cell: { cpuSet: cpuSetOf(cpus, length) } as CellConfig,
});
const owners = [owner('root', [0, 1, 2, 3, 4, 5]), owner('a', [1]), owner('b', [2, 3])];

const apply = (cpu: number, to: string): CpuOwner[] => {
  const changes = new Map(moveCpu(cpu, to, owners).map(({ key, cpuSet }) => [key, cpuSet]));
  return owners.map((each) => ({ ...each, cell: { ...each.cell, cpuSet: changes.get(each.key) ?? each.cell.cpuSet } }));
};

describe('CPUs', () => {
  it('belong to the root until a cell takes them', () => {
    expect(cpusHeldBy(owners[0]!, owners)).toEqual([0, 4, 5]);
    expect(cpuPlaces(owners)[1]).toEqual({ cpu: 1, takenBy: ['a'] });
  });

  it('are in exactly the cell they were moved to, and no other CPU moves', () => {
    fc.assert(
      fc.property(fc.constantFrom(0, 1, 2, 3, 4, 5), fc.constantFrom('root', 'a', 'b'), (cpu, to) => {
        const after = apply(cpu, to);
        for (const each of after) {
          expect(cpusHeldBy(each, after).includes(cpu)).toBe(each.key === to);
          const before = owners.find((other) => other.key === each.key)!;
          const rest = (all: number[]): number[] => all.filter((other) => other !== cpu);
          expect(rest(cpusHeldBy(each, after))).toEqual(rest(cpusHeldBy(before, owners)));
        }
        expect(after[0]).toEqual(owners[0]);
      }),
    );
  });

  it('change one file when they come from the root, none when they stay', () => {
    expect(moveCpu(4, 'a', owners).map(({ key }) => key)).toEqual(['a']);
    expect(moveCpu(1, 'a', owners)).toEqual([]);
    expect(moveCpu(4, 'root', owners)).toEqual([]);
  });

  it('grow a set that is too short, and keep the length of one that is not', () => {
    const many = [owner('root', [70], 16), owner('a', [1])];
    const [change] = moveCpu(70, 'a', many);
    expect(cpusOf(change!.cpuSet)).toEqual([1, 70]);
    expect(change!.cpuSet.length).toBe(16);
    expect(moveCpu(4, 'a', [owner('root', [4], 32), owner('a', [], 32)])[0]!.cpuSet.length).toBe(32);
  });

  it('tell what a move changes', () => {
    expect(moveEffects(4, owners[1]!, owners)).toBe('root keeps 2 · a has 2');
    expect(moveEffects(2, owners[0]!, owners)).toBe('b keeps 1 · root has 4');
  });
});
