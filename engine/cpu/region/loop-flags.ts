// Loops whose every turn ends by setting the flags in the same way from the same registers: they need not carry the operands
// along, for whoever wants the flags at the start of a turn finds them where the last one left them.
import type { LazyKind } from '../core/lazy-flags.ts';
import type { Expression } from '../wasm/expression.ts';
import type { GuestInstruction } from './blocks.ts';
import { isOutlined } from './effects.ts';
import type { FlagOperands, FlagState } from './flag-state.ts';
import type { Flow, FlowBlock } from './flow.ts';
import { isLoop } from './flow.ts';
import type { RegionLocals } from './locals.ts';

/** The operation that sets the flags for another turn of a loop. */
export interface TurnFlags {
  readonly kind: LazyKind;
  readonly operands: FlagOperands;
}

export class LoopFlags {
  private readonly flow: Flow;
  /** What is known of the flags behind an instruction, where 32-bit locals hold some registers. */
  private readonly setBy: (instruction: GuestInstruction, narrow: number) => FlagState;
  private readonly found = new Map<number, TurnFlags | undefined>();

  constructor(flow: Flow, setBy: (instruction: GuestInstruction, narrow: number) => FlagState) {
    this.flow = flow;
    this.setBy = setBy;
  }

  /**
   * The operation in front of every way back to the start of the innermost loop there, if it is one. Whoever else comes to it
   * stores the flags.
   */
  of(block: FlowBlock): TurnFlags | undefined {
    const { order } = block;
    if (!this.found.has(order)) this.found.set(order, this.find(block));
    return this.found.get(order);
  }

  private find(start: FlowBlock): TurnFlags | undefined {
    const { flagsWanted, predecessors, block } = start;
    const ways = predecessors.map((from) => this.flow.blocks[from]!);
    // What a table goes to must be ready for all of its targets.
    const dispatches = [block, ...ways.map((way) => way.block)].some(({ ending }) => ending.kind === 'dispatch');
    if (!isLoop(start) || !flagsWanted || dispatches) return undefined;
    const turns = start.loops[0]!.map((from) => this.atEnd(this.flow.blocks[from]!, start.narrow));
    return turns.every((turn) => turn !== undefined) ? turns[0] : undefined;
  }

  /**
   * The operation that set the flags at the end of a block, if that is in it, or in those that it alone follows, and its
   * operands are in registers.
   */
  private atEnd({ block, effects, endEffects, predecessors, order }: FlowBlock, narrow: number): TurnFlags | undefined {
    const last = effects.findLastIndex(({ setsFlags }) => setsFlags);
    const behind = [...effects.slice(last + 1), ...(endEffects ? [endEffects] : [])];
    const [from, ...others] = predecessors;
    let turn: TurnFlags | undefined;
    if (last >= 0) {
      const { known, operands } = this.setBy(block.body[last]!, narrow);
      if (known !== 'dynamic' && operands) turn = { kind: known, operands };
    } else if (from !== undefined && others.length === 0 && from < order)
      turn = this.atEnd(this.flow.blocks[from]!, narrow);
    const kept = behind.every((other) => !isOutlined(other) && turn && (other.writes & turn.operands.registers) === 0);
    return kept ? turn : undefined;
  }
}

export const sameOperands = (one: FlagOperands, other: FlagOperands, locals: RegionLocals): boolean =>
  sameExpression(one.a, other.a, locals) && sameExpression(one.b, other.b, locals);

/** Whether two expressions compute the same from the same, whichever locals hold a register for them. */
function sameExpression(a: Expression | null, b: Expression | null, locals: RegionLocals): boolean {
  if (a === b) return true;
  if (a === null || b === null) return false;
  const register = locals.partOf(a);
  if (register !== undefined && register === locals.partOf(b)) return true;
  return (
    a.op === b.op &&
    a.type === b.type &&
    a.k === b.k &&
    a.hi === b.hi &&
    sameExpression(a.a, b.a, locals) &&
    sameExpression(a.b, b.b, locals) &&
    sameExpression(a.c, b.c, locals)
  );
}
