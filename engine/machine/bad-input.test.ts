// Guests that do what no guest should: random bytes as code, tables that point at themselves or into devices, addresses
// that wrap, code that writes over itself, endless loops. The guest gets the architecture's answer; the engine goes on.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseBoard } from '../board/index.ts';
import { guestNs, gva, MiB, pa } from '../util/units.ts';
import { BoardMachine } from './machine.ts';
import { SLICE } from './scheduler.ts';

const BOARDS = join(import.meta.dirname, '../../boards');
const load = (name: string) => parseBoard(name, readFileSync(join(BOARDS, name, 'board.json'), 'utf8'));
const RAM = 0x4000_0000;
const RAM_SIZE = 32 * MiB;

/** Small machines, made once: what a case leaves behind is one more bad input for the next. */
const machines = ['qemu-arm64', 'qemu-arm64-gicv2'].map((name) => {
  const board = load(name);
  const ram = [{ name: 'RAM', base: pa(RAM), size: RAM_SIZE }];
  return new BoardMachine({ ...board, cpus: board.cpus.slice(0, 2), ram });
});

/** xorshift32: bytes that any seed gives again. */
function noise(seed: number, bytes: number): Uint8Array {
  const words = new Uint32Array(bytes / 4);
  let x = seed | 1;
  for (let n = 0; n < words.length; n++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[n] = x;
  }
  return new Uint8Array(words.buffer);
}

/** Runs the machine for some slices; a guest that powers it off has had its say. */
function survive(machine: BoardMachine, slices: number): void {
  let off = false;
  machine.onPower = () => (off = true);
  const until = guestNs(machine.now + slices * SLICE);
  machine.run(until, () => off);
  for (const cpu of machine.cpus) {
    expect(Number.isSafeInteger(cpu.retired)).toBe(true);
    expect(cpu.pc >= 0n && cpu.pc < 2n ** 64n).toBe(true);
  }
}

function restart(machine: BoardMachine, pcs: readonly bigint[]): void {
  machine.reset();
  pcs.forEach((pc, n) => {
    machine.cpus[n]!.reset({ pc: gva(pc) });
    machine.setPower(n, 'on');
  });
}

const word64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(0n, 1n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n - 4n, 2n ** 48n - 4n, 0xffff_0000_0000_0000n),
  // RAM, devices, flash, holes
  fc.nat(0x1_0000_0000).map((n) => BigInt(0x4000_0000) + BigInt(n % RAM_SIZE)),
  fc.nat(0x0c00_0000).map((n) => BigInt(n)),
  fc.nat(0x1000_0000).map((n) => 0x40_1000_0000n + BigInt(n)),
);

/** Tests run for a moment; with CELLBLOCK_LONG=1 for minutes. */
const RUNS = process.env['CELLBLOCK_LONG'] === undefined ? 40 : 4000;
const machine = fc.constantFrom(...machines);

test('random bytes as code, on several CPUs, from any state', { timeout: 600_000 }, () => {
  fc.assert(
    fc.property(machine, fc.integer(), fc.array(word64, { minLength: 31, maxLength: 31 }), (m, seed, x) => {
      m.memory.write(pa(RAM), noise(seed, 0x20000));
      // Vectors in the noise as well: every exception is taken into it.
      restart(m, [BigInt(RAM), BigInt(RAM + 0x8000)]);
      for (const cpu of m.cpus) {
        cpu.setSystemRegister('VBAR_EL1', BigInt(RAM + 0x10000));
        x.forEach((value, n) => cpu.setX(n, value));
        cpu.sp = x[0]!;
      }
      survive(m, 3);
    }),
    { numRuns: RUNS },
  );
});

test('page tables of any content anywhere: self-pointing, in devices, in holes, wrapping', { timeout: 600_000 }, () => {
  const entry = fc.oneof(
    // Points at the table itself, or at the next one, at every level
    fc.constantFrom(BigInt(RAM + 0x10_0003), BigInt(RAM + 0x10_1003), BigInt(RAM + 0x10_0403)),
    word64,
    word64.map((value) => (value & ~3n) | 3n),
    word64.map((value) => (value & ~3n) | 1n),
  );
  fc.assert(
    fc.property(
      machine,
      fc.array(entry, { minLength: 16, maxLength: 16 }),
      fc.record({ ttbr0: word64, ttbr1: word64, tcr: word64, mair: word64, own: fc.boolean() }),
      fc.array(word64, { minLength: 4, maxLength: 4 }),
      fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }),
      (m, entries, { ttbr0, ttbr1, tcr, mair, own }, addresses, control) => {
        const tables = new Uint8Array(0x2000);
        const view = new DataView(tables.buffer);
        for (let n = 0; n < 0x400; n++) view.setBigUint64(n * 8, entries[n % entries.length]!, true);
        m.memory.write(pa(RAM + 0x10_0000), tables);
        // ldr x4, [x0]; str x4, [x1]; ldp x4, x5, [x2]; ldxr w6, [x3]; dc zva, x1; at s1e1r, x2; ic ivau, x0; b .-28
        const code = [0xf9400004, 0xf9000024, 0xa9401444, 0x885f7c66, 0xd50b7421, 0xd5087802, 0xd50b7520, 0x17fffff9];
        m.memory.write(pa(RAM), new Uint8Array(Uint32Array.from(code).buffer));
        restart(m, [BigInt(RAM), addresses[3]!]);
        for (const cpu of m.cpus) {
          addresses.forEach((value, n) => cpu.setX(n, value));
          cpu.setSystemRegister('TTBR0_EL1', own ? BigInt(RAM + 0x10_0000) : ttbr0);
          cpu.setSystemRegister('TTBR1_EL1', own ? BigInt(RAM + 0x10_1000) : ttbr1);
          cpu.setSystemRegister('TCR_EL1', tcr);
          cpu.setSystemRegister('MAIR_EL1', mair);
          cpu.setSystemRegister('VBAR_EL1', addresses[2]!);
          cpu.setSystemRegister('SCTLR_EL1', control | 1n);
        }
        survive(m, 2);
      },
    ),
    { numRuns: RUNS * 3 },
  );
});

test('every device at every offset, in every size, with every value', () => {
  const windows = machines.flatMap((m) =>
    [
      ...m.board.devices,
      ...m.board.uarts,
      { base: m.board.gic!.distributor, size: 0x10000 },
      { base: m.board.gic!.redistributor ?? m.board.gic!.cpuInterface!, size: 0x40000 },
      { base: m.board.pci[0]!.ecam, size: 0x10000 },
      ...m.board.pci[0]!.windows,
    ].map(({ base, size }) => ({ m, base, size })),
  );
  const result = { lo: 0, hi: 0 };
  fc.assert(
    fc.property(
      fc.constantFrom(...windows),
      fc.array(
        fc.tuple(
          fc.double({ min: 0, max: 1, noNaN: true }),
          fc.constantFrom<1 | 2 | 4 | 8>(1, 2, 4, 8),
          fc.boolean(),
          fc.oneof(fc.constantFrom(0, 1, 0xff, 0xffff_ffff), fc.nat(0xffff_ffff)),
        ),
        { minLength: 30, maxLength: 30 },
      ),
      ({ m, base, size }, accesses) => {
        for (const [where, bytes, write, value] of accesses) {
          const at = pa(base + Math.floor((where * (size - 1)) / bytes) * bytes);
          const by = { name: 'board', cpu: 0 };
          if (write) m.bus.write(at, bytes, value, value, by);
          else if (m.bus.read(at, bytes, result, by)) {
            for (const half of [result.lo, result.hi]) expect(half >= 0 && half <= 0xffff_ffff).toBe(true);
          }
        }
        survive(m, 1);
      },
    ),
    { numRuns: 300 },
  );
});

test('addresses that wrap, in data and in code', () => {
  fc.assert(
    fc.property(machine, fc.integer({ min: -16, max: 16 }), fc.boolean(), (m, around, high) => {
      const top = BigInt.asUintN(64, (high ? 0n : 2n ** 48n) + BigInt(around * 4));
      // ldr q0, [x0]; ldr x1, [x0]; str q0, [x0, #16]; stp x1, x1, [x0, #-8]; b x0
      const code = [0x3dc00000, 0xf9400001, 0x3d800400, 0xa93f8401, 0xd61f0000];
      m.memory.write(pa(RAM), new Uint8Array(Uint32Array.from(code).buffer));
      restart(m, [BigInt(RAM), top]);
      m.cpus[0]!.setSystemRegister('CPACR_EL1', 0x30_0000n);
      m.cpus[0]!.setX(0, top);
      survive(m, 2);
    }),
    { numRuns: 60 },
  );
});

test('code that writes over itself runs what it wrote', () => {
  const m = machines[0]!;
  // 0: add x0, x0, #1; str w3, [x4]; ic ivau, x4; isb; 0x10: add x0, x0, #2 -> add x0, x0, #256; b 0x14
  const code = [0x91000400, 0xb9000083, 0xd50b7524, 0xd5033fdf, 0x91000800, 0x14000000];
  m.memory.write(pa(RAM), new Uint8Array(Uint32Array.from(code).buffer));
  restart(m, [BigInt(RAM)]);
  m.cpus[0]!.setX(3, 0x91040000n);
  m.cpus[0]!.setX(4, BigInt(RAM + 0x10));
  survive(m, 1);
  expect(m.cpus[0]!.x(0)).toBe(257n);

  // A block that copies zeros over all of RAM, itself included: str xzr, [x1], #8; b .-4
  m.memory.write(pa(RAM + 0x4000), new Uint8Array(Uint32Array.from([0xf800843f, 0x17ffffff]).buffer));
  restart(m, [BigInt(RAM + 0x4000)]);
  m.cpus[0]!.setX(1, BigInt(RAM));
  survive(m, 3);
  expect(m.memory.read32(pa(RAM + 0x4000))).toBe(0);
});

test('a guest that never yields stops when it is asked to', () => {
  const m = machines[0]!;
  m.memory.write(pa(RAM), new Uint8Array(Uint32Array.from([0x14000000]).buffer));
  restart(m, [BigInt(RAM), BigInt(RAM)]);
  const begun = m.now;
  let asked = 0;
  expect(m.run(guestNs(Infinity), () => ++asked > 5)).toBe('stopped');
  expect(m.now - begun).toBeLessThanOrEqual(6 * SLICE);
});
