// Lock step: one run twice, by the interpreter alone and with translated regions, compared at the end of every slice. Runs
// are deterministic, so where the two differ they are made anew and stopped ever closer in front of the difference: first
// the slice, then the CPU and the instruction behind which they differ, then the latest place from which the translated
// code must be entered for that.
import { nextInstruction, sameSnapshot, snapshot } from '../cpu/index.ts';
import type { BoardMachine } from '../machine/machine.ts';
import { SLICE } from '../machine/scheduler.ts';
import type { GuestNs, Instructions, Pa } from '../util/units.ts';
import { guestNs, instructions } from '../util/units.ts';

export type Tier = 'interpreted' | 'translated';

/** A run that can be stopped anywhere. */
export interface SteppedRun {
  readonly machine: BoardMachine;
  /** Runs to a guest time, the end of a slice. False if nothing is left to run. */
  advance(limit: GuestNs): boolean;
  /** Runs the next instructions of one CPU, and what comes in front of them; `limit` as for `advance`. */
  step(cpu: number, count: Instructions, limit: GuestNs): void;
  /** What went to the consoles since the last call, with its time. */
  takeOutput(): readonly string[];
}

/** One value that the tiers do not agree on. */
export interface StateDifference {
  /** A register of a CPU, a word of memory, a line of output. */
  readonly what: string;
  readonly interpreted: string;
  readonly translated: string;
}

export interface ExecutedInstruction {
  readonly pc: bigint;
  /** Nothing where it could not be fetched. */
  readonly instruction: { readonly word: number; readonly text: string } | undefined;
  /** The first of those that write a value for the last time that differs in the end. */
  readonly suspect: boolean;
}

export interface Divergence {
  /** The slice in which they part, in guest ns; equal at its start. */
  readonly from: number;
  readonly to: number;
  /** Where in it, if it could be told: these instructions of a CPU, run in one go, end differently. */
  readonly at: { readonly cpu: number; readonly instructions: readonly ExecutedInstruction[] } | undefined;
  /** Behind the last of the instructions, or at the end of the slice. */
  readonly state: readonly StateDifference[];
}

export interface Agreement {
  readonly divergence: Divergence | undefined;
  /** Compared so far. */
  readonly guestNs: number;
  readonly instructions: number;
  readonly slices: number;
}

/** Memory is compared every so many slices; registers and output at each. */
const MEMORY_EVERY = 500;
/** Differences that are listed. */
const MOST = 24;
const hex = (value: bigint | number, digits = 16): string => `0x${value.toString(16).padStart(digits, '0')}`;

/** Both tiers of a run at the same place. */
class Pair {
  readonly interpreted: SteppedRun;
  readonly translated: SteppedRun;
  /** All output so far that differs. */
  readonly #output: StateDifference[] = [];

  constructor(make: (tier: Tier) => SteppedRun) {
    this.interpreted = make('interpreted');
    this.translated = make('translated');
  }

  get now(): number {
    return this.interpreted.machine.now;
  }

  /** The end of the slice, or of the idle time, under way. */
  get next(): GuestNs {
    const { machine } = this.interpreted;
    const { nextWake } = machine;
    const slice = Math.floor(machine.now / SLICE) + 1;
    const wake = nextWake === Infinity ? slice : Math.floor(nextWake / SLICE);
    return guestNs(Math.max(slice, wake) * SLICE);
  }

  /** False when both have ended. */
  advance(limit: GuestNs): boolean {
    const goesOn = this.interpreted.advance(limit);
    return this.translated.advance(limit) || goesOn;
  }

  output(): readonly StateDifference[] {
    const [one, other] = [this.interpreted.takeOutput(), this.translated.takeOutput()];
    for (let i = 0; i < Math.max(one.length, other.length); i++)
      if (one[i] !== other[i])
        this.#output.push({ what: 'output', interpreted: one[i] ?? 'none', translated: other[i] ?? 'none' });
    return this.#output;
  }

  get sameRegisters(): boolean {
    const [one, other] = [this.interpreted.machine, this.translated.machine];
    return one.now === other.now && one.cpus.every((cpu, i) => sameSnapshot(cpu, other.cpus[i]!));
  }

  *registers(): Generator<StateDifference> {
    const [one, other] = [this.interpreted.machine, this.translated.machine];
    if (one.now !== other.now)
      yield { what: 'guest time', interpreted: `${one.now} ns`, translated: `${other.now} ns` };
    for (const [i, cpu] of one.cpus.entries()) {
      const found = snapshot(other.cpus[i]!);
      for (const [name, value] of snapshot(cpu))
        if (found.get(name) !== value)
          yield { what: `CPU ${cpu.index} ${name}`, interpreted: hex(value), translated: hex(found.get(name)!) };
    }
  }

  *memory(): Generator<StateDifference & { address: Pa }> {
    const pages = ({ machine }: SteppedRun) => machine.memory.touchedPages();
    const nothing = new Uint8Array(4096);
    for (const [address, one, other] of side(pages(this.interpreted), pages(this.translated))) {
      const [a, b] = [one ?? nothing, other ?? nothing];
      if (Buffer.compare(a, b) === 0) continue;
      for (let at = 0; at < a.length; at += 8) {
        const [left, right] = [doubleword(a, at), doubleword(b, at)];
        const place = (address + at) as Pa;
        if (left !== right)
          yield { what: `memory ${hex(place, 8)}`, interpreted: hex(left), translated: hex(right), address: place };
      }
    }
  }

  /** All differences there are, the first MOST of them. */
  differences(): StateDifference[] {
    const found: StateDifference[] = [];
    for (const kind of [this.registers(), this.memory(), this.output()])
      for (const difference of kind) {
        if (found.length === MOST) return found;
        found.push(difference);
      }
    return found;
  }

  get same(): boolean {
    return this.sameRegisters && this.output().length === 0 && this.memory().next().done === true;
  }
}

const doubleword = (bytes: Uint8Array, at: number): bigint =>
  new DataView(bytes.buffer, bytes.byteOffset + at, 8).getBigUint64(0, true);

/** Pages of both, by address; nothing where one has no such page. */
function* side(
  a: Iterator<{ address: Pa; bytes: Uint8Array }>,
  b: Iterator<{ address: Pa; bytes: Uint8Array }>,
): Generator<[Pa, Uint8Array | undefined, Uint8Array | undefined]> {
  let [one, other] = [a.next(), b.next()];
  while (!one.done || !other.done) {
    const address = Math.min(one.value?.address ?? Infinity, other.value?.address ?? Infinity) as Pa;
    const left = !one.done && one.value.address === address ? one.value.bytes : undefined;
    const right = !other.done && other.value.address === address ? other.value.bytes : undefined;
    yield [address, left, right];
    if (left) one = a.next();
    if (right) other = b.next();
  }
}

/**
 * Runs both tiers to their end, or to `until`, and says where they part first.
 * @param make starts the run from the beginning, each time the same
 * @param progress called at each comparison of memory
 */
export function runInLockStep(
  make: (tier: Tier) => SteppedRun,
  until: GuestNs,
  progress: (guestNs: number) => void = () => undefined,
): Agreement {
  const pair = new Pair(make);
  let slices = 0;
  let good = pair.now;
  for (let goesOn = true; goesOn;) {
    goesOn = pair.now < until && pair.advance(pair.next);
    slices++;
    const thorough = !goesOn || slices % MEMORY_EVERY === 0;
    const same = thorough ? pair.same : pair.sameRegisters && pair.output().length === 0;
    if (!same) {
      const divergence = new Search(make).slice(good, pair.now) ?? {
        ...{ from: good, to: pair.now, at: undefined },
        state: pair.differences(),
      };
      return { divergence, guestNs: good, instructions: pair.interpreted.machine.instructions, slices };
    }
    if (!thorough) continue;
    good = pair.now;
    progress(good);
  }
  const { machine } = pair.interpreted;
  return { divergence: undefined, guestNs: machine.now, instructions: machine.instructions, slices };
}

/** Finds where two runs part that are equal at one time and not at a later one. */
class Search {
  private readonly make: (tier: Tier) => SteppedRun;

  constructor(make: (tier: Tier) => SteppedRun) {
    this.make = make;
  }

  /** Both tiers from the beginning to the end of a slice. */
  private pairAt(time: number): Pair {
    const pair = new Pair(this.make);
    while (pair.now < time && pair.advance(guestNs(Math.max(time, pair.now + 1))));
    for (const run of [pair.interpreted, pair.translated]) run.takeOutput();
    return pair;
  }

  /** The first slice at whose end they differ; nothing if they do not, this time. */
  slice(good: number, bad: number): Divergence | undefined {
    const pair = this.pairAt(good);
    for (let from = pair.now; from < bad; from = pair.now) {
      const before = pair.interpreted.machine.cpus.map(({ retired }) => retired);
      const goesOn = pair.advance(pair.next);
      const state = pair.differences();
      if (state.length > 0) {
        const counts = pair.interpreted.machine.cpus.map(({ index, retired }, i) => ({
          cpu: index,
          count: retired - before[i]!,
        }));
        const to = pair.now;
        return this.instruction(from, to, counts) ?? { from, to, at: undefined, state };
      }
      if (!goesOn) break;
    }
    return undefined;
  }

  /** Within a slice: the CPU, and the instructions. Nothing if they differ only where no CPU runs. */
  private instruction(
    from: number,
    to: number,
    counts: readonly { cpu: number; count: number }[],
  ): Divergence | undefined {
    for (const { cpu, count } of counts) {
      if (count === 0 || this.after(from, to, cpu, count).same) continue;
      const last = first(1, count, (n) => !this.after(from, to, cpu, n).same);
      // Run singly, instructions do not use what was made of several: the fewest that must be run in one go.
      const entry = latest(last - 1, (n) => !this.after(from, to, cpu, last, n).same);
      const pair = this.after(from, to, cpu, last, entry);
      const state = pair.differences();
      return { from, to, at: { cpu, instructions: this.trace(from, to, cpu, entry, last, pair) }, state };
    }
    return undefined;
  }

  /** Both tiers behind `count` instructions of a CPU in a slice, of which the first `singly` are run one by one. */
  private after(from: number, to: number, cpu: number, count: number, singly = 0): Pair {
    const pair = this.pairAt(from);
    for (const run of [pair.interpreted, pair.translated]) {
      for (let n = 0; n < singly; n++) run.step(cpu, instructions(1), guestNs(to));
      if (count > singly) run.step(cpu, instructions(count - singly), guestNs(to));
    }
    return pair;
  }

  /** The instructions from one to another as the interpreter runs them, and which of them first writes what differs in the end. */
  private trace(from: number, to: number, cpu: number, entry: number, last: number, end: Pair): ExecutedInstruction[] {
    const run = this.make('interpreted');
    while (run.machine.now < from && run.advance(guestNs(from)));
    const core = run.machine.cpus.find(({ index }) => index === cpu)!;
    if (entry > 0) run.step(cpu, instructions(entry), guestNs(to));
    const registers = [...end.registers()].map(({ what }) => what.replace(`CPU ${cpu} `, ''));
    const places = [...end.memory()].slice(0, MOST).map(({ address }) => address);
    const watched = (): readonly unknown[] => {
      const state = snapshot(core);
      const words = places.map((address) => run.machine.memory.read(address, 8).join());
      // Every instruction changes the PC.
      return [...registers.filter((name) => name !== 'PC').map((name) => state.get(name)), ...words];
    };
    const executed: Omit<ExecutedInstruction, 'suspect'>[] = [];
    let before = watched();
    const lastWriter = before.map(() => Infinity);
    for (let n = entry; n < last; n++) {
      executed.push({ pc: core.pc, instruction: nextInstruction(core) });
      run.step(cpu, instructions(1), guestNs(to));
      const after = watched();
      for (const [item, value] of after.entries()) if (value !== before[item]) lastWriter[item] = n - entry;
      before = after;
    }
    // A wrong branch changes nothing but the PC: it is the last.
    const suspect = Math.min(...lastWriter, executed.length - 1);
    return executed.map((one, index) => ({ ...one, suspect: index === suspect }));
  }
}

/** The least number of [from, to] for which `holds`, by halves; `to` if none does. */
function first(from: number, to: number, holds: (n: number) => boolean): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The greatest number up to `most` for which `holds`, where it holds for all below; 0 if for none. Near `most`, mostly. */
function latest(most: number, holds: (n: number) => boolean): number {
  let step = 1;
  let below = most;
  while (below > 0 && !holds(below)) {
    below = Math.max(0, below - step);
    step *= 2;
  }
  return first(below, Math.min(most, below + step / 2), (n) => n === most || !holds(n + 1));
}

/** The divergence as text, several lines. */
export function describeDivergence({ from, to, at, state }: Divergence): string {
  const lines = [`The tiers part between ${seconds(from)} and ${seconds(to)} of guest time.`];
  if (at) {
    const { cpu, instructions: executed } = at;
    const culprit = executed.find(({ suspect }) => suspect) ?? executed[0]!;
    lines.push(
      `First difference: CPU ${cpu}, in ${executed.length} instructions that end differently when they are run in one go.`,
      `The first of them to write what differs in the end (>): ${hex(culprit.pc)}: ${textOf(culprit)}`,
      '',
    );
    const shown = executed.slice(-MOST);
    if (shown.length < executed.length) lines.push(`    … ${executed.length - shown.length} before`);
    for (const one of shown) {
      const word = one.instruction ? one.instruction.word.toString(16).padStart(8, '0') : '········';
      lines.push(`  ${one.suspect ? '>' : ' '} ${hex(one.pc)}  ${word}  ${textOf(one)}`);
    }
  }
  const width = Math.max(...state.map(({ what }) => what.length), 0);
  lines.push('', `${'Behind it'.padEnd(width)}  interpreted, translated`);
  for (const { what, interpreted, translated } of state)
    lines.push(`${what.padEnd(width)}  ${interpreted}  ${translated}`);
  return `${lines.join('\n')}\n`;
}

const textOf = ({ instruction }: ExecutedInstruction): string => instruction?.text ?? 'cannot be fetched';
const seconds = (ns: number): string => `${(ns / 1e9).toFixed(9)} s`;
