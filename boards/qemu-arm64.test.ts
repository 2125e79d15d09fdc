// The inmates of qemu-arm64 do what their heads say, each in the cell that ships with it, and the demo script runs to its end.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { BoardLibrary, FolderSource, LayeredSource, MemorySource } from '../engine/service/library.ts';
import { Pump } from '../engine/service/pump.ts';
import { Run } from '../engine/service/run.ts';

const library = new BoardLibrary(import.meta.dirname);
const board = library.load('qemu-arm64');
const folder = join(library.folder, board.name);

/** The third peer of the ivshmem link, as the second one's configuration with its own figures. */
function otherPeer(): string {
  const writable = '.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_WRITE |\n\t\t\t\t JAILHOUSE_MEM_ROOTSHARED,';
  const readOnly = '.flags = JAILHOUSE_MEM_READ | JAILHOUSE_MEM_ROOTSHARED,';
  const text = readFileSync(join(folder, 'ivshmem.c'), 'utf8')
    .replace('"ivshmem"', '"other"')
    .replace('1 << 12', '1 << 13')
    .replace('0x7f860000', '0x7f870000')
    .replace('shmem_dev_id = 1', 'shmem_dev_id = 2')
    .replace('.vpci_irq_base = 112', '.vpci_irq_base = 116')
    .replace('144 - 128', '148 - 128');
  const [first, second] = [text.indexOf('peer 1, which'), text.indexOf('peer 2 */')];
  const swapped =
    text.slice(first, second).replace(writable, readOnly) + text.slice(second).replace(readOnly, writable);
  return text.slice(0, first) + swapped;
}
const files = new LayeredSource(
  new FolderSource(folder, { absolute: false }),
  new MemorySource([{ path: 'other.c', bytes: new TextEncoder().encode(otherPeer()) }]),
);

/** One board for all tests: each enables the hypervisor anew, and finds the board as a person would after a disable. */
const run = new Run({ board, files, script: null, prompt: false });

let said: Record<string, string> = {};
run.consoles.onOutput(({ name }, bytes) => {
  said[name] = (said[name] ?? '') + Buffer.from(bytes).toString('latin1').replaceAll('\r', '');
});

/** Runs a script to its end and returns what each console said. Fails with the script's own reason. */
function play(script: string): Record<string, string> {
  said = {};
  const pump = new Pump(run.machine, run.shell.script(script));
  pump.advance();
  expect(pump.result?.value, said['root']).toMatchObject({ ok: true });
  return said;
}

afterEach(() => {
  if (run.driver.enabled) play('jailhouse disable || jailhouse disable');
});

/** The script that brings an inmate up in its own cell with a command line. */
const start = (name: string, parameters = ''): string => `
jailhouse enable qemu-arm64.c
jailhouse cell create ${name}.c
jailhouse cell load ${name} inmates/${name}.bin -s "${parameters}" -a 0x1000
jailhouse cell start ${name}
`;

test('the demo script runs to its end', () => {
  const { root } = play(readFileSync(join(folder, 'demo.script'), 'utf8'));
  expect(root).toMatch(/greeter +running +1/);
  expect(root).toMatch(/0\n$/);
});

test('greeter greets at the pace it is given, and idles between', () => {
  const { greeter } = play(`${start('greeter', 'name=board pause-ms=100 count=3')}
expect greeter "Greeter done" 1`);
  expect(greeter).toBe('Hello board, greeting 1\nHello board, greeting 2\nHello board, greeting 3\nGreeter done\n');
});

test('timer ticks ten times a second, never early and never a tick late', () => {
  const { timer } = play(`${start('timer')}
sleep 1.05`);
  const ticks = [...timer!.matchAll(/^Tick (\d+), jitter: +(\d+) ns, min: +(\d+) ns, max: +(\d+) ns$/gm)];
  const figures = ticks.map(([, ...numbers]) => numbers.map(Number));
  expect(figures.map(([tick]) => tick)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const jitters = figures.map(([, jitter]) => jitter!);
  expect(Math.max(...jitters)).toBeLessThan(1_000_000);
  expect(figures.at(-1)).toEqual([10, jitters.at(-1), Math.min(...jitters), Math.max(...jitters)]);
});

test('smp starts its other CPUs, and an interrupt goes round', () => {
  const { smp } = play(`${start('smp', 'rounds=2')}
expect smp "SMP done" 2`);
  const round = (number: number): string =>
    ['0x6', '0x7', '0x5'].map((cpu) => `CPU ${cpu} received SGI 5\n`).join('') + `Round ${number} complete\n`;
  expect(smp).toBe(
    'CPU 0x5 is the first of 3\n' +
      'Starting CPU 0x6\nCPU 0x6 is online\nStarting CPU 0x7\nCPU 0x7 is online\n3 CPUs online\n' +
      `${round(1)}${round(2)}SMP done\n`,
  );
});

test('comm-client locks the configuration, refuses the first request and grants the second', () => {
  const consoles = play(`${start('comm-client')}
expect comm-client Locked
cat /sys/devices/jailhouse/cells/1/state
! jailhouse cell create greeter.c
! jailhouse cell shutdown comm-client
expect comm-client "Shutdown refused"
cat /sys/devices/jailhouse/cells/1/state
jailhouse cell shutdown comm-client
expect comm-client "Shutdown granted"
cat /sys/devices/jailhouse/cells/1/state`);
  expect(consoles['root']).toMatch(
    /running\/locked\n[^]*CREATE: Operation not permitted[^]*LOAD: Operation not permitted[^]*running\/locked\n[^]*shut down\n/,
  );
});

test('comm-client acknowledges that cells were created and destroyed', () => {
  const consoles = play(`${start('comm-client', 'locked=false refuse=0')}
sleep 0.01
jailhouse cell create greeter.c
jailhouse cell destroy greeter`);
  expect(consoles['comm-client']).toBe('Cells were created or destroyed\n'.repeat(2));
});

test('vconsole speaks through the hypervisor', () => {
  const { vconsole, uart0, hypervisor } = play(`${start('vconsole', 'count=2 pause-ms=10')}
expect vconsole "Virtual console done"`);
  expect(vconsole).toBe('Hello through the virtual console\nLine 1\nLine 2\nVirtual console done\n');
  expect(`${uart0}${hypervisor}`).toContain('Hello through the virtual console');
});

test('vconsole says so where its cell may not use the virtual console', () => {
  const { greeter } = play(`${start('greeter').replace('inmates/greeter', 'inmates/vconsole')}
expect greeter "Hypercall 8"`);
  expect(greeter).toBe('No virtual console: it is not permitted for this cell\nHypercall 8 answers -1\n');
});

test('console parameters overrule the configuration', () => {
  const silent = play(`${start('greeter', 'con-type=none')}
sleep 0.01`);
  expect(silent['greeter']).toBeUndefined();
  const { vconsole } = play(`jailhouse disable
${start('vconsole', 'con-virtual=false')}
sleep 0.01`);
  // All that arrives is the character that the inmate sends by a hypercall of its own.
  expect(vconsole).toBe('.');
});

describe('trespasser', () => {
  test.each([
    ['', /Unhandled data read at 0x7fc00000\(4\)/],
    ['access=write width=8 value=1', /Unhandled data write at 0x7fc00000\(8\)/],
    ['access=execute address=0x50000000', /FATAL: forbidden access \(exception class 0x20\)/],
  ])('is parked for "%s"', (parameters, refusal) => {
    const { hypervisor, trespasser } = play(`${start('trespasser', parameters)}
expect hypervisor "Parking CPU 10 .Cell: .trespasser.."
expect root ""
cat /sys/devices/jailhouse/cells/1/state
cat /sys/devices/jailhouse/cells/1/cpus_failed_list`);
    expect(hypervisor).toMatch(refusal);
    expect(trespasser).not.toContain('owns');
  });

  test('goes on where the cell owns the address', () => {
    const { trespasser } = play(`${start('trespasser', 'address=0x8000')}
sleep 0.01`);
    expect(trespasser).toContain('the cell owns this address');
  });
});

test('cmdline reads its buffer, and finds what it wrote when it is started again', () => {
  const { cmdline } = play(`${start('cmdline', 'text=hello number=-0x10 flag other')}
expect cmdline "Start 1 since"
jailhouse cell start cmdline
expect cmdline "Start 2 since"`);
  const report = (starts: number): string =>
    'Command line at 0x0000000000001000, 256 bytes\n 1: text=hello\n 2: number=-0x10\n 3: flag\n 4: other\n4 parameters\n' +
    `text:   hello\nnumber: -16\nflag:   true\nStart ${starts} since the image was loaded, written as starts=0000${starts}\n`;
  expect(cmdline).toBe(report(1) + report(2));
});

test('ivshmem peers read what the others write, and ring each other', () => {
  const { ivshmem, other } = play(`${start('ivshmem', 'count=2')}
jailhouse cell create other.c
jailhouse cell load other inmates/ivshmem.bin -s "peer=1 count=1" -a 0x1000
jailhouse cell start other
expect ivshmem done 2
expect other done 2
jailhouse cell destroy other
sleep 0.01`);
  const rung = (intid: number, ring: number, says = ''): string => `Interrupt ${intid}, ring ${ring}\n${says}`;
  const peer = (id: number): string => `Peer ${id} is in state ${id + 1} and says "hello from peer ${id}"\n`;
  const about = (id: number): string => `Peer ${id} of 3, 36 KiB shared and 8 KiB of output at 0x7faf0000\n`;
  // By its state the other one, its doorbell, and its end, when there is nobody left to read of.
  const lines = [rung(144, 1, peer(2)), rung(144, 2, peer(2)), rung(144, 3)];
  for (const text of [about(1), ...lines, 'Ringing peer 2\n', 'Ivshmem done\n']) expect(ivshmem).toContain(text);
  expect(other).toBe(`${about(2)}${rung(148, 1, peer(1))}Ringing peer 1\nIvshmem done\n${rung(148, 2, peer(1))}`);
});

test('linux-loader says what it needs', () => {
  const { greeter } = play(
    `${start('greeter').replace('inmates/greeter', 'inmates/linux-loader')}
expect greeter must`,
  );
  expect(greeter).toBe('kernel=ADDRESS and dtb=ADDRESS must be given\n');
});
