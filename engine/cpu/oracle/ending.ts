// How an oracle image ends on both sides. On the engine's board any HVC stops the run; QEMU without a hypervisor knows no
// such call and goes on to have memory written to a file (Arm semihosting: SYS_OPEN, SYS_WRITE, SYS_EXIT).
import type { Assembler } from '../testing/assembler.ts';
import { LAYOUT } from './layout.ts';

/** A side did not come to the end of an image: with both of them, a program wrote over the harness or left it for good. */
export class NoResults extends Error {}

/** A function identifier that PSCI does not have. */
const UNKNOWN_CALL = 0x8600_0000;
/** Where QEMU puts it, relative to its working directory. */
export const FILE_NAME = 'results';
/** Where the image must have the name's bytes. */
export const FILE_NAME_ADDRESS = LAYOUT.stack + 0x200;
/** Where the code puts the parameters of its calls. */
export const PARAMETERS = { address: LAYOUT.stack + 0x100, bytes: 24 } as const;

const SYS_OPEN = 0x01;
const OPEN_FOR_WRITING = 5;
const SYS_WRITE = 0x05;
const SYS_EXIT = 0x18;
const APPLICATION_EXIT = 0x20026;

/** Code that hands over `bytes` of memory from an address on and does not return. Uses x0 to x2. */
export function appendEnding(a: Assembler, from: number, bytes: number): void {
  a.mov(0, UNKNOWN_CALL);
  a.emit('HVC', { imm16: 1 });
  const semihosting = (operation: number, ...parameters: (number | 'x0')[]): void => {
    a.mov(1, PARAMETERS.address);
    parameters.forEach((value, i) => {
      if (value !== 'x0') a.mov(2, value);
      a.str(value === 'x0' ? 0 : 2, 1, 8 * i);
    });
    a.mov(0, operation);
    a.emit('HLT', { imm16: 0xf000 });
  };
  semihosting(SYS_OPEN, FILE_NAME_ADDRESS, OPEN_FOR_WRITING, FILE_NAME.length);
  semihosting(SYS_WRITE, 'x0', from, bytes);
  semihosting(SYS_EXIT, APPLICATION_EXIT, 0);
}
