// Runs an oracle image on the engine.
import { PlainBoard } from '../testing/board.ts';
import type { Cpu, Outcome } from '../port.ts';
import { OUTCOME } from '../port.ts';
import { MiB } from '../../util/units.ts';
import { NoResults } from './ending.ts';
import { LAYOUT } from './layout.ts';

/** Instructions after which the engine's harness must be done. */
const ENGINE_LIMIT = 200_000_000;

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
  const board = new OracleBoard(cpu, 64 * MiB, 1, undefined, TUNING[tier]);
  board.load(image, LAYOUT.code);
  board.run(ENGINE_LIMIT);
  if (!board.off)
    throw new NoResults(
      `the engine did not finish: pc 0x${board.cpu.pc.toString(16)}, ESR ${board.cpu.systemRegister('ESR_EL1').toString(16)}`,
    );
  return board.bytes(from, bytes).slice();
}
