// Kernels on QEMU and on our engine, in turn on the same machine, so that what disturbs one disturbs the other.
import type { BoardDescription } from '../board/index.ts';
import { runOnBareBoard } from './bare-board.ts';
import { loadKernel, type KernelName } from './kernels.ts';
import { runOnQemu } from './qemu.ts';
import { median } from './statistics.ts';

export interface KernelResult {
  name: KernelName;
  /** Million guest instructions per host second, median of the runs. */
  mips: number;
  /** The same for QEMU: our exact instruction count over its time. Null where QEMU is not installed. */
  qemuMips: number | null;
  /** mips / qemuMips: above 1 we are faster. */
  ratio: number | null;
}

export interface ComparisonOptions {
  board: BoardDescription;
  /** Part of each kernel's rounds, 0..1. */
  share: number;
  /** How often each side runs each kernel. */
  repeat: number;
  withQemu: boolean;
  /** Translated regions, or the interpreter alone. */
  regions: boolean;
}

/** Measures one kernel. Rejects if a side fails, or if the two do not compute the same. */
export async function compareKernel(name: KernelName, options: ComparisonOptions): Promise<KernelResult> {
  const kernel = loadKernel(name, options.share);
  const ours: number[] = [];
  const qemu: number[] = [];
  for (let run = 0; run < options.repeat; run++) {
    const theirs = options.withQemu ? await runOnQemu(kernel) : undefined;
    const own = runOnBareBoard(options.board, kernel, options.regions);
    if (theirs && theirs.checksum !== own.checksum) {
      throw new Error(`${name}: QEMU computes ${theirs.checksum}, the bare board ${own.checksum}`);
    }
    ours.push(own.instructions / own.seconds / 1e6);
    if (theirs) qemu.push(own.instructions / theirs.seconds / 1e6);
  }
  const mips = median(ours);
  const qemuMips = options.withQemu ? median(qemu) : null;
  return { name, mips, qemuMips, ratio: qemuMips && mips / qemuMips };
}
