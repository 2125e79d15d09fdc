// Small programs on a plain board, for the processor's tests.
import type { Cpu, CpuPort } from '../port.ts';
import { OUTCOME } from '../port.ts';
import { gva, instructions, MiB } from '../../util/units.ts';
import { Assembler, XZR } from './assembler.ts';
import { IMAGE_BASE, PlainBoard } from './board.ts';

/** Where `boardWith` puts the vector table. */
export const VECTORS = IMAGE_BASE + 0x1000;

/** A board with a program at IMAGE_BASE; `vectors` puts code at offsets of the vector table. */
export function boardWith(
  write: (a: Assembler) => void,
  vectors: Record<number, (a: Assembler) => void> = {},
  cpus = 1,
): PlainBoard {
  const board = new PlainBoard('cortex-a57', 4 * MiB, cpus);
  const put = (address: number, fill: (a: Assembler) => void): void => {
    const assembler = new Assembler(address);
    fill(assembler);
    board.bytes(address, assembler.words.length * 4).set(new Uint8Array(Uint32Array.from(assembler.finish()).buffer));
  };
  put(IMAGE_BASE, write);
  for (const [offset, fill] of Object.entries(vectors)) put(VECTORS + Number(offset), fill);
  for (const cpu of board.cluster.cpus) {
    cpu.reset({ pc: gva(BigInt(IMAGE_BASE)) });
    cpu.setSystemRegister('VBAR_EL1', BigInt(VECTORS));
  }
  return board;
}

/** At most so many instructions. */
export const run = (cpu: Cpu, limit: number) => cpu.run(instructions(limit));
/** Counts x0 up by one forever. */
export const counting = (a: Assembler): void => {
  a.label('again');
  a.add(0, 0, 1);
  a.emit('SUBS (immediate)', { sf: 1, Rn: 0, Rd: XZR, imm12: 7 });
  a.bcond('eq', 'skip');
  a.add(1, 1, 1);
  a.label('skip');
  a.b('again');
};

/** A port whose answers the test writes. */
export function portWith(answers: Partial<CpuPort>): CpuPort {
  const undefinedPort: CpuPort = {
    access: () => OUTCOME.EXTERNAL_ABORT,
    fetchFault: () => OUTCOME.EXTERNAL_ABORT,
    hvc: () => OUTCOME.UNDEFINED,
    smc: () => OUTCOME.UNDEFINED,
    readSystemRegister: () => OUTCOME.UNDEFINED,
    writeSystemRegister: () => OUTCOME.UNDEFINED,
    unimplemented: () => undefined,
  };
  return { ...undefinedPort, ...answers };
}
