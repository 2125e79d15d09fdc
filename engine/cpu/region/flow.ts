// Control and data flow of a region's blocks: order, dominators and loops (Cooper, Harvey and Kennedy, "A Simple, Fast
// Dominance Algorithm"), what an entry's budget must cover, and which registers and flags matter where.
import type { Block } from './blocks.ts';
import { blockCost, targetsOf } from './blocks.ts';
import type { Effects } from './effects.ts';
import { isOutlined } from './effects.ts';
import { loopsAt } from './loops.ts';
import { findNarrow, narrowBehind, narrowWithin } from './narrow.ts';

export interface FlowBlock {
  readonly block: Block;
  /** Position in reverse postorder; the entry is 0. */
  readonly order: number;
  readonly effects: readonly Effects[];
  /** Effects of the ending's instruction. */
  readonly endEffects: Effects | undefined;
  readonly cost: number;
  /** Blocks of the region that it goes to, in the ending's order; less those that only the outside reaches. */
  successors: readonly number[];
  readonly predecessors: number[];
  dominator: number;
  /** Loops that start here, the innermost first: blocks that come back, which are not earlier ones. */
  loops: readonly (readonly number[])[];
  /** More than one block goes on to it forwards, or one by a table; or it is the dispatch. */
  merge: boolean;
  /** The budget is checked here: at loops and behind calls. */
  checked: boolean;
  /** Instructions that may retire before the next check, if it is checked or the entry. */
  need: number;
  /** Registers that hold their value at the start. */
  live: number;
  /** Registers that may differ from the state, at the start and before the ending. */
  dirty: number;
  dirtyAtEnd: number;
  /** Registers that 32-bit locals hold, at the start. */
  narrow: number;
  /** Of the entry: registers that must be so small in the state for the region to be entered. */
  narrowIfLow: number;
  /** Flags are read before they are set. */
  flagsLive: boolean;
  /** The same, or control may leave before they are set. */
  flagsWanted: boolean;
  /** Flags may differ from the state at the start and before the ending. */
  flagsDirty: boolean;
  flagsDirtyAtEnd: boolean;
}

export interface Flow {
  /** In reverse postorder. */
  readonly blocks: readonly FlowBlock[];
  /** Number of the block at a page offset, if it can be gone to inside the region. */
  blockAt(offset: number): number | undefined;
  /** Whether control may pass from one block to another inside the region: irreducible edges may not. */
  allows(from: number, to: number): boolean;
  readonly exits: SideExits;
}

/**
 * Sets of registers that side exits store. Where control may leave, the registers of one of them must hold their values:
 * of the smallest that has all that are dirty there.
 */
export class SideExits {
  readonly sets: readonly number[];
  /** Registers that 32-bit locals hold at all sites of a set. */
  readonly narrow: readonly number[];

  constructor(sites: readonly Site[]) {
    const sets = [...new Set(sites.map(({ dirty }) => dirty))];
    while (sets.length > MOST_SIDE_EXITS) {
      let best = { i: 0, j: 1, cost: Infinity };
      for (let i = 0; i < sets.length; i++)
        for (let j = i + 1; j < sets.length; j++) {
          const cost = bitCount(sets[i]! ^ sets[j]!);
          if (cost < best.cost) best = { i, j, cost };
        }
      const [merged] = sets.splice(best.j, 1);
      sets[best.i]! |= merged!;
    }
    this.sets = sets.sort((a, b) => bitCount(a) - bitCount(b));
    const narrow = this.sets.map(() => -1);
    for (const site of sites) narrow[this.for(site.dirty)]! &= site.narrow;
    this.narrow = narrow;
  }

  /** Number of the set that serves where `dirty` must be stored. */
  for(dirty: number): number {
    const found = this.sets.findIndex((set) => (dirty & ~set) === 0);
    if (found < 0) throw new Error('a side exit was not foreseen');
    return found;
  }
  setFor(dirty: number): number {
    return this.sets[this.for(dirty)]!;
  }
}

const MOST_SIDE_EXITS = 6;

function bitCount(set: number): number {
  let count = 0;
  for (let rest = set; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** A place where control may leave: what is dirty there, and which registers 32-bit locals hold. */
interface Site {
  readonly dirty: number;
  readonly narrow: number;
}

function sitesOf(blocks: readonly FlowBlock[]): Site[] {
  const sites: Site[] = [];
  for (const block of blocks) {
    let { dirty, narrow } = block;
    // The entry is checked before anything is loaded.
    if (block.checked) sites.push({ dirty, narrow });
    for (const effects of block.effects) {
      if (effects.mayLeave && !isOutlined(effects)) sites.push({ dirty, narrow: narrowWithin(effects, narrow) });
      dirty = dirtyBehind(effects, dirty);
      narrow = narrowBehind(effects, narrow);
    }
    if (block.block.ending.kind === 'leave' || block.endEffects?.mayLeave) sites.push({ dirty, narrow });
  }
  return sites;
}

function reversePostorder(blocks: readonly Block[]): Block[] {
  const at = new Map(blocks.map((block) => [block.start, block]));
  const seen = new Set<Block>();
  const order: Block[] = [];
  const stack: { block: Block; next: number }[] = [];
  const visit = (block: Block): void => {
    seen.add(block);
    stack.push({ block, next: 0 });
  };
  visit(blocks[0]!);
  while (stack.length > 0) {
    const top = stack.at(-1)!;
    const offset = targetsOf(top.block.ending)[top.next++];
    if (offset === undefined) {
      order.push(top.block);
      stack.pop();
      continue;
    }
    const successor = at.get(offset);
    if (successor && !seen.has(successor)) visit(successor);
  }
  return order.reverse();
}

/**
 * What control may not do in a structured program, entering a loop other than at its start, goes by the dispatch where that is
 * the first block: what it then goes to may be reached in more ways, which makes the next look find less.
 */
export function analyse(found: readonly Block[]): Flow {
  for (let blocks = found; ;) {
    const { flow, rerouted } = analyseOnce(blocks);
    const [first] = blocks;
    if (first?.ending.kind !== 'dispatch') return flow;
    const { targets } = first.ending;
    const more = rerouted.filter((offset) => !targets.includes(offset));
    if (more.length === 0) return flow;
    const ending = { ...first.ending, targets: [...targets, ...new Set(more)] };
    blocks = [{ ...first, ending }, ...blocks.slice(1)];
  }
}

/** Also gives the offsets that are gone to by the dispatch although it is not an indirect jump. */
function analyseOnce(found: readonly Block[]): { flow: Flow; rerouted: number[] } {
  const ordered = reversePostorder(found);
  const numbers = new Map(ordered.map((block, i) => [block.start, i]));
  const blocks = ordered.map((block, order): FlowBlock => {
    const successors = targetsOf(block.ending)
      .map((offset) => numbers.get(offset))
      .filter((number) => number !== undefined);
    return {
      block,
      order,
      effects: block.body.map(({ effects }) => effects),
      endEffects: 'instruction' in block.ending ? block.ending.instruction.effects : undefined,
      cost: blockCost(block),
      successors,
      predecessors: [],
      dominator: -1,
      loops: [],
      merge: false,
      checked: false,
      need: 0,
      live: 0,
      dirty: 0,
      dirtyAtEnd: 0,
      narrow: 0,
      narrowIfLow: 0,
      flagsLive: false,
      flagsWanted: false,
      flagsDirty: false,
      flagsDirtyAtEnd: false,
    };
  });
  for (const { order, successors } of blocks) for (const to of successors) blocks[to]!.predecessors.push(order);
  findDominators(blocks);
  const dominates = (a: number, b: number): boolean => {
    let at = b;
    while (at > a) at = blocks[at]!.dominator;
    return at === a;
  };
  const allows = (from: number, to: number): boolean => to > from || dominates(to, from);
  const rerouted = blocks[0]!.block.ending.kind === 'dispatch' ? reroute(blocks, allows) : [];
  for (const block of blocks) {
    const forwards = block.predecessors.filter((from) => from < block.order);
    // What a table goes to needs a place of its own, as what several go to.
    block.merge =
      forwards.length > 1 ||
      block.block.ending.kind === 'dispatch' ||
      forwards.some((from) => blocks[from]!.block.ending.kind === 'dispatch');
    const back = block.predecessors.filter((from) => from >= block.order && allows(from, block.order));
    block.loops = loopsAt(block.order, back, blocks);
    block.checked = isLoop(block) || forwards.some((from) => blocks[from]!.block.ending.kind === 'call');
  }
  countNeeds(blocks);
  findDirty(blocks);
  findNarrow(blocks, allows);
  const exits = new SideExits(sitesOf(blocks));
  findLive(blocks, exits);
  findFlagsWanted(blocks, allows);
  return { flow: { blocks, blockAt: (offset) => numbers.get(offset), allows, exits }, rerouted };
}

/** Sends edges that are not allowed to the first block; returns where they wanted to go. */
function reroute(blocks: FlowBlock[], allows: Flow['allows']): number[] {
  const wanted: number[] = [];
  for (const block of blocks) {
    const refused = block.successors.filter((to) => !allows(block.order, to));
    if (refused.length === 0) continue;
    for (const to of refused) {
      wanted.push(blocks[to]!.block.start);
      const { predecessors } = blocks[to]!;
      predecessors.splice(predecessors.indexOf(block.order), 1);
      blocks[0]!.predecessors.push(block.order);
    }
    block.successors = block.successors.map((to) => (refused.includes(to) ? 0 : to));
  }
  return wanted;
}

export const isLoop = ({ loops }: FlowBlock): boolean => loops.length > 0;

function findDominators(blocks: FlowBlock[]): void {
  const intersect = (first: number, second: number): number => {
    let a = first;
    let b = second;
    while (a !== b) {
      while (a > b) a = blocks[a]!.dominator;
      while (b > a) b = blocks[b]!.dominator;
    }
    return a;
  };
  blocks[0]!.dominator = 0;
  for (let changed = true; changed;) {
    changed = false;
    for (const block of blocks.slice(1)) {
      let dominator = -1;
      for (const from of block.predecessors) {
        if (blocks[from]!.dominator === -1) continue;
        dominator = dominator === -1 ? from : intersect(from, dominator);
      }
      if (dominator === block.dominator) continue;
      block.dominator = dominator;
      changed = true;
    }
  }
  blocks[0]!.dominator = -1;
}

/** Instructions from one check of the budget to the next, roughly: fewer are left to the interpreter at its end. */
const LONGEST_STRETCH = 48;

function countNeeds(blocks: FlowBlock[]): void {
  // Successors come later in the order, except along edges to loops, which check for themselves.
  for (const block of [...blocks].reverse()) {
    let behind = 0;
    for (const to of block.successors) {
      const successor = blocks[to]!;
      if (to > block.order && !successor.checked) behind = Math.max(behind, successor.need);
    }
    block.need = block.cost + behind;
    if (block.need > LONGEST_STRETCH) block.checked = true;
  }
}

/** Repeats `step` over all blocks until it changes nothing more. */
function settle(blocks: readonly FlowBlock[], step: (block: FlowBlock) => boolean): void {
  for (let changed = true; changed;) {
    changed = false;
    for (const block of blocks) if (step(block)) changed = true;
  }
}

function findDirty(blocks: readonly FlowBlock[]): void {
  settle(blocks, (block) => {
    let dirty = 0;
    let flags = false;
    for (const from of block.predecessors) {
      const before = blocks[from]!;
      // Behind a call everything is as the state says.
      if (before.block.ending.kind === 'call') continue;
      dirty |= before.dirtyAtEnd | (before.endEffects?.writes ?? 0);
      flags ||= before.flagsDirtyAtEnd;
    }
    block.dirty = dirty;
    block.flagsDirty = flags;
    for (const effects of block.effects) {
      dirty = dirtyBehind(effects, dirty);
      flags = isOutlined(effects) ? false : flags || effects.setsFlags;
    }
    const changed = dirty !== block.dirtyAtEnd || flags !== block.flagsDirtyAtEnd;
    block.dirtyAtEnd = dirty;
    block.flagsDirtyAtEnd = flags;
    return changed;
  });
}

/** Registers that may differ from the state behind an instruction. */
export const dirtyBehind = (effects: Effects, dirty: number): number =>
  isOutlined(effects) ? 0 : dirty | effects.writes;

/** Registers live before an instruction, given those behind it. */
export function liveBefore(effects: Effects, live: number, dirty: number, exits: SideExits): number {
  if (isOutlined(effects)) return dirty;
  return (live & ~effects.writes) | effects.reads | (effects.mayLeave ? exits.setFor(dirty) : 0);
}

/** Registers live before the ending of a block. */
function liveAtEnd(block: FlowBlock, blocks: readonly FlowBlock[], exits: SideExits): number {
  const { kind } = block.block.ending;
  const end = block.endEffects;
  // Whoever leaves here stores what is dirty.
  let live = block.dirtyAtEnd | (end?.writes ?? 0);
  if (kind !== 'call') for (const to of block.successors) live |= blocks[to]!.live;
  if (kind === 'leave') live |= exits.setFor(block.dirtyAtEnd);
  return end ? (live & ~end.writes) | end.reads | (end.mayLeave ? exits.setFor(block.dirtyAtEnd) : 0) : live;
}

/** Registers live behind each instruction of a block. */
export function liveBehind(block: FlowBlock, blocks: readonly FlowBlock[], exits: SideExits): number[] {
  const { effects } = block;
  const dirty = [block.dirty];
  for (const effect of effects) dirty.push(dirtyBehind(effect, dirty.at(-1)!));
  const behind = new Array<number>(effects.length);
  let live = liveAtEnd(block, blocks, exits);
  for (let i = effects.length - 1; i >= 0; i--) {
    behind[i] = live;
    live = liveBefore(effects[i]!, live, dirty[i]!, exits);
  }
  return behind;
}

/** What a block makes of the registers live before its ending: those it needs, and those that pass through. */
interface Transfer {
  readonly needs: number;
  readonly passes: number;
}

function transferOf(block: FlowBlock, exits: SideExits): Transfer {
  const dirty = [block.dirty];
  for (const effect of block.effects) dirty.push(dirtyBehind(effect, dirty.at(-1)!));
  let needs = 0;
  let passes = -1;
  for (let i = block.effects.length - 1; i >= 0; i--) {
    needs = liveBefore(block.effects[i]!, needs, dirty[i]!, exits);
    passes &= isOutlined(block.effects[i]!) ? 0 : ~block.effects[i]!.writes;
  }
  return { needs: block.checked ? needs | exits.setFor(block.dirty) : needs, passes };
}

function findLive(blocks: readonly FlowBlock[], exits: SideExits): void {
  const backwards = [...blocks].reverse();
  const transfers = blocks.map((block) => transferOf(block, exits));
  settle(backwards, (block) => {
    const { needs, passes } = transfers[block.order]!;
    const live = needs | (liveAtEnd(block, blocks, exits) & passes);
    const changed = live !== block.live;
    block.live = live;
    return changed;
  });
  settle(backwards, (block) => {
    let live = block.block.ending.kind !== 'call' && block.successors.some((to) => blocks[to]!.flagsLive);
    if (block.endEffects?.readsFlags) live = true;
    for (let i = block.effects.length - 1; i >= 0; i--) {
      const { setsFlags, readsFlags } = block.effects[i]!;
      if (setsFlags || isOutlined(block.effects[i]!)) live = false;
      if (readsFlags) live = true;
    }
    const changed = live !== block.flagsLive;
    block.flagsLive = live;
    return changed;
  });
}

/** Whether anybody wants the flags that an instruction leaves alone, for each of a block, given the same at its end. */
export function flagsWantedBehind({ effects }: FlowBlock, atEnd: boolean): boolean[] {
  const behind = new Array<boolean>(effects.length);
  let wanted = atEnd;
  for (let i = effects.length - 1; i >= 0; i--) {
    behind[i] = wanted;
    wanted = wantsFlags(effects[i]!, wanted);
  }
  return behind;
}

const wantsFlags = ({ mayLeave, readsFlags, setsFlags }: Effects, behind: boolean): boolean =>
  mayLeave || readsFlags || (behind && !setsFlags);

/** Whether anybody wants the flags at the end of a block. */
export function flagsWantedAtEnd(block: FlowBlock, blocks: readonly FlowBlock[], allows: Flow['allows']): boolean {
  const { ending } = block.block;
  const inside = block.successors.filter((to) => allows(block.order, to));
  // Whatever else it goes to wants them.
  if (ending.kind === 'call' || inside.length < Math.max(1, targetsOf(ending).length)) return true;
  return block.endEffects?.readsFlags === true || inside.some((to) => blocks[to]!.flagsWanted);
}

function findFlagsWanted(blocks: readonly FlowBlock[], allows: Flow['allows']): void {
  settle([...blocks].reverse(), (block) => {
    const atEnd = flagsWantedAtEnd(block, blocks, allows);
    const wanted = block.checked || block.effects.reduceRight((behind, effects) => wantsFlags(effects, behind), atEnd);
    const changed = wanted !== block.flagsWanted;
    block.flagsWanted = wanted;
    return changed;
  });
}
