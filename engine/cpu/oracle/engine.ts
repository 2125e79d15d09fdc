// Runs an oracle image on the engine.
import { PlainBoard } from '../testing/board.ts';
import type { Cpu, Outcome } from '../port.ts';
import { OUTCOME } from '../port.ts';
import { MiB } from '../../util/units.ts';
import { NoResults } from './ending.ts';
import { PAGE, RECORD } from './image.ts';
import { LAYOUT } from './layout.ts';

/** Instructions after which the engine's harness must be done. */
const ENGINE_LIMIT = 200_000_000;
/** Of the harness around a program, and of a program that is endless. */
const STEPS = 100_000;
/** Of an address, enough to tell places apart; exact as a number. */
const LINEAR_BITS = 48;

/** A board that takes any HVC as the end of the run. */
class OracleBoard extends PlainBoard {
  override hvc(cpu: Cpu): Outcome {
    this.off = true;
    cpu.leave();
    return OUTCOME.DONE;
  }
}

/** Who executes: the interpreter, or regions that are made wherever a branch arrives. */
export type Tier = 'interpreter' | 'regions';
const TUNING = { interpreter: false, regions: { threshold: 1, eager: true } } as const;

/** The `bytes` of results that an image leaves, or those from another address on. Throws NoResults if it does not come to its end. */
export function runOnEngine(
  image: Uint8Array,
  bytes: number,
  cpu: string,
  tier: Tier = 'interpreter',
  from: number = LAYOUT.results,
): Uint8Array {
  const board = boardWith(image, cpu, tier);
  board.run(ENGINE_LIMIT);
  if (!board.off)
    throw new NoResults(
      `the engine did not finish: pc 0x${board.cpu.pc.toString(16)}, ESR ${board.cpu.systemRegister('ESR_EL1').toString(16)}`,
    );
  return board.bytes(from, bytes).slice();
}

function boardWith(image: Uint8Array, cpu: string, tier: Tier): OracleBoard {
  const board = new OracleBoard(cpu, 64 * MiB, 1, undefined, TUNING[tier]);
  board.load(image, LAYOUT.code);
  return board;
}

/** Instructions between two looks whether the program's turn has come; the harness takes more to prepare it. */
const LOOK = 1000;

/**
 * Whether the program at `entries[block]` of an image executes words that it has stored. Told by the place in the page, of all
 * pages that are executed from: where the program counter is in memory, nobody outside the processor knows.
 */
export function executesItsStores(image: Uint8Array, entries: readonly number[], block: number, cpu: string): boolean {
  const board = boardWith(image, cpu, 'interpreter');
  const record = BigInt(LAYOUT.results + block * RECORD.size);
  const pc = (): number => Number(BigInt.asUintN(LINEAR_BITS, board.cpu.pc));
  const inProgram = (): boolean => board.cpu.systemRegister('TPIDR_EL1') === record;
  while (!board.off && !inProgram()) board.run(LOOK);
  while (!board.off && pc() !== entries[block]) board.run(1);
  const before = new DataView(board.memory.buffer.slice(0));
  const now = new DataView(board.memory.buffer);
  for (let steps = 0; !board.off && inProgram() && steps < STEPS; steps++) {
    board.run(1);
    if (pc() >= LAYOUT.code && pc() < entries[0]!) continue;
    // What it stands at, and what it came from where a branch led there.
    for (const page of board.cluster.executedPages)
      for (const word of [pc() - 4, pc()]) {
        const place = page * PAGE + (word & (PAGE - 4));
        if (now.getUint32(place) !== before.getUint32(place)) return true;
      }
  }
  return false;
}
