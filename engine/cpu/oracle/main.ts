// npm run fuzz:cpu -- --minutes N [--seed S] [--cpu MODEL] [--only PATTERN] [--spaces] [--all]: compares the engine with
// QEMU for a while. Every fourth image has programs in random address spaces; with --spaces all of them have. Ends at the
// first difference, or with --all reports every image's first one and goes on.
import { parseArgs } from 'node:util';
import { cpuModel } from '../aarch64/system/models.ts';
import { compareOnce } from './compare.ts';
import { Coverage } from './coverage.ts';
import { qemuVersion } from './qemu.ts';

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
  },
});

const SEEDS_A_LINE = 50;
const print = (text: string): void => void process.stdout.write(`${text}\n`);
const version = qemuVersion();
if (!version) {
  print('skipped: qemu-system-aarch64 is not installed (apt-get install qemu-system-arm)');
  process.exit(0);
}
// A tool's own time limit, not the engine's.
const hostNow = (): number => Number(process.hrtime.bigint() / 1_000_000n);
const end = hostNow() + Number(values.minutes) * 60_000;
const models = values.cpu ? [values.cpu] : ['cortex-a57', 'max'];
let seed = Number(values.seed);
let instructions = 0;
let found = 0;
const explained = new Map<string, number>();
print(`comparing with ${version}, from seed ${seed}`);
const coverage = new Coverage();
const summary = (): string =>
  `${instructions} instructions, ${found === 0 ? 'no difference' : `${found} differences`}; seeds ${values.seed} to ${seed - 1}`;
do {
  // The same seed gives the same programs, whatever came before.
  const spaces = values.spaces || (!values.only && seed % 4 === 0);
  for (const cpu of models) {
    const report = compareOnce({
      seed,
      cpu,
      blocks: Number(values.blocks),
      length: Number(values.length),
      spaces,
      ...(values.only ? { only: new RegExp(values.only) } : {}),
    });
    instructions += report.instructions;
    coverage.add(report.words);
    for (const [name, count] of report.explained) explained.set(name, (explained.get(name) ?? 0) + count);
    if (report.difference) {
      found++;
      print(report.difference);
      print(`repeat with: npm run fuzz:cpu -- --minutes 0 --seed ${seed} --cpu ${cpu}${spaces ? ' --spaces' : ''}`);
      if (!values.all) process.exit(1);
    }
  }
  seed++;
  if ((seed - Number(values.seed)) % SEEDS_A_LINE === 0) print(summary());
} while (hostNow() < end);
print(summary());
for (const [name, count] of explained) print(`  explained: ${name}, ${count} programs`);
if (!values.only && !values.spaces) for (const line of coverage.report(models.map(cpuModel))) print(line);
process.exitCode = found === 0 ? 0 : 1;
