// Translation: memory types, tagged addresses, cache maintenance. Tables of every granule are compared with QEMU by the
// oracle; here is what QEMU does otherwise or does not show.
import { describe, expect, it } from 'vitest';
import type { Assembler } from '../testing/assembler.ts';
import type { PlainBoard } from '../testing/board.ts';
import { IMAGE_BASE, RAM_BASE } from '../testing/board.ts';
import { OUTCOME } from '../port.ts';
import { boardWith, run } from '../testing/program.ts';
import { gva } from '../../util/units.ts';

const TABLE = RAM_BASE + 0x8000;
const MAIR = 0x00ffn;
const NORMAL = 0x701n;
const DEVICE = 0x705n;

/** Flat map of the RAM's GiB: Normal at its place, Device 1 GiB above it, nothing else. T0SZ = 25, TBI0. */
function translated(write: (a: Assembler) => void): PlainBoard {
  const stay = (a: Assembler): void => {
    a.label('stay');
    a.b('stay');
  };
  const board = boardWith(write, { 0x200: stay });
  const table = new BigUint64Array(board.memory.buffer, board.ram + TABLE - RAM_BASE, 512);
  table[1] = BigInt(RAM_BASE) | NORMAL;
  table[2] = BigInt(RAM_BASE) | DEVICE;
  const { cpu } = board;
  cpu.setSystemRegister('MAIR_EL1', MAIR);
  cpu.setSystemRegister('TCR_EL1', 25n | (1n << 23n) | (1n << 37n) | (2n << 32n));
  cpu.setSystemRegister('TTBR0_EL1', BigInt(TABLE));
  cpu.setSystemRegister('CPACR_EL1', 3n << 20n);
  cpu.setSystemRegister('SCTLR_EL1', cpu.systemRegister('SCTLR_EL1') | 1n);
  return board;
}

const DATA = 0x8000_0000 + 0x10_0000;

describe('Device memory', () => {
  it.each([
    ['load', (a: Assembler) => a.emit('LDR Xt (unscaled)', { Rt: 1, Rn: 0, imm9: 4 }), DATA + 4, 0x9600_0021n],
    ['store', (a: Assembler) => a.emit('STR Wt (unscaled)', { Rt: 1, Rn: 0, imm9: 2 }), DATA + 2, 0x9600_0061n],
    ['vector store', (a: Assembler) => a.emit('STR Qt (unscaled)', { Rt: 1, Rn: 0, imm9: 8 }), DATA + 8, 0x9600_0061n],
    ['DC ZVA', (a: Assembler) => a.emit('SYS', { op1: 3, CRn: 7, CRm: 4, op2: 1, Rt: 0 }), DATA, 0x9600_0061n],
  ] as const)('refuses an unaligned %s', (_, write, far, esr) => {
    const { cpu } = translated((a) => {
      a.mov(0, DATA);
      write(a);
    });
    run(cpu, 3);
    expect(cpu.systemRegister('ESR_EL1')).toBe(esr);
    expect(cpu.systemRegister('FAR_EL1')).toBe(BigInt(far));
  });

  it('takes aligned accesses, each half of a pair by itself; Normal memory takes unaligned ones', () => {
    const { cpu } = translated((a) => {
      a.mov(0, DATA + 8);
      a.mov(1, 0x1122_3344);
      a.stp(1, 1, 0);
      a.ldp(2, 3, 0);
      a.mov(0, DATA - 0x4000_0000);
      a.emit('LDR Xt (unscaled)', { Rt: 4, Rn: 0, imm9: 9 });
    });
    run(cpu, 8);
    expect(cpu.systemRegister('ESR_EL1')).toBe(0n);
    expect([cpu.x(2), cpu.x(3), cpu.x(4)]).toEqual([0x1122_3344n, 0x1122_3344n, 0x4400_0000_0011_2233n]);
  });

  it.each([
    ['Device memory', DATA, 0n],
    ['Normal memory with SCTLR_EL1.A', DATA - 0x4000_0000, 2n],
  ])('checks LD1 and ST1 by elements in %s', (_, data, sctlr) => {
    const { cpu } = translated((a) => {
      a.mov(0, data + 0xffc);
      a.mov(1, 0x1122_3344);
      for (const imm9 of [0, 4]) a.emit('STR Wt (unscaled)', { Rt: 1, Rn: 0, imm9 });
      a.emit('LD1 (2 registers)', { Q: 1, size: 2, Rn: 0, Rt: 1 });
      a.emit('ST1 (1 registers)', { Q: 0, size: 1, Rn: 0, Rt: 1 });
      a.add(0, 0, 1);
      a.emit('LD1 (1 registers)', { Q: 1, size: 0, Rn: 0, Rt: 2 });
      a.emit('ST1 (1 registers)', { Q: 1, size: 1, Rn: 0, Rt: 2 });
    });
    cpu.setSystemRegister('SCTLR_EL1', cpu.systemRegister('SCTLR_EL1') | sctlr);
    run(cpu, 10);
    expect(cpu.systemRegister('ESR_EL1')).toBe(0n);
    expect(cpu.v(1) & 0xffff_ffff_ffff_ffffn).toBe(0x1122_3344_1122_3344n);
    run(cpu, 1);
    expect(cpu.systemRegister('ESR_EL1')).toBe(0x9600_0061n);
    expect(cpu.systemRegister('FAR_EL1')).toBe(BigInt(data + 0xffd));
  });

  it('is read and written element by element where a device is', () => {
    const board = translated((a) => {
      a.mov(0, 0x0900_0004);
      a.emit('LD1 (1 registers)', { Q: 0, size: 2, Rn: 0, Rt: 1 });
      a.emit('ST1 (1 registers)', { Q: 1, size: 1, Rn: 0, Rt: 2 });
    });
    new BigUint64Array(board.memory.buffer, board.ram + TABLE - RAM_BASE, 1)[0] = DEVICE;
    board.cpu.setV(2, 0x0008_0007_0006_0005_0004_0003_0002_0001n);
    const seen: [number, number, number][] = [];
    board.access = (_, access) => {
      seen.push([access.address, access.size, access.write ? access.lo : -1]);
      access.lo = seen.length;
      access.hi = 0;
      return OUTCOME.DONE;
    };
    run(board.cpu, 4);
    expect(board.cpu.v(1)).toBe(0x2_0000_0001n);
    const elements = Array.from({ length: 8 }, (_, i) => [0x0900_0004 + 2 * i, 2, i + 1]);
    expect(seen).toEqual([[0x0900_0004, 4, -1], [0x0900_0008, 4, -1], ...elements]);
  });

  it('changes with MAIR_EL1', () => {
    const { cpu } = translated((a) => {
      a.mov(0, DATA + 1);
      a.mov(5, 0xffff);
      a.msr('MAIR_EL1', 5);
      a.ldr(1, 0);
      a.mov(5, 0xff);
      a.msr('MAIR_EL1', 5);
      a.ldr(1, 0);
    });
    run(cpu, 6);
    expect(cpu.systemRegister('ESR_EL1')).toBe(0n);
    run(cpu, 4);
    expect(cpu.systemRegister('ESR_EL1')).toBe(0x9600_0021n);
  });
});

describe('blocks', () => {
  /** Level 0 with 48-bit addresses, level 1 with 64 KiB granules: no blocks there before FEAT_LPA and FEAT_LPA2. */
  it.each([
    ['level 0 of 4 KiB granules', 16n, 0x9600_0004n],
    ['level 1 of 16 KiB granules', 17n | (2n << 14n), 0x9600_0005n],
    ['level 1 of 64 KiB granules', 16n | (1n << 14n), 0x9600_0005n],
  ])('are not at %s', (_, fields, esr) => {
    const { cpu, memory, ram } = translated((a) => a.ldr(1, 0));
    // The lower half of the addresses gets another regime; code runs from the upper one.
    const table = new BigUint64Array(memory.buffer, ram + TABLE - RAM_BASE, 512);
    cpu.setSystemRegister('TTBR1_EL1', BigInt(TABLE));
    const upper = table[1]!;
    const lower = TABLE + 0x1_0000;
    new BigUint64Array(memory.buffer, ram + lower - RAM_BASE, 2)[0] = BigInt(RAM_BASE) | NORMAL;
    table[1] = upper;
    cpu.setSystemRegister('TTBR0_EL1', BigInt(lower));
    cpu.setSystemRegister('TCR_EL1', fields | (25n << 16n) | (2n << 30n) | (2n << 32n));
    cpu.setSystemRegister('VBAR_EL1', (0xffff_ff80n << 32n) | cpu.systemRegister('VBAR_EL1'));
    cpu.pc = gva((0xffff_ff80n << 32n) | BigInt(IMAGE_BASE));
    run(cpu, 2);
    expect(cpu.systemRegister('ESR_EL1')).toBe(esr);
  });
});

describe('tagged addresses', () => {
  it('are branched to without their tag', () => {
    const { cpu } = translated((a) => {
      a.emit('BR', { Rn: 0 });
      a.emit('ADR', { Rd: 1 });
      a.emit('BLR', { Rn: 2 });
      a.emit('ADR', { Rd: 3 });
    });
    cpu.setX(0, (0x5an << 56n) | BigInt(IMAGE_BASE + 4));
    cpu.setX(2, (0xffn << 56n) | BigInt(IMAGE_BASE + 12));
    run(cpu, 4);
    expect([cpu.x(1), cpu.x(3), cpu.x(30)]).toEqual([IMAGE_BASE + 4, IMAGE_BASE + 12, IMAGE_BASE + 12].map(BigInt));
    expect(cpu.pc).toBe(BigInt(IMAGE_BASE + 16));
  });
});

describe('cache maintenance by address', () => {
  const CVAU = { op1: 3, CRn: 7, CRm: 11, op2: 1 };
  const IVAC = { op1: 0, CRn: 7, CRm: 6, op2: 1 };

  it('faults where nothing is mapped, with ISS.CM and WnR', () => {
    const { cpu } = translated((a) => {
      a.emit('SYS', { ...CVAU, Rt: 0 });
      a.mov(0, 0x1234);
      a.emit('SYS', { ...CVAU, Rt: 0 });
    });
    cpu.setX(0, BigInt(IMAGE_BASE));
    run(cpu, 3);
    expect(cpu.systemRegister('ESR_EL1')).toBe(0x9600_0145n);
    expect(cpu.systemRegister('FAR_EL1')).toBe(0x1234n);
    expect(cpu.systemRegister('ELR_EL1')).toBe(BigInt(IMAGE_BASE + 8));
  });

  it('that may lose data needs leave to write', () => {
    const { cpu, memory, ram } = translated((a) => {
      a.emit('SYS', { ...CVAU, Rt: 0 });
      a.emit('SYS', { ...IVAC, Rt: 0 });
    });
    // Read-only.
    new BigUint64Array(memory.buffer, ram + TABLE - RAM_BASE, 512)[2] = BigInt(RAM_BASE) | NORMAL | (1n << 7n);
    cpu.setX(0, BigInt(DATA));
    cpu.pc = gva(BigInt(IMAGE_BASE));
    run(cpu, 2);
    expect(cpu.systemRegister('ESR_EL1')).toBe(0x9600_014dn);
    expect(cpu.systemRegister('ELR_EL1')).toBe(BigInt(IMAGE_BASE + 4));
  });
});

describe('DC ZVA', () => {
  const ZVA = { op1: 3, CRn: 7, CRm: 4, op2: 1, Rt: 0 };
  /** Zeroes block after block from x0 on. */
  const zeroing = (a: Assembler): void => {
    a.label('again');
    a.emit('SYS', ZVA);
    a.add(0, 0, 64);
    a.b('again');
  };

  it('zeroes the 64 bytes that the address lies in, of code as well', () => {
    const board = translated(zeroing);
    const data = board.bytes(IMAGE_BASE + 0x2000, 0x400).fill(0xaa);
    board.cpu.setX(0, BigInt(IMAGE_BASE + 0x2000 + 64 + 17));
    run(board.cpu, 3 * 8);
    expect([...data].map((byte, i) => (byte === 0 ? i : -1)).filter((i) => i >= 0)).toEqual(
      Array.from({ length: 8 * 64 }, (_, i) => 64 + i),
    );
    // The loop itself: what lies there now is UNDEFINED.
    board.cpu.setX(0, BigInt(IMAGE_BASE + 2));
    run(board.cpu, 3);
    expect(board.cpu.systemRegister('ESR_EL1')).toBe(0x200_0000n);
    expect(board.cpu.systemRegister('ELR_EL1')).toBe(BigInt(IMAGE_BASE + 4));
  });

  it('faults with the address as it was given, and changes nothing then', () => {
    const { cpu, memory, ram } = translated(zeroing);
    new BigUint64Array(memory.buffer, ram + TABLE - RAM_BASE, 512)[2] = BigInt(RAM_BASE) | NORMAL | (1n << 7n);
    cpu.setX(0, BigInt(DATA - 64 * 5 + 9) - 0x4000_0000n);
    run(cpu, 3 * 5);
    cpu.setX(0, BigInt(DATA + 9));
    run(cpu, 1);
    expect(cpu.systemRegister('ESR_EL1')).toBe(0x9600_004dn);
    expect(cpu.systemRegister('FAR_EL1')).toBe(BigInt(DATA + 9));
    expect(cpu.x(0)).toBe(BigInt(DATA + 9));
  });

  it('is trapped at EL0 unless SCTLR_EL1.DZE is set', () => {
    for (const [dze, esr] of [
      [0n, 0x6212_dc08n],
      [1n << 14n, 0n],
    ] as const) {
      const { cpu, memory, ram } = translated(zeroing);
      // At EL0 the page must be that level's as well.
      new BigUint64Array(memory.buffer, ram + TABLE - RAM_BASE, 512)[1] = BigInt(RAM_BASE) | NORMAL | (1n << 6n);
      cpu.setSystemRegister('SCTLR_EL1', (cpu.systemRegister('SCTLR_EL1') & ~(1n << 14n)) | dze);
      cpu.pstate = 0;
      cpu.setX(0, BigInt(DATA - 0x4000_0000));
      run(cpu, 1);
      expect(cpu.systemRegister('ESR_EL1')).toBe(esr);
    }
  });
});
