// What a port sees of the CPU, and what its answers do.
import { describe, expect, it } from 'vitest';
import type { BusAccess } from './port.ts';
import { OUTCOME } from './port.ts';
import { NOP } from './testing/assembler.ts';
import { IMAGE_BASE } from './testing/board.ts';
import { boardWith, portWith, run } from './testing/program.ts';
import { gva } from '../util/units.ts';

describe('ports', () => {
  const DEVICE = 0x0800_0000;

  it('see accesses outside RAM with address, size, direction, data and syndrome', () => {
    const seen: Partial<BusAccess>[] = [];
    const { cpu } = boardWith((a) => {
      a.mov(0, DEVICE);
      a.mov(1, 0x1_2345_6789);
      a.emit('STR Wt (unsigned offset)', { Rt: 1, Rn: 0, imm12: 2 });
      a.emit('LDRSB Wt (unsigned offset)', { Rt: 3, Rn: 0, imm12: 1 });
      a.emit('LDP Xt (post-index)', { Rt: 4, Rt2: 5, Rn: 0, imm7: 2 });
    });
    cpu.port = portWith({
      access(_, access) {
        const { address, virtual, size, write, syndromeValid, syndrome, lo, hi } = access;
        seen.push({ address, virtual, size, write, syndromeValid, syndrome, lo, hi });
        access.lo = 0x80;
        access.hi = 0;
        return OUTCOME.DONE;
      },
    });
    run(cpu, 7);
    expect(seen.slice(0, 2)).toEqual([
      {
        address: DEVICE + 8,
        virtual: BigInt(DEVICE + 8),
        size: 4,
        write: true,
        syndromeValid: true,
        // EC 0x24, IL, ISV, SAS word, SRT x1, WnR.
        syndrome: 0x9381_0047,
        lo: 0x2345_6789,
        hi: 0,
      },
      {
        address: DEVICE + 1,
        virtual: BigInt(DEVICE + 1),
        size: 1,
        write: false,
        syndromeValid: true,
        syndrome: 0x9323_0007,
        lo: expect.any(Number) as number,
        hi: expect.any(Number) as number,
      },
    ]);
    expect(cpu.x(3)).toBe(0xffff_ff80n);
    expect(seen.slice(2).map(({ address, size, syndromeValid }) => [address, size, syndromeValid])).toEqual([
      [DEVICE, 8, false],
      [DEVICE + 8, 8, false],
    ]);
    expect(cpu.x(0)).toBe(BigInt(DEVICE + 16));
  });

  it('may abort: the guest gets an external abort and no register changes', () => {
    const { cpu } = boardWith((a) => {
      a.mov(0, DEVICE);
      a.emit('LDR Xt (pre-index)', { Rt: 1, Rn: 0, imm9: 8 });
    });
    cpu.setX(1, 5n);
    cpu.port = portWith({});
    run(cpu, 2);
    expect(cpu.systemRegister('ESR_EL1')).toBe(0x9600_0010n);
    expect(cpu.systemRegister('FAR_EL1')).toBe(BigInt(DEVICE + 8));
    expect([cpu.x(0), cpu.x(1)]).toEqual([BigInt(DEVICE), 5n]);
  });

  it('may leave: nothing of the instruction happened, and the pc is what the port set', () => {
    const { cpu } = boardWith((a) => {
      a.mov(0, DEVICE);
      a.ldr(1, 0);
    });
    cpu.port = portWith({
      access(self) {
        self.pc = gva(BigInt(IMAGE_BASE + 0x40));
        return OUTCOME.LEAVE;
      },
    });
    expect(run(cpu, 10)).toEqual({ executed: 1, reason: 'leave' });
    expect(cpu.pc).toBe(BigInt(IMAGE_BASE + 0x40));
    expect(cpu.x(1)).toBe(0n);
  });

  it('know exact counts and addresses in HVC and SMC', () => {
    const calls: unknown[] = [];
    const { cpu } = boardWith((a) => {
      a.word(NOP);
      a.emit('HVC', { imm16: 7 });
      a.emit('SMC', { imm16: 9 });
      a.word(NOP);
    });
    cpu.port = portWith({
      hvc(self, immediate) {
        calls.push(['hvc', immediate, self.pc, self.retired]);
        return OUTCOME.DONE;
      },
      smc(self, immediate) {
        calls.push(['smc', immediate, self.pc]);
        self.skip();
        self.leave();
        return OUTCOME.DONE;
      },
    });
    expect(run(cpu, 10)).toEqual({ executed: 3, reason: 'leave' });
    expect(calls).toEqual([
      ['hvc', 7, BigInt(IMAGE_BASE + 8), 2],
      ['smc', 9, BigInt(IMAGE_BASE + 8)],
    ]);
    expect(cpu.pc).toBe(BigInt(IMAGE_BASE + 12));
  });

  it('carry timer registers by key and value; EL0 is trapped unless CNTKCTL lets it', () => {
    const keys: number[] = [];
    const { cpu } = boardWith((a) => {
      a.word(0xd53b_e043); // mrs x3, cntvct_el0
      a.word(0xd51b_e323); // msr cntv_ctl_el0, x3
      a.word(0xd53b_e043);
    });
    cpu.port = portWith({
      readSystemRegister(self, key) {
        keys.push(key);
        self.exchange.lo = 0x89ab_cdef;
        self.exchange.hi = 0x0123_4567;
        return OUTCOME.DONE;
      },
      writeSystemRegister(self, key) {
        keys.push(key, self.exchange.lo, self.exchange.hi);
        return OUTCOME.DONE;
      },
    });
    run(cpu, 2);
    const key = (crm: number, op2: number): number => (3 << 14) | (3 << 11) | (14 << 7) | (crm << 3) | op2;
    expect(cpu.x(3)).toBe(0x0123_4567_89ab_cdefn);
    expect(keys).toEqual([key(0, 2), key(3, 1), 0x89ab_cdef, 0x0123_4567]);
    cpu.pstate = 0x3c0;
    run(cpu, 1);
    expect(cpu.systemRegister('ESR_EL1') >> 26n).toBe(0x18n);
  });

  it('hear of instructions that the engine lacks', () => {
    const words: number[] = [];
    const { cpu } = boardWith((a) => a.word(0xd53f_ffe0));
    cpu.port = portWith({ unimplemented: (_, word) => void words.push(word >>> 0) });
    run(cpu, 1);
    expect(words).toEqual([0xd53f_ffe0]);
    expect(cpu.systemRegister('ESR_EL1')).toBe(0x0200_0000n);
  });
});
