// Exceptions and interrupts against a plain board; the oracle compares the rest with QEMU.
import { describe, expect, it } from 'vitest';
import { type Assembler, encode, SP } from '../testing/assembler.ts';
import { IMAGE_BASE, RAM_BASE } from '../testing/board.ts';
import { boardWith, run } from '../testing/program.ts';
import { gva } from '../../util/units.ts';

describe('interrupts', () => {
  /** Handler: x9 = 99, then loop. */
  const handler = (a: Assembler): void => {
    a.mov(9, 99);
    a.label('stay');
    a.b('stay');
  };

  it('are taken when unmasked, at the next boundary', () => {
    const { cpu } = boardWith(
      (a) => {
        a.add(0, 0, 1);
        a.emit('MSR DAIFClr', { CRm: 2 });
        a.add(0, 0, 1);
      },
      { 0x280: handler },
    );
    cpu.setIrq(true);
    run(cpu, 1);
    expect(cpu.x(0)).toBe(1n);
    run(cpu, 2);
    expect(cpu.x(0)).toBe(1n);
    expect(cpu.x(9)).toBe(99n);
    expect(cpu.systemRegister('ELR_EL1')).toBe(BigInt(IMAGE_BASE + 8));
    expect(cpu.systemRegister('SPSR_EL1')).toBe(0x345n);
    expect(cpu.pstate & 0x3c0).toBe(0x3c0);
  });

  it('wake WFI even when masked; FIQ comes before IRQ', () => {
    const { cpu } = boardWith(
      (a) => {
        a.emit('HINT', { CRm: 0, op2: 3 });
        a.add(0, 0, 1);
        a.emit('MSR DAIFClr', { CRm: 3 });
        a.b('end');
        a.label('end');
      },
      { 0x280: handler, 0x300: (a) => a.mov(9, 77) },
    );
    expect(run(cpu, 10)).toEqual({ executed: 1, reason: 'wait' });
    expect(cpu.waiting).toBe('wfi');
    expect(run(cpu, 10)).toEqual({ executed: 0, reason: 'wait' });
    cpu.setIrq(true);
    expect(cpu.waiting).toBe('no');
    run(cpu, 1);
    expect(cpu.x(0)).toBe(1n);
    cpu.setFiq(true);
    run(cpu, 2);
    expect(cpu.x(9)).toBe(77n);
  });
});

describe('SError interrupts', () => {
  it('wait for PSTATE.A, are seen in ISR_EL1, and are taken once', () => {
    const { cpu } = boardWith(
      (a) => {
        a.mrs(0, 'ISR_EL1');
        a.emit('MSR DAIFClr', { CRm: 4 });
        a.add(1, 1, 1);
      },
      { 0x380: (a) => (a.add(2, 2, 1), a.emit('ERET')) },
    );
    cpu.signalSError();
    run(cpu, 2);
    expect(cpu.x(0)).toBe(0x100n);
    run(cpu, 3);
    expect([cpu.x(1), cpu.x(2)]).toEqual([1n, 1n]);
    expect(cpu.systemRegister('ESR_EL1')).toBe(0xbe00_0000n);
    expect(cpu.systemRegister('ELR_EL1')).toBe(BigInt(IMAGE_BASE + 8));
  });

  it('wake WFI', () => {
    const { cpu } = boardWith((a) => a.emit('HINT', { CRm: 0, op2: 3 }));
    expect(run(cpu, 5).reason).toBe('wait');
    cpu.signalSError();
    expect(cpu.waiting).toBe('no');
  });
});

describe('exceptions', () => {
  it('go to EL1 from EL0 with syndrome and return state, and ERET goes back', () => {
    const { cpu } = boardWith(
      (a) => {
        a.emit('SVC', { imm16: 0x123 });
        a.add(0, 0, 1);
        a.mrs(1, 'VBAR_EL1');
      },
      { 0x400: (a) => a.emit('ERET') },
    );
    cpu.pstate = 0x3c0;
    run(cpu, 1);
    expect(cpu.systemRegister('ESR_EL1')).toBe(0x5600_0123n);
    expect(cpu.pstate).toBe(0x3c5);
    run(cpu, 2);
    expect(cpu.pstate).toBe(0x3c0);
    expect(cpu.x(0)).toBe(1n);
    run(cpu, 1);
    // A system register of EL1 is UNDEFINED at EL0.
    expect(cpu.systemRegister('ESR_EL1')).toBe(0x0200_0000n);
    expect(cpu.systemRegister('ELR_EL1')).toBe(BigInt(IMAGE_BASE + 8));
  });

  it('an illegal return sets PSTATE.IL, and the next instruction does not execute', () => {
    const { cpu } = boardWith((a) => a.emit('ERET'));
    cpu.setSystemRegister('SPSR_EL1', 0x3cdn);
    cpu.setSystemRegister('ELR_EL1', BigInt(IMAGE_BASE));
    run(cpu, 1);
    expect(cpu.pstate & (1 << 20)).toBe(1 << 20);
    run(cpu, 1);
    expect(cpu.systemRegister('ESR_EL1')).toBe(0x3a00_0000n);
    expect(cpu.systemRegister('SPSR_EL1') & (1n << 20n)).toBe(1n << 20n);
    expect(cpu.pstate & (1 << 20)).toBe(0);
  });

  it('a misaligned pc and a misaligned stack pointer fault', () => {
    const { cpu } = boardWith((a) => {
      a.emit('LDR Xt (unsigned offset)', { Rt: 0, Rn: SP });
      a.emit('BR', { Rn: 2 });
    });
    cpu.sp = BigInt(RAM_BASE + 8);
    run(cpu, 1);
    expect(cpu.systemRegister('ESR_EL1')).toBe(0x9a00_0000n);
    cpu.pc = gva(BigInt(IMAGE_BASE + 4));
    cpu.setX(2, BigInt(IMAGE_BASE + 2));
    run(cpu, 2);
    expect(cpu.systemRegister('ESR_EL1')).toBe(0x8a00_0000n);
    expect(cpu.systemRegister('FAR_EL1')).toBe(BigInt(IMAGE_BASE + 2));
  });

  it('without SCTLR.SA a misaligned stack pointer serves', () => {
    const { cpu } = boardWith((a) => a.emit('LDR Xt (unsigned offset)', { Rt: 0, Rn: SP }));
    cpu.setSystemRegister('SCTLR_EL1', 0n);
    cpu.sp = BigInt(IMAGE_BASE - 4);
    run(cpu, 1);
    expect(cpu.x(0)).toBe(BigInt(encode('LDR Xt (unsigned offset)', { Rt: 0, Rn: SP })) << 32n);
  });

  it('FP instructions trap while CPACR_EL1 says so', () => {
    const { cpu } = boardWith((a) => {
      a.emit('LDR Qt (unsigned offset)', { Rt: 0, Rn: 1 });
      a.emit('LDR Qt (unsigned offset)', { Rt: 0, Rn: 1 });
    });
    cpu.setX(1, BigInt(IMAGE_BASE));
    run(cpu, 1);
    expect(cpu.systemRegister('ESR_EL1')).toBe(0x1fe0_0000n);
    cpu.setSystemRegister('CPACR_EL1', 3n << 20n);
    cpu.pc = gva(BigInt(IMAGE_BASE + 4));
    run(cpu, 1);
    expect(cpu.v(0) & 0xffff_ffffn).toBe(BigInt(encode('LDR Qt (unsigned offset)', { Rt: 0, Rn: 1 })));
  });

  it.each(['FPCR', 'FPSR'])('so do moves from and to %s', (name) => {
    const { cpu } = boardWith((a) => {
      a.mrs(0, name);
      a.msr(name, 1);
    });
    cpu.setX(0, 7n);
    for (const at of [0, 4]) {
      cpu.pc = gva(BigInt(IMAGE_BASE + at));
      run(cpu, 1);
      expect(cpu.systemRegister('ESR_EL1')).toBe(0x1fe0_0000n);
      expect(cpu.systemRegister('ELR_EL1')).toBe(BigInt(IMAGE_BASE + at));
      cpu.setSystemRegister('ESR_EL1', 0n);
    }
    expect(cpu.x(0)).toBe(7n);
    expect(cpu.systemRegister(name)).toBe(0n);
    cpu.setSystemRegister('CPACR_EL1', 3n << 20n);
    cpu.pc = gva(BigInt(IMAGE_BASE));
    run(cpu, 1);
    expect(cpu.x(0)).toBe(0n);
  });
});

describe('ordered accesses', () => {
  it.each(['LDAR', 'STLR'])('%s faults when it is unaligned, also where it was aligned many times', (name) => {
    const { cpu } = boardWith(
      (a) => {
        a.label('again');
        a.emit(name, { size: 3, Rt: 1, Rn: 0 });
        a.emit('ADD (shifted register)', { sf: 1, Rd: 0, Rn: 0, Rm: 2, imm6: 0 });
        a.b('again');
      },
      {
        0x200: (a) => {
          a.mov(9, 99);
          a.label('stay');
          a.b('stay');
        },
      },
    );
    const data = RAM_BASE + 0x8000;
    cpu.setX(0, BigInt(data));
    run(cpu, 29);
    expect(cpu.x(9)).toBe(0n);
    cpu.setX(2, 4n);
    run(cpu, 8);
    expect(cpu.systemRegister('ESR_EL1')).toBe(name === 'LDAR' ? 0x9600_0021n : 0x9600_0061n);
    expect(cpu.systemRegister('FAR_EL1')).toBe(BigInt(data + 4));
  });
});
