// Programs of our own for QEMU's virt machine, run on qemu-system-aarch64 and on the bare board: what they print must be
// the same. The programs are in programs/, each one file of C; building needs the cross compiler. For tests only.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BoardDescription } from '../../../board/index.ts';
import { guestNs } from '../../../util/units.ts';
import { startSystem } from '../../boot-loader.ts';
import { BoardMachine } from '../../machine.ts';

const SOURCES = join(import.meta.dirname, 'programs');

/** Where QEMU puts an image of each kind, and so where the program is linked to. */
const LINK_BASE = { raw: 0x40080000, image: 0x40200000, elf: 0x40400000 } as const;

export interface Program {
  name: 'entry' | 'interrupts' | 'devices' | 'processors' | 'restart';
  format: keyof typeof LINK_BASE;
  gicVersion: 2 | 3;
  cpus: number;
  initrd?: Uint8Array;
  append?: string;
}

const FLAGS = [
  ...['-O2', '-ffreestanding', '-mgeneral-regs-only', '-mstrict-align', '-fno-pic', '-fno-stack-protector'],
  ...[
    '-fno-delete-null-pointer-checks',
    '-mno-outline-atomics',
    '-fno-tree-loop-distribute-patterns',
    '-Wall',
    '-Werror',
  ],
  ...['-nostdlib', '-static', '-no-pie', '-Wl,--build-id=none', '-Wl,--no-warn-rwx-segments', '-Wl,-z,norelro'],
];

/** The file that `-kernel` and `--kernel` take. */
export function buildProgram({ name, format, gicVersion }: Program): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'cellblock-program-'));
  try {
    const elf = join(folder, 'program.elf');
    execFileSync('aarch64-linux-gnu-gcc', [
      ...FLAGS,
      ...(format === 'image' ? ['-DHEADER'] : []),
      `-DGIC_VERSION=${gicVersion}`,
      `-Wl,--defsym=LINK_BASE=${LINK_BASE[format]},-T,${join(SOURCES, 'program.lds')}`,
      ...['-o', elf, ...['start.S', 'virt.c', `${name}.c`].map((file) => join(SOURCES, file))],
    ]);
    if (format === 'elf') return readFileSync(elf);
    const raw = join(folder, 'program.bin');
    execFileSync('aarch64-linux-gnu-objcopy', ['-O', 'binary', elf, raw]);
    return readFileSync(raw);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the program prints on QEMU until it switches the machine off. @throws Error with QEMU's words */
export function printedByQemu(program: Program, file: Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'cellblock-program-'));
  try {
    const kernel = join(folder, 'program');
    const initrd = join(folder, 'initrd');
    writeFileSync(kernel, file);
    if (program.initrd) writeFileSync(initrd, program.initrd);
    const machine = program.gicVersion === 3 ? 'virt,gic-version=3,its=off' : 'virt,gic-version=2';
    const { stdout, stderr, status } = spawnSync(
      'qemu-system-aarch64',
      [
        ...['-M', machine, '-cpu', 'cortex-a57', '-smp', `${program.cpus}`, '-m', '1G', '-nic', 'none'],
        ...['-display', 'none', '-monitor', 'none', '-serial', 'stdio', '-kernel', kernel],
        // Flash that can be written, and that is empty: without a file behind it QEMU's is, too.
        ...(program.initrd ? ['-initrd', initrd] : []),
        ...(program.append === undefined ? [] : ['-append', program.append]),
      ],
      { timeout: 30_000, input: '' },
    );
    if (status !== 0) throw new Error(`QEMU ended with ${status}: ${stderr.toString()}\n${stdout.toString('latin1')}`);
    return stdout.toString('latin1');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** No program runs for longer than this in guest time. */
const LIMIT = guestNs(20e9);

/** What the program prints on the bare board until it switches it off. */
export function printedHere(program: Program, board: BoardDescription, file: Uint8Array): string {
  const machine = new BoardMachine({ ...board, cpus: board.cpus.slice(0, program.cpus) });
  const images = {
    kernel: file,
    ...(program.initrd && { initrd: program.initrd }),
    ...(program.append !== undefined && { append: program.append }),
  };
  let text = '';
  let off = false;
  machine.onUart = ({ byte }) => (text += String.fromCharCode(byte));
  machine.onPower = (request) => {
    if (request === 'off') off = true;
    else
      machine.at(machine.now, () => {
        machine.reset();
        startSystem(machine, images);
      });
  };
  startSystem(machine, images);
  const end = machine.run(LIMIT, () => off);
  return off ? text : `${text}\n(not ended: ${end}, CPU 0 at 0x${machine.cpus[0]!.pc.toString(16)})`;
}
