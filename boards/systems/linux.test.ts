// Debian's arm64 kernel, unmodified, with busybox: to an interactive shell on the bare board and in a cell, where it works,
// is shut down and started again. By default the fewest boots that show each of these; with CELLBLOCK_LONG=1 every number
// of CPUs and both interrupt controllers.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cells, findNode, property, readDeviceTree, string, writeDeviceTree } from '../../engine/board/index.ts';
import type { DeviceTreeNode } from '../../engine/board/index.ts';
import type { RegionTuning } from '../../engine/cpu/region/cache.ts';
import { USUAL_TUNING } from '../../engine/cpu/region/cache.ts';
import { SYSTEMS, systemsMissing } from './cache.ts';
import { play } from './play.ts';
import type { Play, Played } from './play.ts';

const missing = systemsMissing('kernel', 'initrd');
const long = process.env['CELLBLOCK_LONG'] !== undefined;
const MINUTES = 60_000;

const system = () => ({ kernel: readFileSync(SYSTEMS.kernel), initrd: readFileSync(SYSTEMS.initrd) });

const PROMPT_SECONDS = 30;
/** The shell is there when it asks the terminal where the cursor is. */
const shellOf = (console: string): string => `expect ${console} 'BusyBox[^]*# ' ${PROMPT_SECONDS}`;
/** A command that must succeed; what it echoes at its end stands otherwise in the text that is typed. */
const job = (console: string, command: string): string =>
  `send ${console} '${command} && echo pass""ed\\n'\nexpect ${console} passed 60`;

const BYTES = 200_000;
const SAMPLE = 'cellblock\n'.repeat(BYTES / 10);
const TERMS = 2000;
const JOBS = [
  'cat /proc/cpuinfo',
  'cat /proc/interrupts',
  `yes cellblock | head -c ${BYTES} > /tmp/a`,
  'sha256sum /tmp/a',
  'gzip -k /tmp/a && gzip -dc /tmp/a.gz | cmp - /tmp/a',
  `awk "BEGIN { for (i = 1; i <= ${TERMS}; i++) s += 1 / (i * i); printf \\"sum %.12f\\\\n\\", s }"`,
];
const jobs = (console: string): string => JOBS.map((command) => job(console, command)).join('\n');

function expectJobs(text: string, cpus: number): void {
  expect(text.match(/^processor\t: \d+$/gm)).toHaveLength(cpus);
  expect(text).toMatch(/^ *\d+:(?: +\d+)+ +GIC.* arch_timer$/m);
  expect(text).toMatch(/^ *\d+:(?: +\d+)+ +GIC.* uart-pl011$/m);
  expect(text).toContain(`${createHash('sha256').update(SAMPLE).digest('hex')}  /tmp/a`);
  let sum = 0;
  for (let i = 1; i <= TERMS; i++) sum += 1 / (i * i);
  expect(text).toContain(`sum ${sum.toFixed(12)}`);
}

const onBareBoard = (board: string, cpus: number, jit?: Play['jit']): Played =>
  play({
    board,
    cpus,
    ...(jit !== undefined && { jit }),
    system: { ...system(), append: 'console=ttyAMA0' },
    script: [shellOf('uart0'), jobs('uart0'), "send uart0 'poweroff\\n'", 'sleep 10'].join('\n'),
  });

/** A translator that comes to its work now and then only, for who knows how long not. */
function delayedAtRandom(seed: number): RegionTuning {
  let state = seed >>> 0;
  const below = (n: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  let ticks = 0;
  return {
    ...USUAL_TUNING,
    busy: () => {
      if (ticks-- > 0) return true;
      ticks = below(2) * below(LONGEST_DELAY);
      return false;
    },
  };
}

/** Turns of CPUs. */
const LONGEST_DELAY = 4000;

/** linux-demo with the CPUs from 2 on, configuration and device tree alike, as files of a name. */
function cellFiles(count: number, name = 'linux-demo'): Record<string, Uint8Array> {
  const folder = join(import.meta.dirname, '../qemu-arm64');
  const config = readFileSync(join(folder, 'linux-demo.c'), 'utf8');
  const mask = (2 ** count - 1) << 2;
  const tree = readDeviceTree(readFileSync(join(folder, 'linux-demo.dtb')));
  const cpus = findNode(tree.root, '/cpus')!;
  const p = (name: string, value: Uint8Array) => ({ name, value });
  cpus.children = Array.from({ length: count }, (_, n): DeviceTreeNode => ({
    name: `cpu@${n + 2}`,
    properties: [
      p('device_type', string('cpu')),
      p('compatible', string('arm,cortex-a57')),
      p('reg', cells(n + 2)),
      p('enable-method', string('psci')),
    ],
    children: [],
  }));
  expect(property(cpus, '#address-cells')).toEqual(cells(1));
  return {
    [`${name}.c`]: Buffer.from(config.replace(/0b1100,/, `0x${mask.toString(16)},`)),
    [`${name}.dtb`]: writeDeviceTree(tree),
    Image: readFileSync(SYSTEMS.kernel),
    'initrd.gz': readFileSync(SYSTEMS.initrd),
  };
}

const startOf = (name: string): string =>
  `jailhouse cell linux ${name}.c Image -d ${name}.dtb -i initrd.gz -c "console=ttyAMA0"`;
const CELL = 'linux-demo';
const START = startOf(CELL);

const inCell = (count: number, ...more: string[]): Played =>
  play({
    board: 'qemu-arm64',
    files: cellFiles(count),
    script: ['jailhouse enable qemu-arm64.c', START, shellOf(CELL), ...more].join('\n'),
  });

describe.skipIf(missing)(`Linux${missing ? ` (skipped: ${missing})` : ''}`, () => {
  test(
    'on the bare board: a shell that works, power-off, and the same digest at any time of translation',
    () => {
      const first = onBareBoard('qemu-arm64', 4);
      expect(first.reason).toBeUndefined();
      expectJobs(first.said['uart0']!, 4);
      expect(first.said['uart0']).toMatch(/SMP: Total of 4 processors activated/);
      expect(first.poweredOff).toBe(true);
      const seed = Date.now();
      const delayed = onBareBoard('qemu-arm64', 4, delayedAtRandom(seed));
      expect(delayed.digest, `delayed at random from seed ${seed}`).toBe(first.digest);
      expect(delayed.translated).toBeGreaterThan(0.02);
      expect(delayed.translated).toBeLessThan(first.translated);
      const interpreted = onBareBoard('qemu-arm64', 4, false);
      expect(interpreted.digest).toBe(first.digest);
      expect(interpreted.translated).toBe(0);
    },
    5 * MINUTES,
  );

  test('in a cell: a shell that works, shut down, loaded and started again', { timeout: 5 * MINUTES }, () => {
    const { reason, said } = inCell(
      2,
      jobs(CELL),
      `send ${CELL} 'poweroff\\n'`,
      `expect ${CELL} 'Power down' 20`,
      `jailhouse cell shutdown ${CELL}`,
      'jailhouse cell list',
      START,
      shellOf(CELL),
      job(CELL, 'grep -c processor /proc/cpuinfo'),
      // Out of the middle of its work.
      `send ${CELL} 'while true; do :; done\\n'`,
      'sleep 0.1',
      `jailhouse cell shutdown ${CELL}`,
      `jailhouse cell destroy ${CELL}`,
      'jailhouse disable',
    );
    expect(reason).toBeUndefined();
    expectJobs(said[CELL]!, 2);
    expect(said[CELL]!.match(/Booting Linux on physical CPU/g)).toHaveLength(2);
    expect(said['root']).toMatch(/linux-demo +shut down +2-3/);
  });

  test('in cells of one and of four CPUs, one after the other', { timeout: 5 * MINUTES }, () => {
    const boot = (name: string): string[] => [
      startOf(name),
      shellOf(CELL),
      job(CELL, 'cat /proc/cpuinfo'),
      `jailhouse cell shutdown ${CELL}`,
      'jailhouse cell list',
      `jailhouse cell destroy ${CELL}`,
    ];
    const { reason, said } = play({
      board: 'qemu-arm64',
      files: { ...cellFiles(1, 'one'), ...cellFiles(4, 'four') },
      script: ['jailhouse enable qemu-arm64.c', ...boot('one'), ...boot('four')].join('\n'),
    });
    expect(reason).toBeUndefined();
    const boots = said[CELL]!.split(/Booting Linux on physical CPU/).slice(1);
    expect(boots.map((text) => text.match(/^processor\t: \d+$/gm)?.length)).toEqual([1, 4]);
    expect(boots.map((text) => /SMP: Total of (\d+) processors activated/.exec(text)?.[1])).toEqual(['1', '4']);
    expect(said['root']!.match(/linux-demo +shut down +2(-5)? /g)).toHaveLength(2);
  });

  describe.skipIf(!long)(`every number of CPUs${long ? '' : ' (skipped: CELLBLOCK_LONG=1 runs it)'}`, () => {
    test.each([
      ['qemu-arm64', 1],
      ['qemu-arm64', 2],
      ['qemu-arm64', 16],
      ['qemu-arm64-gicv2', 1],
      ['qemu-arm64-gicv2', 8],
    ])('%s with %d', { timeout: 5 * MINUTES }, (board, cpus) => {
      const { reason, said, poweredOff } = onBareBoard(board, cpus);
      expect(reason).toBeUndefined();
      expectJobs(said['uart0']!, cpus);
      expect(poweredOff).toBe(true);
    });

    test.each([1, 4])('a cell of %d, the same digest again', { timeout: 10 * MINUTES }, (cpus) => {
      const first = inCell(cpus, jobs(CELL));
      expect(first.reason).toBeUndefined();
      expectJobs(first.said[CELL]!, cpus);
      expect(inCell(cpus, jobs(CELL)).digest).toBe(first.digest);
    });
  });
});
