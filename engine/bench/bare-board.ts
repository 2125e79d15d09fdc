// Our side of the bench: a kernel on the bare qemu-arm64 board, driven through the machine as any other guest.
import { BoardMachine } from '../machine/machine.ts';
import type { BoardDescription } from '../board/index.ts';
import { gpa, guestNs, gva, MiB, pa } from '../util/units.ts';
import { KernelOutput, LOAD_ADDRESS, type Kernel } from './kernels.ts';

/** No kernel runs for longer than this: one instruction takes a nanosecond of guest time. */
const LIMIT_NS = guestNs(600e9);

/** Where QEMU's virt machine has RAM, and what of it each CPU gets for itself where several run a kernel. */
const RAM = 0x4000_0000;
const OWN_RAM = 128 * MiB;

const nameOf = (cpu: number): string => `cpu${cpu}`;

export interface BareBoardRun {
  /** Host seconds between the kernel's markers. */
  seconds: number;
  /** Instructions retired between them, on all CPUs. */
  instructions: number;
  checksum: string;
}

/**
 * Runs a kernel to its end on a machine of its own; on several CPUs at a time, each with memory of its own at the same
 * addresses, until the first has ended. Throws if it does not end or finds itself wrong.
 */
export function runOnBareBoard(board: BoardDescription, kernel: Kernel, regions: boolean, cpus = 1): BareBoardRun {
  const machine = new BoardMachine(board, { regions, hostClock: () => performance.now() });
  const output = new KernelOutput();
  const begin = { ms: 0, instructions: 0 };
  const end = { ms: 0, instructions: 0 };
  machine.onUart = ({ byte, by }) => {
    if (by !== nameOf(0)) return;
    const reached = output.append(String.fromCharCode(byte));
    if (reached.begin) Object.assign(begin, { ms: performance.now(), instructions: machine.instructions });
    if (reached.end) Object.assign(end, { ms: performance.now(), instructions: machine.instructions });
  };
  for (let index = 0; index < cpus; index++) {
    const cpu = machine.cpus[index]!;
    const physical = pa(RAM + index * OWN_RAM);
    machine.memory.write(pa(LOAD_ADDRESS + index * OWN_RAM), kernel.image);
    if (cpus > 1) cpu.addressMap = machine.createAddressMap(machine.memory.segments(physical, OWN_RAM, gpa(RAM), true));
    cpu.reset({ pc: gva(BigInt(LOAD_ADDRESS)) });
    machine.setOwner(index, nameOf(index));
    machine.setPower(index, 'on');
  }
  machine.run(LIMIT_NS, () => output.complete);

  try {
    const checksum = output.checksum;
    if (!checksum) throw new Error(`the kernel did not end; it printed "${output.text}"`);
    return { seconds: (end.ms - begin.ms) / 1000, instructions: end.instructions - begin.instructions, checksum };
  } catch (error) {
    throw new Error(`${kernel.name} on the bare board: ${(error as Error).message}`);
  }
}
