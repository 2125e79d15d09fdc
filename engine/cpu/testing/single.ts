// One instruction at a time on a plain board: for tests that say what an instruction computes.
import type { HostOffset } from '../../util/units.ts';
import { gva } from '../../util/units.ts';
import { encode } from './assembler.ts';
import { IMAGE_BASE, RAM_BASE } from './board.ts';
import { boardWith, run } from './program.ts';

/** Registers that `vector` uses. */
export const D = 0;
export const N = 1;
export const M = 2;

export class SingleInstructions {
  private readonly board = boardWith(() => undefined);

  constructor() {
    this.cpu.setSystemRegister('CPACR_EL1', 3n << 20n);
  }

  get cpu() {
    return this.board.cpu;
  }

  /** Executes an instruction; throws if it raises an exception. */
  execute(name: string, fields: Readonly<Record<string, number>>): void {
    const { board, cpu } = this;
    board.bytes(IMAGE_BASE, 4).set(new Uint8Array(Uint32Array.of(encode(name, fields)).buffer));
    board.cluster.invalidate((board.ram + IMAGE_BASE - RAM_BASE) as HostOffset, 4);
    cpu.pc = gva(BigInt(IMAGE_BASE));
    run(cpu, 1);
    if (cpu.pc !== BigInt(IMAGE_BASE + 4)) throw new Error(`${name} raised an exception`);
  }

  /** Executes an instruction on Vd and Vn and returns Vd. */
  vector(name: string, d: bigint, n: bigint, fields: Readonly<Record<string, number>> = {}): bigint {
    this.cpu.setV(D, d);
    this.cpu.setV(N, n);
    this.execute(name, { Rd: D, Rn: N, ...fields });
    return this.cpu.v(D);
  }

  /** As `vector`, with Vm as a third operand. */
  vector3(name: string, d: bigint, n: bigint, m: bigint, fields: Readonly<Record<string, number>> = {}): bigint {
    this.cpu.setV(M, m);
    return this.vector(name, d, n, { Rm: M, ...fields });
  }
}
