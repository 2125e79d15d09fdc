// npm run fuzz:cpu -- --minutes N [--seed S] [--cpu MODEL] [--only PATTERN] [--spaces]: compares the engine with QEMU for a
// while. Every fourth image has programs in random address spaces; with --spaces all of them have.
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
    length: { type: 'string', default: '8' },
    blocks: { type: 'string', default: '600' },
  },
});

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
print(`comparing with ${version}, from seed ${seed}`);
const coverage = new Coverage();
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
    if (report.difference) {
      print(report.difference);
      print(`repeat with: npm run fuzz:cpu -- --minutes 0 --seed ${seed} --cpu ${cpu}${spaces ? ' --spaces' : ''}`);
      process.exit(1);
    }
  }
  seed++;
} while (hostNow() < end);
print(`${instructions} instructions, no difference; seeds ${values.seed} to ${seed - 1}`);
if (!values.only && !values.spaces) for (const line of coverage.report(models.map(cpuModel))) print(line);
