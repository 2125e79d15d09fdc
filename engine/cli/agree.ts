// `cellblock agree`: whether the interpreter and the translator do the same, over a whole run; and if not, from where on.
import type { RegionTuning } from '../cpu/index.ts';
import type { SteppedRun, Tier } from '../debug/lock-step.ts';
import { describeDivergence, runInLockStep } from '../debug/lock-step.ts';
import type { RunSetup } from '../service/run.ts';
import { Run } from '../service/run.ts';
import { guestNs } from '../util/units.ts';
import { readStart, START_OPTIONS } from './start.ts';
import { parseArguments, parseCount } from './usage.ts';

const USAGE = `usage: cellblock agree BOARD [SCRIPT] [OPTIONS]

Runs a board twice at the same time, by the interpreter alone and with translated code, and compares what a guest or a person
can see: registers and output every 20 µs of guest time, memory every 10 ms. Where they part, the first difference is printed
as instructions and state. Exit status 0 when they agree, 1 when they do not, 2 when the run could not start.

  --seconds N         only so many seconds of guest time
  --cpus N, --kernel FILE, --initrd FILE, --append TEXT, --firmware FILE
                      as for \`cellblock run\`; without SCRIPT nothing is typed
`;

const OPTIONS = {
  seconds: { type: 'string' },
  ...START_OPTIONS,
} as const;

/** Guest time between two lines of progress, at a terminal. */
const PROGRESS_NS = 100_000_000;

export async function agreeCommand(args: string[]): Promise<number> {
  const { values, positionals } = parseArguments({ args, options: OPTIONS, allowPositionals: true });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const seconds = parseCount('--seconds', values.seconds, 1) ?? Infinity;
  const { board, system, script, files } = await readStart(positionals, values, { usage: USAGE, prompt: false });

  let shown = 0;
  const progress = (now: number): void => {
    if (!process.stderr.isTTY || now - shown < PROGRESS_NS) return;
    shown = now;
    process.stderr.write(`\r${(now / 1e9).toFixed(1)} s agree`);
  };
  const setup: RunSetup = { board, files, script, prompt: false, ...(system && { system }) };
  const { divergence, ...compared } = runInLockStep(
    (tier) => steppedRun(setup, tier),
    guestNs(seconds * 1e9),
    progress,
  );
  if (shown > 0) process.stderr.write('\r');
  if (divergence) {
    process.stdout.write(describeDivergence(divergence));
    return 1;
  }
  const { guestNs: ns, instructions, slices } = compared;
  process.stdout.write(
    `Both tiers agree: ${(ns / 1e9).toFixed(6)} s of guest time, ${instructions} instructions, compared ${slices} times.\n`,
  );
  return 0;
}

/** Translated on the engine's own thread, at the same instruction each time, and early: so that much of a run is. */
const TRANSLATION: RegionTuning = { threshold: 200 };

/** A run on one tier for the lock step. */
export function steppedRun(setup: RunSetup, tier: Tier): SteppedRun {
  const run = new Run({ ...setup, jit: tier === 'translated' && (setup.jit ?? TRANSLATION) });
  let output: string[] = [];
  run.consoles.onOutput(({ name }, bytes, { guestNs: time, instructions }) =>
    output.push(
      `${name} at ${time} ns, ${instructions} instructions: ${JSON.stringify(Buffer.from(bytes).toString('latin1'))}`,
    ),
  );
  return {
    machine: run.machine,
    advance: (limit) => !['finished', 'idle'].includes(run.pump.advance(limit)),
    step: (cpu, count, limit) => void run.pump.step(cpu, count, limit),
    takeOutput: () => {
      const taken = output;
      output = [];
      return taken;
    },
  };
}
