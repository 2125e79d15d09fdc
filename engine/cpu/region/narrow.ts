// Registers that hold 32-bit values: where every way to a place has written only the lower half (and so cleared the upper
// one), a local of 32 bits holds the register. Otherwise the host would keep both its 64 bits and its lower half for who
// reads that.
import type { Effects } from './effects.ts';
import { isOutlined } from './effects.ts';
import type { Flow, FlowBlock } from './flow.ts';

type Blocks = readonly FlowBlock[];

const ALL = -1;

/** Registers in 32-bit locals while an instruction is carried out, given those before it. */
export const narrowWithin = (effects: Effects, narrow: number): number => narrow & ~effects.writesInArms;

/** The same behind it. */
export const narrowBehind = (effects: Effects, narrow: number): number =>
  isOutlined(effects) ? 0 : (narrowWithin(effects, narrow) & ~effects.writes) | effects.writesNarrow;

/** The same behind a block, given those at its start. */
function narrowAtEnd({ block, effects, endEffects }: FlowBlock, start: number): number {
  // A called function may leave anything.
  if (block.ending.kind === 'call') return 0;
  const narrow = effects.reduce((before, each) => narrowBehind(each, before), start);
  return endEffects ? narrowBehind(endEffects, narrow) : narrow;
}

/** For each block, the registers in 32-bit locals at its start. */
function narrowAtStarts(blocks: Blocks, entry: number, allows: Flow['allows']): number[] {
  const starts = blocks.map(() => ALL);
  for (let changed = true; changed;) {
    changed = false;
    for (const { order, predecessors } of blocks) {
      let narrow = order === 0 ? entry : ALL;
      for (const from of predecessors) if (allows(from, order)) narrow &= narrowAtEnd(blocks[from]!, starts[from]!);
      if (narrow === starts[order]) continue;
      starts[order] = narrow;
      changed = true;
    }
  }
  return starts;
}

/** Registers that the region reads before it writes them: of which anybody wants the lower half, and of which all. */
function readFirst(blocks: Blocks): { readonly lower: number; readonly whole: number } {
  const lower = blocks.map(() => 0);
  const whole = blocks.map(() => 0);
  for (let changed = true; changed;) {
    changed = false;
    for (const { order, block, effects, endEffects, successors } of [...blocks].reverse()) {
      const next = block.ending.kind === 'call' ? [] : successors;
      let [low, all] = [lower, whole].map((sets) => next.reduce((set, to) => set | sets[to]!, 0)) as [number, number];
      for (const each of [...effects, ...(endEffects ? [endEffects] : [])].reverse()) {
        const passes = isOutlined(each) ? 0 : ~each.writes;
        low = (low & passes) | (each.reads & ~each.readsWhole);
        all = (all & passes) | each.readsWhole;
      }
      if (low === lower[order] && all === whole[order]) continue;
      [lower[order], whole[order]] = [low, all];
      changed = true;
    }
  }
  return { lower: lower[0]!, whole: whole[0]! };
}

/**
 * Finds where registers are in 32-bit locals. Those of the entry are what is worth a look there: loops write only the lower
 * half for another turn, and nobody reads more before.
 */
export function findNarrow(blocks: Blocks, allows: Flow['allows']): void {
  let starts = narrowAtStarts(blocks, 0, allows);
  let wanted = 0;
  for (const { order, loops } of blocks) {
    const turns = loops.flat().reduce((set, from) => set & narrowAtEnd(blocks[from]!, starts[from]!), ALL);
    if (loops.length > 0) wanted |= turns & ~starts[order]!;
  }
  if (wanted !== 0 && blocks[0]!.block.ending.kind !== 'dispatch') {
    const { lower, whole } = readFirst(blocks);
    const entry = wanted & lower & ~whole;
    if (entry !== 0) starts = narrowAtStarts(blocks, entry, allows);
    blocks[0]!.narrowIfLow = entry;
  }
  for (const block of blocks) block.narrow = starts[block.order]!;
}
