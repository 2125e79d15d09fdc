// npm run fuzz:cpu: compares the engine with QEMU for a while.
import { parseArgs } from 'node:util';
import { cpuModel } from '../aarch64/system/models.ts';
import { compareOnce } from './compare.ts';
import { Coverage } from './coverage.ts';
import { qemuVersion } from './qemu.ts';

const USAGE = `usage: npm run fuzz:cpu -- [--minutes N] [--seed S] [--cpu MODEL] [--only PATTERN] [--spaces] [--all]

Runs random programs on QEMU and here, on cortex-a57 and max, and ends at the first difference. Every fourth image has
programs in random address spaces.

  --minutes N     goes on for so long (1); 0 compares one image
  --seed S        starts there (1); the same seed gives the same programs
  --cpu MODEL     on this model alone
  --only PATTERN  instructions whose table entry matches
  --spaces        all images in random address spaces
  --all           reports every image's first difference and goes on
  --length N      instructions of a program (8)
  --blocks N      programs of an image (600)
`;
const SEEDS_A_LINE = 50;
const print = (text: string): void => void process.stdout.write(`${text}\n`);
// A tool's own time limit, not the engine's.
const hostNow = (): number => Number(process.hrtime.bigint() / 1_000_000n);

function numberOf(option: string, text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number))
    throw new Error(`--${option} is a whole number, not "${text}"`);
  return number;
}

/** Returns the exit status: 1 where something differed. */
function main(): number {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      cpu: { type: 'string' },
      only: { type: 'string' },
      spaces: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
      length: { type: 'string', default: '8' },
      blocks: { type: 'string', default: '600' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const first = numberOf('seed', values.seed);
  const end = hostNow() + numberOf('minutes', values.minutes) * 60_000;
  const [blocks, length] = [numberOf('blocks', values.blocks), numberOf('length', values.length)];
  const models = values.cpu ? [values.cpu] : ['cortex-a57', 'max'];
  models.forEach(cpuModel);
  const version = qemuVersion();
  if (!version) {
    print('skipped: qemu-system-aarch64 is not installed (apt-get install qemu-system-arm)');
    return 0;
  }
  let seed = first;
  let instructions = 0;
  let found = 0;
  const explained = new Map<string, number>();
  print(`comparing with ${version}, from seed ${seed}`);
  const coverage = new Coverage();
  const summary = (): string =>
    `${instructions} instructions, ${found === 0 ? 'no difference' : `${found} differences`}; seeds ${first} to ${seed - 1}`;
  do {
    // The same seed gives the same programs, whatever came before.
    const spaces = values.spaces || (!values.only && seed % 4 === 0);
    for (const cpu of models) {
      const report = compareOnce({
        seed,
        cpu,
        blocks,
        length,
        spaces,
        ...(values.only ? { only: new RegExp(values.only) } : {}),
      });
      if (report.unfinished) print(`seed ${seed} on ${cpu} is left out: ${report.unfinished}, nor does the engine end`);
      instructions += report.instructions;
      coverage.add(report.words);
      for (const [name, count] of report.explained) explained.set(name, (explained.get(name) ?? 0) + count);
      if (report.difference) {
        found++;
        print(report.difference);
        print(`repeat with: npm run fuzz:cpu -- --minutes 0 --seed ${seed} --cpu ${cpu}${spaces ? ' --spaces' : ''}`);
        if (!values.all) return 1;
      }
    }
    seed++;
    if ((seed - first) % SEEDS_A_LINE === 0) print(summary());
  } while (hostNow() < end);
  print(summary());
  for (const [name, count] of explained) print(`  explained: ${name}, ${count} programs`);
  if (!values.only && !values.spaces) for (const line of coverage.report(models.map(cpuModel))) print(line);
  return found === 0 ? 0 : 1;
}

try {
  process.exitCode = main();
} catch (error) {
  process.stderr.write(`fuzz: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
