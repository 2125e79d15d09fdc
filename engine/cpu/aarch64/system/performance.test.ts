// The performance monitors: what counts at which level, overflow, and the interrupt at its exact instruction.
import { describe, expect, it } from 'vitest';
import type { Cpu } from '../../port.ts';
import type { Assembler } from '../../testing/assembler.ts';
import { XZR } from '../../testing/assembler.ts';
import { IMAGE_BASE } from '../../testing/board.ts';
import { boardWith, portWith, run } from '../../testing/program.ts';

const ENABLE = 1;
const CYCLES = 1 << 31;
const INSTRUCTIONS_RETIRED = 0x08;

/** Sets up: x0 to PMCR_EL0 | E, x1 to PMCNTENSET_EL0. */
function enable(a: Assembler, counters: number, control = ENABLE): void {
  a.mov(1, counters >>> 0);
  a.msr('PMCNTENSET_EL0', 1);
  a.mov(0, control);
  a.msr('PMCR_EL0', 0);
}

describe('counters', () => {
  it('count from the instruction that enables them, and keep their value while they are off', () => {
    const { cpu } = boardWith((a) => {
      a.mrs(10, 'PMCCNTR_EL0');
      enable(a, CYCLES);
      for (let i = 0; i < 10; i++) a.add(2, 2, 1);
      a.mrs(11, 'PMCCNTR_EL0');
      a.msr('PMCR_EL0', XZR);
      for (let i = 0; i < 10; i++) a.add(2, 2, 1);
      a.mrs(12, 'PMCCNTR_EL0');
      a.mrs(13, 'PMCCNTR_EL0');
    });
    run(cpu, 40);
    // The MSR that enables, and ten more.
    expect([cpu.x(10), cpu.x(11), cpu.x(12), cpu.x(13)]).toEqual([0n, 11n, 12n, 12n]);
  });

  it('leave out the levels that their filters name', () => {
    const EL1_ONLY = 1 << 30;
    const EL0_ONLY = 1 << 31;
    const { cpu } = boardWith(
      (a) => {
        for (const [counter, filter] of [EL1_ONLY, EL0_ONLY, EL1_ONLY | EL0_ONLY, 0].entries()) {
          a.mov(2, (filter | INSTRUCTIONS_RETIRED) >>> 0);
          a.msr(`PMEVTYPER${counter}_EL0`, 2);
        }
        a.adr(3, 'user');
        a.msr('ELR_EL1', 3);
        a.mov(3, 0x3c0);
        a.msr('SPSR_EL1', 3);
        enable(a, 15);
        a.emit('ERET');
        a.label('user');
        for (let i = 0; i < 20; i++) a.add(2, 2, 1);
        a.emit('SVC', { imm16: 0 });
      },
      {
        0x400: (a) => {
          a.msr('PMCR_EL0', XZR);
          for (let i = 0; i < 4; i++) a.mrs(10 + i, `PMEVCNTR${i}_EL0`);
          a.label('end');
          a.b('end');
        },
      },
    );
    run(cpu, 100);
    // EL1: MSR PMCR and ERET; EL0: twenty and the SVC.
    expect([cpu.x(10), cpu.x(11), cpu.x(12), cpu.x(13)]).toEqual([2n, 21n, 0n, 23n]);
  });

  it('that are not there read as zero', () => {
    const { cpu } = boardWith((a) => {
      a.mov(0, 7);
      a.msr('PMSELR_EL0', 0);
      a.msr('PMXEVCNTR_EL0', 0);
      a.mrs(1, 'PMXEVCNTR_EL0');
      a.mrs(2, 'PMEVCNTR1_EL0');
    });
    run(cpu, 5);
    expect([cpu.x(1), cpu.x(2)]).toEqual([0n, 0n]);
  });
});

describe('overflow', () => {
  const overflowing = (value: number) => (a: Assembler) => {
    a.mov(2, value);
    a.msr('PMCCNTR_EL0', 2);
    a.mov(2, CYCLES >>> 0);
    a.msr('PMINTENSET_EL1', 2);
    enable(a, CYCLES);
    a.label('loop');
    a.add(9, 9, 1);
    a.b('loop');
  };

  it('raises the line at the exact instruction, however the run is cut', () => {
    const seen = [1, 7, 1000, 100_000].map((slice) => {
      const { cpu } = boardWith(overflowing(0xffff_fff0));
      const changes: unknown[] = [];
      cpu.port = portWith({
        performanceInterrupt: (core: Cpu, level: boolean) => void changes.push([level, core.retired]),
      });
      for (let left = 2000; left > 0; left -= Math.min(slice, left)) run(cpu, Math.min(slice, left));
      expect(cpu.systemRegister('PMOVSCLR_EL0')).toBe(BigInt(CYCLES >>> 0));
      return changes;
    });
    expect(seen[0]).toHaveLength(1);
    for (const changes of seen) expect(changes).toEqual(seen[0]);
  });

  it('lowers the line when the flag is cleared, and PMCR_EL0.LC counts in 64 bits', () => {
    const { cpu } = boardWith((a) => {
      a.mov(2, 0xffff_fffe);
      a.msr('PMCCNTR_EL0', 2);
      a.mov(2, CYCLES >>> 0);
      a.msr('PMINTENSET_EL1', 2);
      enable(a, CYCLES);
      for (let i = 0; i < 4; i++) a.add(9, 9, 1);
      a.msr('PMOVSCLR_EL0', 2);
      a.mov(0, ENABLE | (1 << 6));
      a.msr('PMCR_EL0', 0);
      a.mov(3, 0xffff_fffe);
      a.msr('PMCCNTR_EL0', 3);
      for (let i = 0; i < 4; i++) a.add(9, 9, 1);
      a.mrs(10, 'PMCCNTR_EL0');
      a.mrs(11, 'PMOVSCLR_EL0');
    });
    const levels: boolean[] = [];
    cpu.port = portWith({ performanceInterrupt: (_: Cpu, level: boolean) => void levels.push(level) });
    run(cpu, 60);
    expect(levels).toEqual([true, false]);
    expect(cpu.x(10) >> 32n).toBe(1n);
    expect(cpu.x(11)).toBe(0n);
    expect(cpu.pc).toBeGreaterThan(BigInt(IMAGE_BASE));
  });
});
