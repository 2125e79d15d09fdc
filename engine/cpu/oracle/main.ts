// npm run fuzz:cpu -- --minutes N [--seed S] [--cpu MODEL] [--only PATTERN]: compares the engine with QEMU for a while.
import { parseArgs } from 'node:util';
import { compareOnce } from './compare.ts';
import { qemuVersion } from './qemu.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    cpu: { type: 'string' },
    only: { type: 'string' },
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
print(`comparing with ${version}`);
do {
  for (const cpu of models) {
    const report = compareOnce({
      seed,
      cpu,
      blocks: Number(values.blocks),
      length: Number(values.length),
      ...(values.only ? { only: new RegExp(values.only) } : {}),
    });
    instructions += report.instructions;
    if (report.difference) {
      print(report.difference);
      print(`repeat with: npm run fuzz:cpu -- --minutes 0 --seed ${seed} --cpu ${cpu}`);
      process.exit(1);
    }
  }
  seed++;
} while (hostNow() < end);
print(`${instructions} instructions, no difference; next seed ${seed}`);
