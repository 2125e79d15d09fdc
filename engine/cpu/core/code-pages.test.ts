// Decoded code follows what is stored over it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Assembler, encode } from '../testing/assembler.ts';
import { IMAGE_BASE, PlainBoard, RAM_BASE } from '../testing/board.ts';
import { boardWith, run } from '../testing/program.ts';
import type { HostOffset } from '../../util/units.ts';
import { gva, MiB } from '../../util/units.ts';

describe('code that changes', () => {
  it('a store to the next instruction, to a decoded one, and to the second of a fused pair is seen', () => {
    const { cpu } = boardWith((a) => {
      // x0: address of the word to change, w1: what to put there.
      a.label('again');
      a.emit('STR Wt (unsigned offset)', { Rt: 1, Rn: 0 });
      a.add(2, 2, 1);
      a.add(2, 2, 1);
      a.b('again');
    });
    const patch = BigInt(encode('ADD (immediate)', { sf: 1, Rd: 2, Rn: 2, imm12: 16 }));
    cpu.setX(0, BigInt(IMAGE_BASE + 0x100));
    run(cpu, 8);
    expect(cpu.x(2)).toBe(4n);
    cpu.setX(1, patch);
    cpu.setX(0, BigInt(IMAGE_BASE + 8));
    run(cpu, 4);
    expect(cpu.x(2)).toBe(4n + 17n);
    cpu.setX(0, BigInt(IMAGE_BASE + 4));
    run(cpu, 4);
    expect(cpu.x(2)).toBe(4n + 17n + 32n);
  });

  it('is seen across an unaligned store and by host code that says so', () => {
    const board = boardWith((a) => {
      a.add(0, 0, 1);
      a.add(0, 0, 1);
      a.add(0, 0, 1);
    });
    const { cpu } = board;
    run(cpu, 3);
    const offset = board.ram + IMAGE_BASE - RAM_BASE;
    const patch = encode('ADD (immediate)', { sf: 1, Rd: 0, Rn: 0, imm12: 10 });
    board.bytes(IMAGE_BASE + 4, 4).set(new Uint8Array(Uint32Array.of(patch).buffer));
    board.cluster.invalidate((offset + 5) as HostOffset, 1);
    cpu.pc = gva(BigInt(IMAGE_BASE));
    run(cpu, 3);
    expect(cpu.x(0)).toBe(3n + 12n);
  });

  it('works with fewer code pages than the guest has', () => {
    const board = new PlainBoard('cortex-a57', 4 * MiB, 1, 2);
    // Ten pages, each adds one and jumps to the next; the last goes back.
    for (let page = 0; page < 10; page++) {
      const at = IMAGE_BASE + page * 0x1000;
      const a = new Assembler(at);
      a.add(0, 0, 1);
      const words = [...a.finish(), encode('B', { imm26: ((page === 9 ? -9 : 1) * 1024 - 1) & 0x3ff_ffff })];
      board.bytes(at, 8).set(new Uint8Array(Uint32Array.from(words).buffer));
    }
    board.cpu.reset({ pc: gva(BigInt(IMAGE_BASE)) });
    run(board.cpu, 2000);
    expect(board.cpu.x(0)).toBe(1000n);
    expect(board.cluster.statistics.pagesEvicted).toBeGreaterThan(900);
  });
});

describe('pages that were written', () => {
  const DATA = RAM_BASE + 0x10_0000;
  const PAGES = 16;

  it('are known whatever kind of store reached them, and no other page has content', () => {
    const kinds: ((a: Assembler) => void)[] = [
      (a) => a.str(1, 0),
      (a) => a.emit('STR Wt (unscaled)', { Rt: 1, Rn: 0, imm9: 0x1fd }),
      (a) => a.stp(1, 1, 0, 16),
      (a) => a.strq(0, 0),
      (a) => a.emit('STP Qt (offset)', { Rt: 0, Rt2: 0, Rn: 0, imm7: 1 }),
      (a) => a.emit('ST1 (2 registers)', { Q: 1, size: 0, Rt: 0, Rn: 0 }),
      (a) => a.emit('STLR', { size: 3, Rt: 1, Rn: 0 }),
      (a) => a.emit('SYS', { op1: 3, CRn: 7, CRm: 4, op2: 1, Rt: 0 }),
    ];
    const step = fc.record({
      kind: fc.nat({ max: kinds.length - 1 }),
      offset: fc.nat({ max: PAGES * 4096 - 1 }),
      aligned: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), fc.boolean(), (steps, checked) => {
        const board = boardWith((a) => {
          for (const { kind, offset, aligned } of steps) {
            a.mov(0, DATA + (aligned ? offset & ~63 : offset));
            kinds[kind]!(a);
          }
        });
        const { cpu } = board;
        cpu.setSystemRegister('CPACR_EL1', 3n << 20n);
        // With SCTLR.A no store is served by the TLB.
        if (checked) cpu.setSystemRegister('SCTLR_EL1', cpu.systemRegister('SCTLR_EL1') | 2n);
        cpu.setX(1, 0x1122_3344_5566_7788n);
        cpu.setV(0, (1n << 128n) - 1n);
        run(cpu, 200);
        for (let page = DATA - 4096; page < DATA + (PAGES + 1) * 4096; page += 4096)
          if (board.bytes(page, 4096).some((byte) => byte !== 0))
            expect(board.cluster.pageWritten((board.ram + page - RAM_BASE) as HostOffset)).toBe(true);
        expect(board.cluster.pageWritten((board.ram + 0x3f_0000) as HostOffset)).toBe(false);
      }),
      { numRuns: 40 },
    );
  });
});
