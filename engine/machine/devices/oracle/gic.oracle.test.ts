// The GIC models against QEMU's: random operation streams on several CPUs, every answer and every output compared.
import { describe, expect, it } from 'vitest';
import { firstDifference } from './compare.ts';
import { gicStream } from './gic-stream.ts';
import { ModelBoard } from './model-board.ts';
import { askQemu, oracleMissing } from './oracle.ts';
import { virtualStream } from './virtual-stream.ts';

const missing = oracleMissing();
/** ORACLE_MOVES and ORACLE_SEED lengthen or repeat a run. */
const moves = Number(process.env['ORACLE_MOVES'] ?? 1500);
const seed = Number(process.env['ORACLE_SEED'] ?? 1);

describe.skipIf(missing)(`GIC against qemu-system-aarch64${missing ? ` (skipped: ${missing})` : ''}`, () => {
  for (const gicVersion of [3, 2] as const) {
    it(`answers ${moves} random moves as QEMU's GICv${gicVersion} does (seed ${seed})`, () => {
      const cpus = 3;
      const { operations, answers } = gicStream(new ModelBoard({ gicVersion, cpus }), gicVersion, cpus, seed, moves);
      const theirs = askQemu(operations, { gicVersion, cpus });
      expect(firstDifference(operations, answers, theirs) ?? 'no difference').toBe('no difference');
    });

    it(`answers ${moves} random moves of a hypervisor and its guest as QEMU's GICv${gicVersion} does (seed ${seed})`, () => {
      const options = { gicVersion, cpus: 1, virtualization: true };
      const { operations, answers } = virtualStream(new ModelBoard(options), gicVersion, seed, moves);
      const theirs = askQemu(operations, options);
      expect(firstDifference(operations, answers, theirs) ?? 'no difference').toBe('no difference');
    });
  }
});
