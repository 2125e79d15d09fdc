// `npm run bench`: our speed beside QEMU's on the same machine in the same minutes, and what a person waits for.
import { parseArgs } from 'node:util';
import { join } from 'node:path';
import { BoardLibrary } from '../service/library.ts';
import { bootMissing, measureBoot, type BootResult } from './boot.ts';
import { compareKernel, type KernelResult } from './compare.ts';
import { measureCpus, type CpusResult } from './cpus.ts';
import { measureConfigurations, type ConfigurationsResult } from './configurations.ts';
import { canMeasureIdle, measureIdleShare } from './idle.ts';
import { BENCH_BOARD, JOURNEYS, measureJourney } from './journeys.ts';
import { groupOf, KERNEL_GROUPS, KERNELS, type KernelGroup, type KernelName } from './kernels.ts';
import { qemuVersion } from './qemu.ts';
import {
  bootLine,
  configurationLines,
  cpusLine,
  KERNEL_HEADING,
  kernelLine,
  limitLine,
  meanLine,
  responseLines,
} from './report.ts';
import { measureResponse, type ResponseResult } from './response.ts';
import { soak } from './soak.ts';
import { geometricMean, median } from './statistics.ts';

const USAGE = `usage: npm run bench -- [--quick] [--json] [KERNEL...] | --soak MINUTES

Runs kernels on qemu-system-aarch64 and on the bare board in turn, then measures how long a person waits for
an inmate, for enable and for Debian's kernel, how soon a busy run pauses and takes input, what an engine
at rest costs, and what four busy CPUs do beside one. With kernels named only these are run.
Kernels: ${KERNEL_GROUPS.integer.join(', ')}; of floating point, vectors and ciphers: ${KERNEL_GROUPS.fp.join(', ')}

  --quick  a fifth of the work, once: to see that it runs, not to compare
  --no-jit the kernels on the interpreter alone, and the boot
  --soak   instead of all that: a guest that generates code, for so many minutes; memory and pauses of each
  --json   one JSON object on standard output; progress goes to standard error
`;

const THOROUGH = { share: 1, repeat: 5 };
const QUICK = { share: 0.2, repeat: 1 };
const IDLE_LIMIT = 0.05;
/** Pauses, and characters typed, for each guest. */
const REQUESTS = 50;
const QUICK_REQUESTS = 10;
const BOARDS = join(import.meta.dirname, '../../boards');
const CORPUS = join(import.meta.dirname, '../config/source/corpus');

/** The bench as JSON. What could not be measured is left out; null stands where QEMU is missing. */
interface BenchResult {
  kernels: KernelResult[];
  /** Of the integer kernels, and of the others. */
  geomean: number | null;
  fpGeomean: number | null;
  firstCharacter?: { seconds: number; limit: number };
  enable?: { seconds: number; limit: number };
  idle?: { share: number; limit: number };
  configurations?: ConfigurationsResult;
  boot?: BootResult;
  /** Several CPUs with a job each, beside one. */
  cpus?: CpusResult;
  response?: ResponseResult[];
  qemu: string | null;
}

const isKernel = (name: string): name is KernelName => (KERNELS as readonly string[]).includes(name);

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      quick: { type: 'boolean' },
      'no-jit': { type: 'boolean' },
      json: { type: 'boolean' },
      soak: { type: 'string' },
      help: { type: 'boolean' },
    },
    allowPositionals: true,
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (values.soak !== undefined) {
    const minutes = Number(values.soak);
    if (!Number.isInteger(minutes) || minutes < 1)
      throw new Error(`--soak takes a whole number of minutes, not "${values.soak}"`);
    await soak(minutes, ({ minute, residentMiB, worstPauseMs }) =>
      process.stdout.write(
        `minute ${minute}: ${residentMiB ?? '?'} MiB resident, worst pause ${worstPauseMs.toFixed(1)} ms\n`,
      ),
    );
    return 0;
  }
  const unknown = positionals.find((name) => !isKernel(name));
  if (unknown !== undefined) throw new Error(`there is no kernel "${unknown}"; choose from ${KERNELS.join(', ')}`);

  const print = (line: string): boolean => (values.json ? process.stderr : process.stdout).write(`${line}\n`);
  const names = positionals.length > 0 ? positionals.filter(isKernel) : KERNELS;
  const effort = { ...(values.quick ? QUICK : THOROUGH), regions: !values['no-jit'] };
  const qemu = qemuVersion() ?? null;
  print(
    qemu
      ? `QEMU ${qemu}, TCG; medians of ${effort.repeat}, both in turn`
      : 'qemu-system-aarch64 is missing: no ratios. Install it with: apt-get install qemu-system-arm',
  );

  const result: BenchResult = { kernels: [], geomean: null, fpGeomean: null, qemu };
  const board = new BoardLibrary(BOARDS).load(BENCH_BOARD);
  print(KERNEL_HEADING);
  for (const name of names) {
    const kernel = await compareKernel(name, { board, ...effort, withQemu: qemu !== null });
    result.kernels.push(kernel);
    print(kernelLine(kernel));
  }
  const mean = (group: KernelGroup): number | null => {
    const ratios = result.kernels
      .filter(({ name }) => groupOf(name) === group)
      .map(({ ratio }) => ratio)
      .filter((ratio) => ratio !== null);
    return ratios.length > 0 ? geometricMean(ratios) : null;
  };
  result.geomean = mean('integer');
  result.fpGeomean = mean('fp');
  print(meanLine('geomean', result.geomean));
  print(meanLine('fp geomean', result.fpGeomean));

  if (positionals.length === 0) {
    for (const journey of JOURNEYS) {
      const runs: number[] = [];
      for (let run = 0; run < effort.repeat; run++) runs.push(await measureJourney(journey));
      const seconds = median(runs);
      const limit = journey.limitSeconds;
      result[journey.name] = { seconds, limit };
      print(limitLine(journey.title, `${seconds.toFixed(2)} s`, `${limit} s`, seconds <= limit));
    }
    if (canMeasureIdle) {
      const share = await measureIdleShare();
      result.idle = { share, limit: IDLE_LIMIT };
      const percent = (part: number): string => `${(part * 100).toFixed(1)} % of a core`;
      print(limitLine('an engine at rest, paced', percent(share), percent(IDLE_LIMIT), share < IDLE_LIMIT));
    } else {
      print('an engine at rest: not measured, needs /proc');
    }
    result.response = await measureResponse(values.quick ? QUICK_REQUESTS : REQUESTS, (response) => {
      for (const line of responseLines(response)) print(line);
    });
    result.cpus = measureCpus(board, effort);
    print(cpusLine(result.cpus));
    const noSystem = bootMissing();
    if (noSystem === undefined) {
      result.boot = await measureBoot(BENCH_BOARD, {
        repeat: effort.repeat,
        withQemu: qemu !== null,
        regions: effort.regions,
      });
      print(bootLine(result.boot));
    } else print(`Debian's kernel to the start of init: not measured, ${noSystem}`);
    result.configurations = measureConfigurations(BOARDS, CORPUS);
    for (const line of configurationLines(result.configurations)) print(line);
  }
  if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
