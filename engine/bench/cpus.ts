// What several busy CPUs do together beside one alone: each runs a kernel in memory of its own, in turn on one host thread.
import type { BoardDescription } from '../board/index.ts';
import { runOnBareBoard } from './bare-board.ts';
import { KERNEL_GROUPS, loadKernel, type KernelName } from './kernels.ts';
import { geometricMean, median } from './statistics.ts';

export interface CpusResult {
  cpus: number;
  /** Instructions per host second of all CPUs together, of those of one CPU alone. */
  kernels: { name: KernelName; ratio: number }[];
  /** Geometric mean of them. */
  ratio: number;
  limit: number;
}

const CPUS = 4;
const LIMIT = 0.9;

/** The integer kernels on one CPU and on four in turn, so that what disturbs one disturbs the other. */
export function measureCpus(
  board: BoardDescription,
  { share, repeat, regions }: { share: number; repeat: number; regions: boolean },
): CpusResult {
  const kernels = KERNEL_GROUPS.integer.map((name) => {
    const kernel = loadKernel(name, share);
    const rate = (cpus: number): number => {
      const { instructions, seconds } = runOnBareBoard(board, kernel, regions, cpus);
      return instructions / seconds;
    };
    return { name, ratio: median(Array.from({ length: repeat }, () => (1 / rate(1)) * rate(CPUS))) };
  });
  return { cpus: CPUS, kernels, ratio: geometricMean(kernels.map(({ ratio }) => ratio)), limit: LIMIT };
}
