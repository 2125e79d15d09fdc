import { describe, expect, it } from 'vitest';
import { MEM_FLAG } from '../../../config/index.ts';
import { OUTCOME } from '../../../cpu/port.ts';
import { gpa, gva } from '../../../util/units.ts';
import { plainCell, region } from '../../testing/sample-configs.ts';
import { session, type Session } from '../../testing/session.ts';
import { CELL_STATE } from '../../cell/comm-region.ts';
import type { Compatibility } from '../../quirks.ts';

const setUp = (cpus = [1, 2], compatibility: Compatibility = {}): Session => {
  const s = session({ compatibility });
  s.create(plainCell('inmate', cpus, 0x7fa0_0000));
  s.start(1);
  s.printed();
  return s;
};
const PSCI = {
  VERSION: 0x84000000,
  SUSPEND: 0xc4000001,
  OFF: 0x84000002,
  ON: 0xc4000003,
  ON_32: 0x84000003,
  AFFINITY: 0xc4000004,
  FEATURES: 0x8400000a,
};
const counters = (s: Session, cpu: number) => {
  const { counters: c } = s.hv.cpu(cpu)!;
  return Object.fromEntries(c.names.map((name, n) => [name.replace('vmexits_', ''), c.value(n)]));
};

describe('a data access that nothing covers', () => {
  it('prints what the reference prints, parks the CPU and says whose address it is', () => {
    const s = setUp();
    const cpu = s.machine.cpu(1);
    cpu.pc = gva(0x1234n);
    cpu.setX(30, 0xabcn);
    cpu.setX(7, 0xdeadbeefn);
    cpu.sp = 0x8000n;
    const { outcome } = cpu.access(0x7c00_0000, 4, true, 1);
    expect(outcome).toBe(OUTCOME.LEAVE);
    const zero = '0000000000000000';
    expect(s.printed()).toEqual([
      'Unhandled data write at 0x7c000000(4)',
      '',
      'FATAL: unhandled trap (exception class 0x24)',
      'Cell state before exception:',
      ' pc: 0000000000001234   lr: 0000000000000abc spsr: 000003c5     EL1',
      ' sp: 0000000000008000  elr: 0000000000000000  esr: 24 1 0000046',
      ` x0: ${zero}   x1: ${zero}   x2: ${zero}`,
      ` x3: ${zero}   x4: ${zero}   x5: ${zero}`,
      ` x6: ${zero}   x7: 00000000deadbeef   x8: ${zero}`,
      ` x9: ${zero}  x10: ${zero}  x11: ${zero}`,
      ...[12, 15, 18, 21, 24, 27].map((n) => `x${n}: ${zero}  x${n + 1}: ${zero}  x${n + 2}: ${zero}`),
      '',
      'Parking CPU 1 (Cell: "inmate")',
    ]);
    expect(s.events.find(({ kind }) => kind === 'violation')).toMatchObject({
      severity: 'error',
      sentence:
        'CPU 1 of inmate wrote 0x7c00_0000, which no region of this cell covers; it is RAM, owned by root. ' +
        'Give the cell a memory region over 0x7c00_0000, or correct the address in the program.',
      target: { cell: 'inmate', cpu: 1, address: '0x7c000000', field: 'memoryRegions' },
      detail: { rule: 'no-region', access: 'write', size: 4, pc: '0x0000000000001234', x7: '0x00000000deadbeef' },
    });
    expect(s.machine.power(1)).toBe('off');
    expect(s.hv.cell(1)!.comm.state).toBe(CELL_STATE.RUNNING);
    expect(counters(s, 1)).toMatchObject({ total: 2, mmio: 1, management: 1 });
  });

  it('fails the cell when it was the last CPU; loading and starting it mends that', () => {
    const s = setUp([1]);
    s.machine.cpu(1).access(0x7c00_0000, 8, false);
    expect(s.hv.cell(1)!.comm.state).toBe(CELL_STATE.FAILED);
    expect(s.printed()[0]).toBe('Unhandled data read at 0x7c000000(8)');
    s.load(1);
    expect(s.hv.cpu(1)!.failed).toBe(false);
    s.start(1);
    expect(s.hv.cell(1)!.comm.state).toBe(CELL_STATE.RUNNING);
  });

  it('without syndrome is unhandled even where a window answers', () => {
    const s = setUp();
    s.machine.cpu(1).access(0x0800_0000, 8, false, 0, false);
    expect(s.printed()[0]).toBe('Unhandled data read at 0x8000000(1)');
    expect(s.events.find(({ kind }) => kind === 'violation')?.sentence).toContain('a trap cannot describe');
  });

  it('of another cell’s or the hypervisor’s memory names the owner', () => {
    const s = setUp();
    s.create(plainCell('neighbour', [3], 0x7f80_0000));
    s.machine.cpu(1).access(0x7f80_0000, 4, false);
    expect(s.events.findLast(({ kind }) => kind === 'violation')?.sentence).toContain('it is RAM, owned by neighbour');
    s.start(1);
    s.machine.cpu(1).access(0x7fc0_0000, 4, false);
    expect(s.events.findLast(({ kind }) => kind === 'violation')?.sentence).toContain(
      'hypervisor memory, which no cell may touch',
    );
  });

  it('against the permission of a region names region and flag', () => {
    const s = session();
    const { READ, ROOTSHARED } = MEM_FLAG;
    s.create(plainCell('ro', [1], 0x7fa0_0000, { memoryRegions: [region(0x7f90_0000, 0, 0x1000, READ | ROOTSHARED)] }));
    s.start(1);
    s.machine.cpu(1).access(0x10, 4, true, 1);
    const event = s.events.find(({ kind }) => kind === 'violation');
    expect(event?.sentence).toContain('memory region 0 maps without JAILHOUSE_MEM_WRITE');
    expect(event?.target?.field).toBe('memoryRegions[0].flags');
  });
});

describe('mapped devices', () => {
  it('are reached without an exit, in the cell’s name', () => {
    const s = setUp();
    s.machine.wire = '';
    expect(s.machine.cpu(1).access(0x0900_0000, 1, true, 0x21).outcome).toBe(OUTCOME.DONE);
    expect(s.machine.wire).toBe('!');
    expect(s.machine.writers.at(-1)).toBe('inmate');
    expect(counters(s, 1)['mmio']).toBe(0);
  });

  it('give an external abort where nothing answers, reported once a page', () => {
    const s = session();
    const { READ, WRITE, IO, ROOTSHARED } = MEM_FLAG;
    s.create(
      plainCell('io', [1], 0x7fa0_0000, {
        memoryRegions: [region(0x0b00_0000, 0x0b00_0000, 0x1000, READ | WRITE | IO | ROOTSHARED)],
      }),
    );
    s.start(1);
    expect(s.machine.cpu(1).access(0x0b00_0000, 4, false).outcome).toBe(OUTCOME.EXTERNAL_ABORT);
    expect(s.machine.cpu(1).access(0x0b00_0004, 4, false).outcome).toBe(OUTCOME.EXTERNAL_ABORT);
    expect(s.machine.cpu(1).access(0x0b00_0002, 4, false).outcome).toBe(OUTCOME.EXTERNAL_ABORT);
    expect(s.events.filter(({ kind }) => kind === 'external-abort')).toHaveLength(1);
  });
});

describe('other traps', () => {
  it('an instruction fetch outside memory is forbidden', () => {
    const s = setUp();
    const cpu = s.machine.cpu(1);
    expect(cpu.port.fetchFault(cpu as never, gpa(0x9000_0000))).toBe(OUTCOME.LEAVE);
    expect(s.printed().slice(0, 3)).toEqual([
      'FATAL: instruction abort at 0x90000000',
      '',
      'FATAL: forbidden access (exception class 0x20)',
    ]);
    expect(s.events.find(({ kind }) => kind === 'violation')?.sentence).toContain(
      'fetched an instruction from 0x9000_0000',
    );
  });

  it('HVC with another immediate is forbidden', () => {
    const s = setUp();
    s.machine.cpu(1).hvc(0, 0, 0, 0);
    expect(s.printed()).toContain('FATAL: forbidden access (exception class 0x16)');
    expect(s.machine.power(1)).toBe('off');
    expect(counters(s, 1)['hypercall']).toBe(0);
  });

  it('an instruction that the engine lacks is reported once', () => {
    const s = setUp();
    const cpu = s.machine.cpu(1);
    cpu.port.unimplemented(cpu as never, 0x1e2e1000);
    cpu.port.unimplemented(cpu as never, 0x1e2e1000);
    const events = s.events.filter(({ kind }) => kind === 'instruction.unimplemented');
    expect(events).toHaveLength(1);
    expect(events[0]?.sentence).toContain('0x1e2e1000');
  });
});

describe('PSCI', () => {
  it('answers version, features and what it does not have', () => {
    const s = setUp();
    const cpu = s.machine.cpu(1);
    expect(cpu.smc(PSCI.VERSION)).toBe(0x10001n);
    for (const id of [
      0x84000000, 0x84000001, 0xc4000001, 0x84000002, 0x84000003, 0xc4000003, 0x84000004, 0xc4000004, 0x8400000a,
      0x80000000,
    ])
      expect(cpu.smc(PSCI.FEATURES, BigInt(id))).toBe(0n);
    for (const id of [0x84000008, 0x84000009, 0x80000001]) expect(cpu.smc(PSCI.FEATURES, BigInt(id))).toBe(-1n);
    for (const id of [0x84000008, 0x84000009, 0xc400000e, 0x84000014]) expect(cpu.smc(id)).toBe(-1n);
    expect(cpu.smc(PSCI.SUSPEND)).toBe(0n);
    expect(counters(s, 1)['psci']).toBe(1 + 10 + 3 + 4 + 1);
    expect(cpu.pc).toBe(4n * 19n);
  });

  it('turns CPUs of the own cell on and off', () => {
    const s = setUp();
    const cpu = s.machine.cpu(1);
    expect(cpu.smc(PSCI.AFFINITY, 2n, 0n)).toBe(1n);
    expect(cpu.smc(PSCI.ON, 2n, 0x4000n, 0x77n)).toBe(0n);
    expect(s.machine.cpu(2).resets.at(-1)).toEqual({ pc: 0x4000n, x: { 0: 0x77n, 1: 0x77n } });
    expect(s.machine.power(2)).toBe('on');
    expect(cpu.smc(PSCI.AFFINITY, 2n, 0n)).toBe(0n);
    expect(cpu.smc(PSCI.ON, 2n, 0x4000n, 0n)).toBe(-4n);
    expect(cpu.smc(PSCI.ON, 3n, 0x4000n, 0n)).toBe(-3n);
    expect(cpu.smc(PSCI.AFFINITY, 3n, 0n)).toBe(-3n);
    s.machine.cpu(2).smc(PSCI.OFF);
    expect(s.machine.power(2)).toBe('off');
    expect(cpu.smc(PSCI.AFFINITY, 2n, 0n)).toBe(1n);
    expect(cpu.smc(0x95c1ba60, 2n, 0x100n, 0n)).toBe(0n);
    s.machine.cpu(2).smc(0x95c1ba5f);
    expect(s.machine.power(2)).toBe('off');
  });

  it('cuts arguments of 32-bit calls, and puts the context where the quirk says', () => {
    const s = setUp([1, 2], { contextIdInX1Only: true });
    expect(s.machine.cpu(1).smc(PSCI.ON_32, 0xf_0000_0002n, 0x1_0000_4000n, 0x1_0000_0005n)).toBe(0n);
    expect(s.machine.cpu(2).resets.at(-1)).toEqual({ pc: 0x4000n, x: { 1: 5n } });
  });
});

describe('SMCCC', () => {
  it('answers version, features and the vendor’s calls', () => {
    const s = setUp();
    const cpu = s.machine.cpu(1);
    expect(cpu.smc(0x80000000)).toBe(0x10001n);
    expect(cpu.smc(0x80000001, 0x80000001n)).toBe(0n);
    expect(cpu.smc(0x80000001, 0x80008000n)).toBe(-1n);
    expect(cpu.smc(0xc2000001)).toBe(-1n);
    expect(cpu.smc(0x80007fff)).toBe(-1n);
    expect(counters(s, 1)).toMatchObject({ smccc: 5, psci: 0 });
  });

  it('other architecture calls and owners are unhandled', () => {
    for (const [id, line] of [
      [0x80008000, 'Unhandled SMC arch trap 80008000'],
      [0x83000000, ''],
    ] as const) {
      const s = setUp();
      s.machine.cpu(1).smc(id);
      const printed = s.printed();
      expect(printed[0]).toBe(line);
      expect(printed).toContain('FATAL: unhandled trap (exception class 0x17)');
    }
  });

  it('workaround 2 parks the CPU when the quirk is wanted', () => {
    const s = setUp([1], { workaround2ReturnsTrapStatus: true });
    s.machine.cpu(1).smc(0x80007fff);
    expect(s.printed()).toContain('FATAL: forbidden access (exception class 0x17)');
  });
});
