// The processor against a plain board: budget, interrupts, exceptions, code that changes, ports, several CPUs.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BusAccess, Cpu, CpuPort } from './port.ts';
import { OUTCOME } from './port.ts';
import { Assembler, encode, NOP, SP, XZR } from './testing/assembler.ts';
import { IMAGE_BASE, PlainBoard, RAM_BASE } from './testing/board.ts';
import type { Gpa, HostOffset, Pa } from '../util/units.ts';
import { gva, instructions, MiB } from '../util/units.ts';

const VECTORS = IMAGE_BASE + 0x1000;

/** A board with a program at IMAGE_BASE; `vectors` puts code at offsets of the vector table. */
function boardWith(
  write: (a: Assembler) => void,
  vectors: Record<number, (a: Assembler) => void> = {},
  cpus = 1,
): PlainBoard {
  const board = new PlainBoard('cortex-a57', 4 * MiB, cpus);
  const put = (address: number, fill: (a: Assembler) => void): void => {
    const assembler = new Assembler(address);
    fill(assembler);
    board.bytes(address, assembler.words.length * 4).set(new Uint8Array(Uint32Array.from(assembler.finish()).buffer));
  };
  put(IMAGE_BASE, write);
  for (const [offset, fill] of Object.entries(vectors)) put(VECTORS + Number(offset), fill);
  for (const cpu of board.cluster.cpus) {
    cpu.reset({ pc: gva(BigInt(IMAGE_BASE)) });
    cpu.setSystemRegister('VBAR_EL1', BigInt(VECTORS));
  }
  return board;
}

const run = (cpu: Cpu, limit: number) => cpu.run(instructions(limit));
/** Counts x0 up by one forever. */
const counting = (a: Assembler): void => {
  a.label('again');
  a.add(0, 0, 1);
  a.emit('SUBS (immediate)', { sf: 1, Rn: 0, Rd: XZR, imm12: 7 });
  a.bcond('eq', 'skip');
  a.add(1, 1, 1);
  a.label('skip');
  a.b('again');
};

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
});

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

/** A port whose answers the test writes. */
function portWith(answers: Partial<CpuPort>): CpuPort {
  const undefinedPort: CpuPort = {
    access: () => OUTCOME.EXTERNAL_ABORT,
    fetchFault: () => OUTCOME.EXTERNAL_ABORT,
    hvc: () => OUTCOME.UNDEFINED,
    smc: () => OUTCOME.UNDEFINED,
    readSystemRegister: () => OUTCOME.UNDEFINED,
    writeSystemRegister: () => OUTCOME.UNDEFINED,
    unimplemented: () => undefined,
  };
  return { ...undefinedPort, ...answers };
}

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

describe('address maps', () => {
  it('drop translations when they change, and keep read-only segments from being written', () => {
    const board = boardWith((a) => {
      a.mov(0, 0x1000_0000);
      a.label('again');
      a.ldr(1, 0);
      a.str(2, 0);
      a.b('again');
    });
    const ram = {
      start: RAM_BASE as Gpa,
      size: 4 * MiB,
      host: board.ram as HostOffset,
      physical: RAM_BASE as Pa,
      writable: true,
    };
    const window = (offset: number, writable: boolean) => ({
      start: 0x1000_0000 as Gpa,
      size: 4096,
      host: (board.ram + offset) as HostOffset,
      physical: (RAM_BASE + offset) as Pa,
      writable,
    });
    board.bytes(RAM_BASE, 1)[0] = 11;
    board.bytes(RAM_BASE + 0x1000, 1)[0] = 22;
    const map = board.cluster.createAddressMap([window(0, true), ram]);
    const { cpu } = board;
    cpu.addressMap = map;
    run(cpu, 2);
    expect(cpu.x(1)).toBe(11n);
    map.update([window(0x1000, false), ram]);
    const writes: number[] = [];
    cpu.port = portWith({
      access(_, { address, write }) {
        if (write) writes.push(address);
        return OUTCOME.DONE;
      },
    });
    run(cpu, 3);
    expect(cpu.x(1)).toBe(22n);
    expect(writes).toEqual([0x1000_0000]);
    expect(board.bytes(RAM_BASE + 0x1000, 1)[0]).toBe(22);
  });

  it('refuse segments that overlap or are not page multiples', () => {
    const board = boardWith(counting);
    const segment = (start: number, size: number) => ({
      start: start as Gpa,
      size,
      host: board.ram as HostOffset,
      physical: start as Pa,
      writable: true,
    });
    expect(() => board.cluster.createAddressMap([segment(0, 0x2000), segment(0x1000, 0x1000)])).toThrow('overlaps');
    expect(() => board.cluster.createAddressMap([segment(0x10, 0x1000)])).toThrow('page multiples');
  });
});

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
    expect(() => new PlainBoard('cortex-m3')).toThrow('no CPU model "cortex-m3"; use one of cortex-a53');
    expect(() => boardWith(counting).cpu.systemRegister('SCTLR_EL9')).toThrow('SCTLR_EL9');
  });
});
