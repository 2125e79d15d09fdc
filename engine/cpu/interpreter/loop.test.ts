// The instruction budget: exact, however a run is cut.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IMAGE_BASE } from '../testing/board.ts';
import { boardWith, counting, run } from '../testing/program.ts';

describe('budget', () => {
  it('retires exactly what it is asked for, however it is cut', () => {
    const whole = boardWith(counting).cpu;
    expect(run(whole, 5000)).toEqual({ executed: 5000, reason: 'limit' });
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 30 }), (cuts) => {
        const { cpu } = boardWith(counting);
        let left = 5000;
        for (const cut of cuts) {
          const limit = Math.min(cut, left);
          expect(run(cpu, limit).executed).toBe(limit);
          left -= limit;
        }
        run(cpu, left);
        expect([cpu.x(0), cpu.x(1), cpu.pc, cpu.pstate, cpu.retired]).toEqual([
          whole.x(0),
          whole.x(1),
          whole.pc,
          whole.pstate,
          whole.retired,
        ]);
      }),
      { numRuns: 30 },
    );
  });

  it('stops inside a straight line and at page ends', () => {
    const { cpu } = boardWith((a) => {
      for (let i = 0; i < 3000; i++) a.add(0, 0, 1);
    });
    for (const [limit, total] of [
      [1023, 1023],
      [1, 1024],
      [1, 1025],
      [1500, 2525],
    ] as const) {
      run(cpu, limit);
      expect(cpu.x(0)).toBe(BigInt(total));
      expect(cpu.pc).toBe(BigInt(IMAGE_BASE + 4 * total));
    }
  });

  it('charges for exceptions, so that a guest without vectors does not run forever', () => {
    const { cpu } = boardWith((a) => a.word(0));
    cpu.setSystemRegister('VBAR_EL1', 0xdead_0000_0000n);
    expect(run(cpu, 1000)).toEqual({ executed: 1000, reason: 'limit' });
  });

  it('runs nothing for a limit of zero', () => {
    const { cpu } = boardWith(counting);
    expect(run(cpu, 0)).toEqual({ executed: 0, reason: 'limit' });
    expect(cpu.pc).toBe(BigInt(IMAGE_BASE));
  });
});
