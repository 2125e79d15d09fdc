// What the oracle can not say about the GIC: where QEMU parts from the manual or does not go, and the host's side of it.
import { describe, expect, it } from 'vitest';
import type { Cpu } from '../../../cpu/port.ts';
import { Gic } from './index.ts';
import type { GicLines, GicOptions } from './index.ts';
import { gicStream } from '../oracle/gic-stream.ts';
import { virtualStream } from '../oracle/virtual-stream.ts';
import { ModelBoard } from '../oracle/model-board.ts';
import { firstDifference } from '../oracle/compare.ts';

const key = (crm: number, op2: number, crn = 12): number => (3 << 14) | (crn << 7) | (crm << 3) | op2;
const PMR = key(6, 0, 4);
const IAR1 = key(12, 0);
const EOIR1 = key(12, 1);
const HPPIR1 = key(12, 2);
const SGI1R = key(11, 5);
const CTLR = key(12, 4);
const IGRPEN1 = key(12, 7);

function make(options: Partial<GicOptions> = {}) {
  const changes: [number, GicLines][] = [];
  let accessor = 0;
  const gic = new Gic({
    version: 3,
    affinities: [0, 1, 2, 3],
    spis: 96,
    maintenance: 25,
    accessor: () => accessor,
    lines: (cpu, lines) => changes.push([cpu, { ...lines }]),
    ...options,
  });
  const cpus = gic.physical.map((_, index) => ({ index, exchange: { lo: 0, hi: 0 } }) as unknown as Cpu);
  return {
    gic,
    changes,
    as: (cpu: number): void => void (accessor = cpu),
    read(cpu: number, register: number): number {
      expect(gic.readSystemRegister(cpus[cpu]!, register)).toBe(true);
      return cpus[cpu]!.exchange.lo;
    },
    write(cpu: number, register: number, lo: number, hi = 0): boolean {
      Object.assign(cpus[cpu]!.exchange, { lo, hi });
      return gic.writeSystemRegister(cpus[cpu]!, register);
    },
    /** All interrupts group 1, enabled, SPIs to CPU 0, interfaces open: as an operating system leaves them. */
    open() {
      gic.writeDistributor(0, 4, 3);
      for (let word = 1; word <= 3; word++) {
        gic.writeDistributor(0x80 + word * 4, 4, 0xffffffff);
        gic.writeDistributor(0x100 + word * 4, 4, 0xffffffff);
      }
      for (const cpu of cpus) {
        gic.writeRedistributor(cpu.index, 0x10080, 4, 0xffffffff);
        gic.writeRedistributor(cpu.index, 0x10100, 4, 0xffffffff);
        this.write(cpu.index, PMR, 0xf8);
        this.write(cpu.index, IGRPEN1, 1);
      }
      changes.length = 0;
    },
  };
}

describe('GICv3', () => {
  it('takes a wire to the CPU that its route names, and says so once', () => {
    const board = make();
    board.open();
    board.gic.writeDistributor(0x6000 + 33 * 8, 4, 2);
    board.gic.spi(1).set(true);
    board.gic.spi(1).set(true);
    expect(board.changes).toEqual([[2, { irq: true, fiq: false, virq: false, vfiq: false, maintenance: false }]]);
    expect(board.read(2, IAR1)).toBe(33);
    expect(board.gic.linesOf(2).irq).toBe(false);
    board.gic.spi(1).set(false);
    board.write(2, EOIR1, 33);
    expect(board.read(2, IAR1)).toBe(1023);
  });

  it('repeats a level that is still up after its end, and an edge only when it rose again', () => {
    const board = make();
    board.open();
    board.gic.writeDistributor(0xc00 + 2 * 4, 4, 2 << 2); // SPI 1: edge
    board.gic.spi(0).set(true);
    expect(board.read(0, IAR1)).toBe(32);
    board.write(0, EOIR1, 32);
    expect(board.read(0, IAR1)).toBe(32);
    board.gic.spi(0).set(false);
    board.write(0, EOIR1, 32);

    board.gic.spi(1).set(true);
    expect(board.read(0, IAR1)).toBe(33);
    board.gic.spi(1).set(false);
    board.gic.spi(1).set(true);
    expect(board.read(0, HPPIR1)).toBe(1023); // active and pending: not before its end
    board.write(0, EOIR1, 33);
    expect(board.read(0, IAR1)).toBe(33);
    board.write(0, EOIR1, 33);
    expect(board.read(0, IAR1)).toBe(1023);
  });

  it('gives an interrupt of routing mode 1 to the lowest CPU that takes part', () => {
    const board = make();
    board.open();
    board.gic.writeDistributor(0x6000 + 40 * 8, 4, 0x80000000);
    board.write(0, IGRPEN1, 0);
    board.gic.spi(8).set(true);
    expect([0, 1, 2, 3].map((cpu) => board.gic.linesOf(cpu).irq)).toEqual([false, true, false, false]);
    board.write(1, IGRPEN1, 0);
    expect([0, 1, 2, 3].map((cpu) => board.gic.linesOf(cpu).irq)).toEqual([false, false, true, false]);
    board.write(0, IGRPEN1, 1);
    expect([0, 1, 2, 3].map((cpu) => board.gic.linesOf(cpu).irq)).toEqual([true, false, false, false]);
    // In group 0 it goes to the first CPU that takes group 0, as FIQ.
    board.write(3, key(12, 6), 1);
    board.gic.writeDistributor(0x84, 4, 0xfffffeff);
    expect([0, 1, 2, 3].map((cpu) => board.gic.linesOf(cpu).fiq)).toEqual([false, false, false, true]);
  });

  it('sends SGIs by affinity across clusters', () => {
    const affinities = [0x00_000000, 0x00_000001, 0x00_000100, 0x00_010200, 0x5_00_030201];
    const board = make({ affinities });
    board.open();
    const hit = (): number[] => affinities.flatMap((_, cpu) => (board.read(cpu, IAR1) === 7 ? [cpu] : []));
    const aff = (aff1: number, aff2: number, aff3: number) => ({ lo: aff1 << 16, hi: aff2 | (aff3 << 16) });
    const send = (from: number, target: { lo: number; hi: number }, list: number): number[] => {
      board.write(from, SGI1R, target.lo | (7 << 24) | list, target.hi);
      const cpus = hit();
      for (const cpu of cpus) board.write(cpu, EOIR1, 7);
      return cpus;
    };
    expect(send(0, aff(0, 0, 0), 0b11)).toEqual([0, 1]);
    expect(send(0, aff(1, 0, 0), 0b01)).toEqual([2]);
    expect(send(0, aff(2, 1, 0), 0b01)).toEqual([3]);
    expect(send(0, aff(2, 3, 5), 0b10)).toEqual([4]);
    expect(send(0, aff(9, 0, 0), 0xffff)).toEqual([]);
    expect(send(1, { lo: 0, hi: 0x100 }, 0)).toEqual([0, 2, 3, 4]);
  });

  it('shows affinities, numbers and the last redistributor in GICR_TYPER', () => {
    const { gic } = make({ affinities: [0, 0x1_00_020304] });
    expect(gic.readRedistributor(0, 0x8, 4)).toBe(0x01000000);
    expect(gic.readRedistributor(1, 0x8, 4)).toBe(0x01000110);
    expect(gic.readRedistributor(1, 0xc, 4)).toBe(0x01020304);
    expect(gic.redistributors.read(0x2000c, 4)).toBe(0x01020304);
  });

  it('leaves what is not there alone, and says what was asked', () => {
    const board = make();
    expect(board.gic.readDistributor(0x20, 4)).toBe(0);
    expect(board.gic.readDistributor(0x104, 1)).toBe(0);
    expect(board.gic.notes.map((note) => note.text)).toEqual([
      'GICD offset 0x20: there is no register here: reads zero, ignores writes',
      'GICD GICD_ISENABLER (offset 0x104): the register does not take accesses of this size: reads zero, ignores writes',
    ]);
    expect(board.write(0, key(15, 0), 0)).toBe(false);
    expect(() => board.gic.spi(96)).toThrow('SPIs 0 to 95');
    expect(
      () => new Gic({ version: 2, affinities: Array.from({ length: 9 }, (_, n) => n), spis: 32, maintenance: 25 }),
    ).toThrow('GICv2 serves 8 CPUs, not 9');
  });
});

describe('GICv2', () => {
  const GICC = { CTLR: 0x00, PMR: 0x04, IAR: 0x0c, EOIR: 0x10, HPPIR: 0x18, AIAR: 0x20, AEOIR: 0x24 };

  function open(cpus = 3) {
    const board = make({ version: 2, affinities: Array.from({ length: cpus }, (_, cpu) => cpu) });
    board.gic.writeDistributor(0, 4, 3);
    board.gic.writeDistributor(0x104, 4, 0xffffffff);
    for (let cpu = 0; cpu < cpus; cpu++) {
      board.as(cpu);
      board.gic.cpuInterface.write(GICC.PMR, 4, 0xff);
      board.gic.cpuInterface.write(GICC.CTLR, 4, 3);
    }
    const read = (cpu: number, offset: number): number => {
      board.as(cpu);
      return board.gic.cpuInterface.read(offset, 4);
    };
    const write = (cpu: number, offset: number, value: number): void => {
      board.as(cpu);
      board.gic.cpuInterface.write(offset, 4, value);
    };
    return { ...board, read, write };
  }

  it('offers a shared interrupt to all its targets and gives it to the first that asks', () => {
    const board = open();
    board.gic.writeDistributor(0x820, 1, 0b111);
    board.gic.spi(0).set(true);
    expect([0, 1, 2].map((cpu) => board.gic.linesOf(cpu).irq)).toEqual([true, true, true]);
    expect(board.read(1, GICC.IAR)).toBe(32);
    expect([0, 1, 2].map((cpu) => board.gic.linesOf(cpu).irq)).toEqual([false, false, false]);
    expect(board.read(0, GICC.IAR)).toBe(1023);
  });

  it('keeps SGIs of several sources apart', () => {
    const board = open();
    for (const from of [2, 1]) {
      board.as(from);
      board.gic.writeDistributor(0xf00, 4, (0b001 << 16) | 5);
    }
    expect(board.read(0, GICC.IAR)).toBe((1 << 10) | 5);
    board.write(0, GICC.EOIR, (1 << 10) | 5);
    expect(board.read(0, GICC.IAR)).toBe((2 << 10) | 5);
    board.write(0, GICC.EOIR, (2 << 10) | 5);
    expect(board.read(0, GICC.IAR)).toBe(1023);
  });

  it('answers 1022 for group 1 without AckCtl, and gives it by the aliased registers', () => {
    const board = open();
    board.gic.writeDistributor(0x84, 4, 0xffffffff);
    board.gic.writeDistributor(0x820, 1, 1);
    board.gic.spi(0).set(true);
    expect(board.read(0, GICC.IAR)).toBe(1022);
    expect(board.read(0, GICC.HPPIR)).toBe(1022);
    expect(board.read(0, GICC.AIAR)).toBe(32);
    board.gic.spi(0).set(false);
    board.write(0, GICC.AEOIR, 32);
    board.gic.spi(0).set(true);
    board.write(0, GICC.CTLR, 7);
    expect(board.read(0, GICC.IAR)).toBe(32);
  });

  it('needs no targets with one CPU', () => {
    const board = open(1);
    board.gic.spi(3).set(true);
    expect(board.gic.readDistributor(0x820, 4)).toBe(0);
    expect(board.read(0, GICC.IAR)).toBe(35);
  });

  it('has no system registers', () => {
    const board = open();
    expect(board.gic.readSystemRegister({ index: 0, exchange: { lo: 0, hi: 0 } } as unknown as Cpu, IAR1)).toBe(false);
  });
});

describe('host code', () => {
  it('takes physical interrupts, injects them, and sees them deactivated by the guest', () => {
    const board = make();
    board.open();
    const { gic } = board;
    gic.route(0, 'hypervisor');
    gic.spi(5).set(true);
    expect(gic.physicalPending(0)).toBe(true);
    expect(gic.linesOf(0)).toMatchObject({ irq: true, virq: false });
    expect(gic.acknowledge(0)).toBe(37);
    gic.dropPriority(0, 37);
    expect(gic.inject(0, 37, true)).toBe('injected');
    expect(gic.inject(0, 37, true)).toBe('duplicate');
    expect(gic.virtualPending(0)).toBe(true);
    // The wire is still up, and the interrupt active: it does not come again before the guest ends it.
    expect(gic.physicalPending(0)).toBe(false);
    expect(gic.linesOf(0)).toMatchObject({ irq: false, virq: true });
    expect(board.read(0, IAR1)).toBe(37);
    expect(gic.virtualPending(0)).toBe(false);
    gic.spi(5).set(false);
    board.write(0, EOIR1, 37);
    expect(gic.readDistributor(0x304, 4)).toBe(0);
    expect(gic.physicalPending(0)).toBe(false);
  });

  it('reports a full interface and its underflow', () => {
    const board = make();
    board.open();
    const { gic } = board;
    gic.route(0, 'hypervisor');
    for (const intid of [1, 2, 3, 4]) expect(gic.inject(0, intid, false)).toBe('injected');
    expect(gic.inject(0, 5, false)).toBe('full');
    gic.setUnderflowInterrupt(0, true);
    for (const intid of [1, 2]) {
      expect(board.read(0, IAR1)).toBe(intid);
      board.write(0, EOIR1, intid);
    }
    expect(gic.physicalPending(0)).toBe(false);
    expect(board.read(0, IAR1)).toBe(3);
    board.write(0, EOIR1, 3);
    expect(gic.linesOf(0).maintenance).toBe(true);
    expect(gic.acknowledge(0)).toBe(25);
    gic.setUnderflowInterrupt(0, false);
    gic.dropPriority(0, 25);
    gic.deactivate(0, 25);
    expect(gic.physicalPending(0)).toBe(false);
  });

  it('hands the programming of the interface over and back', () => {
    const board = make();
    board.open();
    board.write(1, PMR, 0x80);
    board.write(1, CTLR, 2);
    board.gic.route(1, 'hypervisor');
    expect(board.read(1, PMR)).toBe(0x80);
    expect(board.read(1, CTLR) & 3).toBe(2);
    board.write(1, PMR, 0x40);
    // SGIs of a guest under a hypervisor are the hypervisor's to send.
    expect(board.write(1, SGI1R, 1)).toBe(false);
    board.gic.route(1, 'guest');
    expect(board.read(1, PMR)).toBe(0x40);
    expect(board.write(1, SGI1R, 1)).toBe(true);
  });

  it('sends SGIs to the hypervisor, and forgets virtual ones at a reset', () => {
    const board = make();
    board.open();
    const { gic } = board;
    gic.route(2, 'hypervisor');
    gic.sendSgi(0, [2, 3], 1);
    expect([2, 3].map((cpu) => gic.physicalPending(cpu))).toEqual([true, false]);
    expect(gic.acknowledge(2)).toBe(1);
    gic.dropPriority(2, 1);
    gic.deactivate(2, 1);
    expect(gic.acknowledge(2)).toBe(1023);
    gic.inject(2, 9, false);
    gic.resetVirtual(2);
    expect(gic.virtualPending(2)).toBe(false);
    expect(board.read(2, PMR)).toBe(0);
  });
});

describe('saved state', () => {
  it('lets a stream of operations go on in another GIC as if nothing had happened', () => {
    for (const version of [3, 2] as const) {
      const one = new ModelBoard({ gicVersion: version, cpus: 3 });
      gicStream(one, version, 3, 7, 400);
      const other = new ModelBoard({ gicVersion: version, cpus: 3 });
      other.gic.restore(structuredClone(one.gic.save()));
      other.timers.restore(one.timers.save(), one.now);
      other.uart.restore(one.uart.save());
      const { operations, answers } = gicStream(one, version, 3, 8, 400);
      const theirs = operations.map((operation) => other.run(operation));
      expect(firstDifference(operations, answers, theirs) ?? 'no difference').toBe('no difference');
    }
    const one = new ModelBoard({ gicVersion: 3, cpus: 1, virtualization: true });
    virtualStream(one, 3, 7, 300);
    const other = new ModelBoard({ gicVersion: 3, cpus: 1, virtualization: true });
    other.gic.restore(structuredClone(one.gic.save()));
    const { operations, answers } = virtualStream(one, 3, 8, 300);
    const theirs = operations.map((operation) => other.run(operation));
    expect(firstDifference(operations, answers, theirs) ?? 'no difference').toBe('no difference');
  });
});
