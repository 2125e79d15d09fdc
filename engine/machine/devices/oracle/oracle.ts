// QEMU's virt machine as the oracle of the device models: the same list of bus and system-register operations is run by
// probe.S on qemu-system-aarch64 and by ModelBoard here, and the answers are compared. For tests only.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Kinds as probe.S numbers them. */
const KIND = {
  read1: 1,
  read2: 2,
  read4: 3,
  read8: 4,
  write1: 5,
  write2: 6,
  write4: 7,
  write8: 8,
  execute: 9,
  executeGuest: 10,
  delay: 11,
  hvc: 12,
  smc: 13,
} as const;

export type Operation =
  | { kind: 'read'; cpu: number; address: number; size: 1 | 2 | 4 | 8 }
  | { kind: 'write'; cpu: number; address: number; size: 1 | 2 | 4 | 8; value: bigint }
  | { kind: 'mrs'; cpu: number; key: number; guest?: boolean }
  | { kind: 'msr'; cpu: number; key: number; value: bigint; guest?: boolean }
  | { kind: 'hvc' | 'smc'; cpu: number; arguments: [bigint, bigint, bigint] };

/** Answer of an operation that ended in an exception: 0xEEEE in the top, ESR below. */
export const EXCEPTION = 0xeeee_0000_0000_0000n;
export const isException = (answer: bigint): boolean => answer >> 48n === 0xeeeen;

export const systemRegisterKey = (op0: number, op1: number, crn: number, crm: number, op2: number): number =>
  (op0 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2;

/** MRS/MSR X0 with a system-register key (op0<<14 | op1<<11 | CRn<<7 | CRm<<3 | op2 is bits 20:5 of the instruction). */
const instruction = (key: number, read: boolean): bigint =>
  BigInt((0xd5000000 | (read ? 0x200000 : 0) | (key << 5)) >>> 0);

function encode(operation: Operation): [number, bigint, bigint, bigint] {
  switch (operation.kind) {
    case 'read':
      return [KIND[`read${operation.size}`], BigInt(operation.address), 0n, 0n];
    case 'write':
      return [KIND[`write${operation.size}`], BigInt(operation.address), operation.value, 0n];
    case 'mrs':
      return [operation.guest ? KIND.executeGuest : KIND.execute, instruction(operation.key, true), 0n, 0n];
    case 'msr':
      return [
        operation.guest ? KIND.executeGuest : KIND.execute,
        instruction(operation.key, false),
        operation.value,
        0n,
      ];
    default:
      return [KIND[operation.kind], ...operation.arguments];
  }
}

export interface OracleOptions {
  gicVersion: 2 | 3;
  cpus: number;
  /** Start at EL2, with a GIC that has virtual interfaces. */
  virtualization?: boolean;
  /** Bytes typed on the UART. */
  input?: string;
}

const runs = (tool: string, ...args: string[]): boolean => spawnSync(tool, args, { stdio: 'ignore' }).status === 0;

/** Undefined if QEMU and the cross compiler are there; else what is missing, for the name of the skipped test. */
export function oracleMissing(): string | undefined {
  if (!runs('qemu-system-aarch64', '--version')) return 'qemu-system-aarch64 is not installed';
  if (!runs('aarch64-linux-gnu-gcc', '--version')) return 'aarch64-linux-gnu-gcc is not installed';
  return undefined;
}

const IMAGE_BASE = '0x40100000';
const OPERATIONS_BASE = '0x48000000';
const OPERATION_SIZE = 32;
const END = 0xff;

/** The operations as probe.S reads them: a header, the operations, an end mark. */
function program(operations: readonly Operation[], options: OracleOptions): Uint8Array {
  const view = new DataView(new ArrayBuffer((operations.length + 2) * OPERATION_SIZE));
  view.setUint32(4, options.cpus, true);
  view.setBigUint64(8, options.virtualization ? 1n : 0n, true);
  operations.forEach((operation, index) => {
    const at = (index + 1) * OPERATION_SIZE;
    const [kind, ...values] = encode(operation);
    view.setUint32(at, kind, true);
    view.setUint32(at + 4, operation.cpu, true);
    values.forEach((value, n) => view.setBigUint64(at + 8 + n * 8, BigInt.asUintN(64, value), true));
  });
  view.setUint32((operations.length + 1) * OPERATION_SIZE, END, true);
  return new Uint8Array(view.buffer);
}

/** Runs operations on QEMU; one answer each (writes answer 0 unless they fault). Throws with QEMU's words if it fails. */
export function askQemu(operations: readonly Operation[], options: OracleOptions): bigint[] {
  const folder = mkdtempSync(join(tmpdir(), 'cellblock-oracle-'));
  try {
    const elf = join(folder, 'probe.elf');
    const image = join(folder, 'probe.bin');
    const list = join(folder, 'operations.bin');
    const source = join(import.meta.dirname, 'probe.S');
    const link = ['-nostdlib', '-static', '-no-pie', `-Wl,-Ttext=${IMAGE_BASE}`, '-Wl,--build-id=none'];
    execFileSync('aarch64-linux-gnu-gcc', [...link, '-o', elf, source]);
    execFileSync('aarch64-linux-gnu-objcopy', ['-O', 'binary', '-j', '.text', elf, image]);
    writeFileSync(list, program(operations, options));
    const machine = [
      `virt,gic-version=${options.gicVersion}`,
      ...(options.gicVersion === 3 ? ['its=off'] : []),
      ...(options.virtualization ? ['virtualization=on'] : []),
    ];
    const result = spawnSync(
      'qemu-system-aarch64',
      [
        ...['-M', machine.join(','), '-cpu', 'cortex-a57', '-smp', String(options.cpus), '-m', '512M'],
        // One thread runs all CPUs in turn: nothing runs beside the CPU whose operation it is.
        ...['-accel', 'tcg,thread=single', '-nic', 'none', '-display', 'none', '-monitor', 'none', '-serial', 'stdio'],
        ...['-device', `loader,file=${image},addr=${IMAGE_BASE},cpu-num=0`],
        ...['-device', `loader,file=${list},addr=${OPERATIONS_BASE}`],
      ],
      { input: options.input ?? '', timeout: 50_000, maxBuffer: 1 << 28 },
    );
    const length = operations.length * 8;
    if (result.stdout.length < length)
      throw new Error(
        `QEMU gave ${result.stdout.length} of ${length} bytes: ${result.stderr.toString().slice(0, 400)}`,
      );
    // What the operations themselves printed comes before the answers.
    const answers = new DataView(
      result.stdout.buffer,
      result.stdout.byteOffset + result.stdout.length - length,
      length,
    );
    return operations.map((_, index) => answers.getBigUint64(index * 8, true));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
