// Our side of the bench: a kernel on the bare qemu-arm64 board, driven through the machine as any other guest.
import { BoardMachine } from '../machine/machine.ts';
import type { BoardDescription } from '../board/index.ts';
import { guestNs, gva, pa } from '../util/units.ts';
import { KernelOutput, LOAD_ADDRESS, type Kernel } from './kernels.ts';

/** No kernel runs for longer than this: one instruction takes a nanosecond of guest time. */
const LIMIT_NS = guestNs(600e9);

export interface BareBoardRun {
  /** Host seconds between the kernel's markers. */
  seconds: number;
  /** Instructions retired between them. */
  instructions: number;
  checksum: string;
}

/** Runs a kernel to its end on a machine of its own. Throws if it does not end or finds itself wrong. */
export function runOnBareBoard(board: BoardDescription, kernel: Kernel, regions: boolean): BareBoardRun {
  const machine = new BoardMachine(board, { regions, hostClock: () => performance.now() });
  const output = new KernelOutput();
  const begin = { ms: 0, instructions: 0 };
  const end = { ms: 0, instructions: 0 };
  machine.onUart = ({ byte }) => {
    const reached = output.append(String.fromCharCode(byte));
    if (reached.begin) Object.assign(begin, { ms: performance.now(), instructions: machine.instructions });
    if (reached.end) Object.assign(end, { ms: performance.now(), instructions: machine.instructions });
  };
  machine.memory.write(pa(LOAD_ADDRESS), kernel.image);
  machine.cpus[0]!.reset({ pc: gva(BigInt(LOAD_ADDRESS)) });
  machine.setPower(0, 'on');
  machine.run(LIMIT_NS, () => output.complete);

  try {
    const checksum = output.checksum;
    if (!checksum) throw new Error(`the kernel did not end; it printed "${output.text}"`);
    return { seconds: (end.ms - begin.ms) / 1000, instructions: end.instructions - begin.instructions, checksum };
  } catch (error) {
    throw new Error(`${kernel.name} on the bare board: ${(error as Error).message}`);
  }
}
