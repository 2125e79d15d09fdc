// CPUs together: monitors, events, shared code; construction.
import { describe, expect, it } from 'vitest';
import type { Cpu } from './port.ts';
import { encode, NOP, XZR } from './testing/assembler.ts';
import { IMAGE_BASE, PlainBoard, RAM_BASE } from './testing/board.ts';
import { boardWith, counting, run } from './testing/program.ts';
import { gva } from '../util/units.ts';

describe('several CPUs', () => {
  it('a store of another CPU ends a WFE that waits on a monitored address', () => {
    const flag = RAM_BASE + 0x2000;
    const board = boardWith(
      (a) => {
        // CPU 0 waits until the flag is set; CPU 1 (x20 = 1) sets it.
        a.mov(0, flag);
        a.cbnz(20, 'setter');
        a.emit('HINT', { CRm: 0, op2: 5 });
        a.label('wait');
        a.emit('HINT', { CRm: 0, op2: 2 });
        a.emit('LDAXR', { size: 3, Rt: 1, Rn: 0 });
        a.emit('SUBS (immediate)', { sf: 1, Rn: 1, Rd: XZR, imm12: 0 });
        a.bcond('eq', 'wait');
        a.mov(9, 1);
        a.label('done');
        a.b('done');
        a.label('setter');
        a.mov(1, 1);
        a.str(20, 0, 8);
        a.emit('STLR', { size: 3, Rt: 1, Rn: 0 });
        a.label('end');
        a.b('end');
      },
      {},
      2,
    );
    const [waiter, setter] = board.cluster.cpus as unknown as [Cpu, Cpu];
    setter.setX(20, 1n);
    expect(run(waiter, 100).reason).toBe('wait');
    expect(waiter.waiting).toBe('wfe');
    // The neighbouring word does not count.
    run(setter, 4);
    expect(waiter.waiting).toBe('wfe');
    run(setter, 10);
    expect(waiter.waiting).toBe('no');
    run(waiter, 20);
    expect(waiter.x(9)).toBe(1n);
  });

  it('a store-exclusive fails if another CPU stored in between, even the same value', () => {
    const flag = RAM_BASE + 0x2000;
    const board = boardWith(
      (a) => {
        a.mov(0, flag);
        a.cbnz(20, 'other');
        a.emit('LDXR', { size: 3, Rt: 1, Rn: 0 });
        a.emit('STXR', { size: 3, Rs: 2, Rt: 1, Rn: 0 });
        a.word(NOP);
        a.label('other');
        a.str(XZR, 0);
        a.word(NOP);
      },
      {},
      2,
    );
    const [first, second] = board.cluster.cpus as unknown as [Cpu, Cpu];
    second.setX(20, 1n);
    // Once before, so that the second CPU's TLB has the page.
    run(second, 4);
    second.pc = gva(BigInt(IMAGE_BASE));
    run(first, 4);
    run(second, 4);
    run(first, 1);
    expect(first.x(2)).toBe(1n);
    first.pc = gva(BigInt(IMAGE_BASE));
    run(first, 5);
    expect(first.x(2)).toBe(0n);
  });

  it('a store-exclusive of another size than the load fails and writes nothing', () => {
    const flag = RAM_BASE + 0x2000;
    const board = boardWith((a) => {
      a.mov(0, flag);
      a.emit('LDXR', { size: 3, Rt: 1, Rn: 0 });
      a.emit('STXR', { size: 2, Rs: 2, Rt: 3, Rn: 0 });
    });
    const { cpu } = board;
    cpu.setX(3, 0x55n);
    run(cpu, 4);
    expect(cpu.x(2)).toBe(1n);
    expect(board.bytes(flag, 8).some((byte) => byte !== 0)).toBe(false);
  });

  it('see code that another CPU stored', () => {
    const board = boardWith(
      (a) => {
        a.label('again');
        a.add(0, 0, 1);
        a.b('again');
      },
      {},
      2,
    );
    const [runner, writer] = board.cluster.cpus as unknown as [Cpu, Cpu];
    run(runner, 4);
    const store = IMAGE_BASE + 0x2000;
    board
      .bytes(store, 4)
      .set(new Uint8Array(Uint32Array.of(encode('STR Wt (unsigned offset)', { Rt: 1, Rn: 0 })).buffer));
    writer.reset({
      pc: gva(BigInt(store)),
      x: { 0: BigInt(IMAGE_BASE), 1: BigInt(encode('ADD (immediate)', { sf: 1, Rd: 0, Rn: 0, imm12: 100 })) },
    });
    run(writer, 1);
    run(runner, 2);
    expect(runner.x(0)).toBe(102n);
  });
});

describe('construction', () => {
  it('names unknown models and registers', () => {
    expect(() => new PlainBoard('cortex-m3')).toThrow('no CPU model "cortex-m3"; use one of cortex-a35');
    expect(() => boardWith(counting).cpu.systemRegister('SCTLR_EL9')).toThrow('SCTLR_EL9');
  });
});
