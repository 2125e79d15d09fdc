// From an entry point to basic blocks: follows guest code as it lies in one page, as far as it has been decoded, and
// notes where it leaves the page, calls, or needs the interpreter.
import { findInstruction } from '../aarch64/table/index.ts';
import type { Feature } from '../aarch64/table/instruction.ts';
import type { Fields } from '../aarch64/table/pattern.ts';
import { extractFields } from '../aarch64/table/pattern.ts';
import type { Form } from '../interpreter/handlers.ts';
import { firstForm, handlerOf } from '../interpreter/handlers.ts';
import { PAGE_SIZE } from '../../util/units.ts';
import type { Effects } from './effects.ts';
import { effectsOf, fitsRegion, OUTLINED_EFFECTS } from './effects.ts';

/** Code of one page as the discovery sees it; offsets are bytes from the page's start. */
export interface CodePage {
  readonly features: ReadonlySet<Feature>;
  word(offset: number): number;
  /** Whether the interpreter has come near it: what it never decoded is not worth translating. */
  decoded(offset: number): boolean;
  /** Where branches often arrive: what indirect ones may go to. */
  readonly arrivals: Iterable<number>;
}

export interface GuestInstruction {
  /** Byte offset in the page. */
  readonly offset: number;
  readonly form: Form;
  readonly fields: Fields;
  /** False: its outlined function is called. */
  readonly inline: boolean;
  readonly effects: Effects;
}

/** How a block ends. Targets are byte offsets from the page's start and may lie outside it. */
export type Ending =
  /** Goes on at `next` without an instruction of its own. */
  | { readonly kind: 'fall'; readonly next: number }
  /** B, or a BL whose target is in the region as well: it comes back by the dispatch. */
  | { readonly kind: 'branch'; readonly instruction: GuestInstruction; readonly target: number }
  | {
      readonly kind: 'conditional';
      readonly instruction: GuestInstruction;
      readonly target: number;
      readonly next: number;
    }
  /** BL (with a target) and BLR; comes back to `next`. */
  | {
      readonly kind: 'call';
      readonly instruction: GuestInstruction;
      readonly target: number | undefined;
      readonly next: number;
    }
  /** BR and RET. If it is dispatched, the block at DISPATCH follows. */
  | {
      readonly kind: 'jump';
      readonly instruction: GuestInstruction;
      readonly returns: boolean;
      readonly dispatched: boolean;
    }
  /** Goes to one of the targets, or to where else the jump before it says. */
  | { readonly kind: 'dispatch'; readonly targets: readonly number[] }
  /** The interpreter executes what lies at `at`; `unknown`: only because it has never come near there yet. */
  | { readonly kind: 'leave'; readonly at: number; readonly unknown: boolean };

export interface Block {
  readonly start: number;
  /** Without the one that ends it. */
  readonly body: readonly GuestInstruction[];
  readonly ending: Ending;
}

/**
 * Where the block stands that all indirect jumps of a region go on to: no instruction does. One block for all of them makes
 * computed jumps, as interpreters and switches have, a loop over a table. If there are calls inside the region, their returns
 * go there too; then it is the first block, which everything is reached from.
 */
export const DISPATCH = -4;

/** Where the entry's block stands that is passed once, in front of the loop that it belongs to. */
const PEELED = -8;
const LONGEST_PEELED = 16;

/** Instructions that retire in a block that runs to its end. */
export const blockCost = ({ body, ending }: Block): number => body.length + ('instruction' in ending ? 1 : 0);

/** Of a block that is not empty. */
export const firstInstruction = ({ body, ending }: Block): GuestInstruction =>
  body[0] ?? (ending as Extract<Ending, { instruction: GuestInstruction }>).instruction;

const LONGEST_REGION = 160;
/** The same with indirect jumps: what they go to must be in it to be any good. */
const LONGEST_DISPATCHED = 400;
/** Instructions to look at for whether an arrival belongs to the region. */
const LONGEST_TRIAL = 64;
/** The budget is checked at blocks' starts: what does not fit runs in the interpreter, so they are short. */
const LONGEST_BLOCK = 48;
const ALWAYS = 14;

/** Instructions that the interpreter executes: they never go on to the next one, or may stop the processor. */
const LEAVES = new Set(['ERET', 'SVC', 'HVC', 'SMC', 'BRK', 'HLT', 'DCPS', 'DRPS', 'UDF', 'SYSL']);
const CONDITIONAL = new Set(['B.cond', 'CBZ', 'CBNZ', 'TBZ', 'TBNZ']);
/** Hints that wait: WFE and WFI. */
const WAITS = [2, 3];

export const inPage = (offset: number): boolean => offset >= 0 && offset < PAGE_SIZE;

/** What is known of an instruction word wherever it stands. */
type Decoded = Omit<GuestInstruction, 'offset'>;
/** Words decoded lately: the same ones come again and again. */
const decodedWords = new Map<number, Decoded>();
const DECODED_WORDS = 0x4000;

function decode(page: CodePage, offset: number): GuestInstruction | undefined {
  const word = page.word(offset);
  let decoded = decodedWords.get(word);
  if (decoded) return page.features.has(decoded.form.instruction.feature) ? { offset, ...decoded } : undefined;
  const instruction = findInstruction(word);
  if (!instruction || !page.features.has(instruction.feature)) return undefined;
  const fields = extractFields(instruction.pattern, word);
  const { target } = instruction.operands;
  const branches = target?.kind === 'branch';
  const near = !branches || inPage(offset + target.of(fields));
  const form = firstForm(handlerOf(instruction, fields, near));
  const inline = fitsRegion(form);
  decoded = { form, fields, inline, effects: inline ? effectsOf({ form, fields }) : OUTLINED_EFFECTS };
  // The form of a branch says whether its target lies in the page.
  if (!branches) {
    if (decodedWords.size === DECODED_WORDS) decodedWords.clear();
    decodedWords.set(word, decoded);
  }
  return { offset, ...decoded };
}

function branchTarget({ offset, form, fields }: GuestInstruction): number {
  const { target } = form.instruction.operands;
  if (target?.kind !== 'branch') throw new Error(`${form.instruction.name} has no branch operand`);
  return offset + target.of(fields);
}

/** How the instruction ends a block; nothing if it does not. */
function endingOf(instruction: GuestInstruction): Ending | undefined {
  const { name } = instruction.form.instruction;
  const { statics } = instruction.form;
  const next = instruction.offset + 4;
  if (CONDITIONAL.has(name)) {
    const target = branchTarget(instruction);
    return (statics.cond ?? 0) >= ALWAYS
      ? { kind: 'branch', instruction, target }
      : { kind: 'conditional', instruction, target, next };
  }
  if (name === 'B') return { kind: 'branch', instruction, target: branchTarget(instruction) };
  if (name === 'BL') return { kind: 'call', instruction, target: branchTarget(instruction), next };
  if (name === 'BLR') return { kind: 'call', instruction, target: undefined, next };
  if (name === 'BR' || name === 'RET') return { kind: 'jump', instruction, returns: name === 'RET', dispatched: false };
  if (LEAVES.has(name) || (name === 'HINT' && WAITS.includes(statics.hint!)))
    return { kind: 'leave', at: instruction.offset, unknown: false };
  return undefined;
}

/** Page offsets that control may go on to behind an ending, in its order; less where only the registers know. */
export const targetsOf = (ending: Ending): readonly number[] => {
  switch (ending.kind) {
    case 'fall':
    case 'call':
      return [ending.next];
    case 'branch':
      return [ending.target];
    case 'conditional':
      return [ending.next, ending.target];
    case 'jump':
      return ending.dispatched ? [DISPATCH] : [];
    case 'dispatch':
      return ending.targets;
    default:
      return [];
  }
};

/** Instructions of one page as they are come upon: from places to start at, along direct branches. */
class Discovery {
  readonly decoded = new Map<number, GuestInstruction>();
  readonly endings = new Map<number, Ending>();
  /** Starts of blocks, in the order of their discovery. */
  readonly leaders = new Set<number>();
  private readonly page: CodePage;
  private readonly queue: number[] = [];

  constructor(page: CodePage) {
    this.page = page;
  }

  private known(offset: number): boolean {
    return this.decoded.has(offset) || this.endings.has(offset);
  }

  /** Follows the code from an offset until there are so many instructions, or `until` says that is enough. */
  walk(from: number, limit: number, until: (at: number, ending: Ending | undefined) => boolean = () => false): void {
    const { page, queue, leaders, decoded, endings } = this;
    const lead = (offset: number): void => {
      if (!inPage(offset) || leaders.has(offset)) return;
      leaders.add(offset);
      queue.push(offset);
    };
    lead(from);
    // Breadth first: what is near the entry counts most when there is too much.
    while (queue.length > 0 && decoded.size < limit) {
      for (let at = queue.shift()!; inPage(at) && !this.known(at); at += 4) {
        const unknown = !page.decoded(at);
        const instruction = unknown ? undefined : decode(page, at);
        const ending: Ending | undefined = instruction ? endingOf(instruction) : { kind: 'leave', at, unknown };
        if (until(at, ending)) return;
        if (instruction && ending?.kind !== 'leave') decoded.set(at, instruction);
        if (!ending) continue;
        endings.set(at, ending);
        targetsOf(ending).forEach(lead);
        break;
      }
    }
  }

  /** Whether code at an offset goes on to what is known here, or to an indirect jump of its own. */
  private belongs(offset: number): boolean {
    if (this.known(offset)) return true;
    let belongs = false;
    new Discovery(this.page).walk(offset, LONGEST_TRIAL, (at, ending) => {
      belongs ||= this.known(at) || isIndirect(ending);
      return belongs;
    });
    return belongs;
  }

  /**
   * Takes calls of what is here anyway for branches, as recursive functions have them, and returns where they come back to.
   * Code is not followed for it: regions that hold what they call take longer to compile than they save.
   */
  linkCalls(): number[] {
    const returns: number[] = [];
    for (const [at, ending] of this.endings) {
      if (ending.kind !== 'call' || ending.target === undefined || !this.known(ending.target)) continue;
      this.endings.set(at, { kind: 'branch', instruction: ending.instruction, target: ending.target });
      if (this.known(ending.next)) returns.push(ending.next);
    }
    return returns;
  }

  /** Follows what the indirect jumps here may go to, and returns where that is. */
  followIndirect(): number[] {
    const targets: number[] = [];
    let rest = [...this.page.arrivals];
    for (let before = -1; before !== targets.length && [...this.endings.values()].some(isIndirect);) {
      before = targets.length;
      rest = rest.filter((offset) => {
        if (!this.belongs(offset)) return true;
        targets.push(offset);
        this.walk(offset, LONGEST_DISPATCHED);
        return false;
      });
    }
    return targets.filter((offset) => this.known(offset));
  }
}

const isIndirect = (ending: Ending | undefined): boolean => ending?.kind === 'jump' && !ending.returns;

/**
 * Blocks reachable from `entry` without leaving the page; empty if there is nothing to translate. The first is the entry's, a
 * copy of it, or a dispatch of calls that goes to it.
 */
export function findBlocks(page: CodePage, entry: number): readonly Block[] {
  const discovery = new Discovery(page);
  discovery.walk(entry, LONGEST_REGION);
  const indirect = discovery.followIndirect();
  const returns = discovery.linkCalls();
  const { decoded, endings, leaders } = discovery;
  const blocks: Block[] = [];
  for (const start of leaders) {
    let body: GuestInstruction[] = [];
    let from = start;
    let at = start;
    while (inPage(at) && decoded.has(at) && !endings.has(at) && (at === start || !leaders.has(at))) {
      if (body.length === LONGEST_BLOCK) {
        blocks.push({ start: from, body, ending: { kind: 'fall', next: at } });
        body = [];
        from = at;
      }
      body.push(decoded.get(at)!);
      at += 4;
    }
    const own = at === start || !leaders.has(at) ? endings.get(at) : undefined;
    // A leader that was never walked to is left to whoever is translated from there.
    if (at === start && !own) continue;
    const ending = own ?? { kind: 'fall', next: at };
    const dispatched = ending.kind === 'jump' && (ending.returns ? returns : indirect).length > 0;
    blocks.push({ start: from, body, ending: dispatched ? { ...ending, dispatched } : ending });
  }
  const first = blocks[0];
  if (first?.start !== entry || blockCost(first) === 0) return [];
  if (returns.length > 0) {
    const targets = [...new Set([entry, ...returns, ...indirect])];
    return [{ start: DISPATCH, body: [], ending: { kind: 'dispatch', targets } }, ...blocks];
  }
  if (indirect.length > 0) blocks.push({ start: DISPATCH, body: [], ending: { kind: 'dispatch', targets: indirect } });
  return peeled(blocks);
}

/**
 * Compilers that turn loops round jump into their middle, and the place that control comes back to most often lies in front
 * of it. Started from there, the loop around would look like one inside. So the entry's block is passed once by itself: then
 * both loops start where they meet.
 */
function peeled(blocks: readonly Block[]): readonly Block[] {
  const [first] = blocks as [Block];
  const [next, ...others] = targetsOf(first.ending);
  if (others.length > 0 || first.body.length > LONGEST_PEELED || !['fall', 'branch'].includes(first.ending.kind))
    return blocks;
  const comesTo = (offset: number): boolean =>
    blocks.some((block) => block !== first && targetsOf(block.ending).includes(offset));
  const meets = blocks.some(({ start }) => start === next) && comesTo(next!) && comesTo(first.start);
  return meets ? [{ ...first, start: PEELED }, ...blocks] : blocks;
}
