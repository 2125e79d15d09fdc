import { describe, expect, it } from 'vitest';
import type { CellConfig } from '../../config/index.ts';
import { ERRNO } from '../errno.ts';
import { plainCell, rootConfig } from '../testing/sample-configs.ts';
import { session, type Session } from '../testing/session.ts';
import { decodeSgi1r, sgiTargets } from './affinity.ts';
import { QUEUE_SIZE } from './injection.ts';

const GICD = 0x0800_0000;
const GICR = 0x080a_0000;
const FRAME = 0x20000;
/** Interrupts 40 and 41 (SPIs 8 and 9) belong to the cell. */
const owning = (bits: number): CellConfig['irqchips'] => [
  { address: BigInt(GICD), id: 0, pinBase: 32, pinBitmap: [bits, 0, 0, 0] },
];
const setUp = (cpus = [1, 2]): Session => {
  const s = session();
  s.create(plainCell('gic', cpus, 0x7fa0_0000, { irqchips: owning(0x300) }));
  s.start(1);
  for (const cpu of cpus.slice(1)) s.machine.cpu(cpus[0]!).smc(0xc4000003, BigInt(cpu), 0n, 0n);
  return s;
};
const counters = (s: Session, cpu: number) => {
  const { counters: c } = s.hv.cpu(cpu)!;
  return Object.fromEntries(c.names.map((name, n) => [name.replace('vmexits_', ''), c.value(n)]));
};

describe('distributor', () => {
  it('masks one-bit registers with ownership, both ways', () => {
    const s = setUp();
    const cpu = s.machine.cpu(1);
    s.machine.gic.writeDistributor(0x104, 4, 0x1);
    cpu.access(GICD + 0x104, 4, true, 0xffffffff);
    expect(s.machine.gic.readDistributor(0x104, 4)).toBe(0x301);
    expect(cpu.access(GICD + 0x104, 4, false).lo).toBe(0x300);
    cpu.access(GICD + 0x184, 4, true, 0xffffffff);
    expect(s.machine.gic.readDistributor(0x104, 4)).toBe(0x1);
  });

  it('merges priorities and configuration of unowned neighbours', () => {
    const s = setUp();
    const cpu = s.machine.cpu(1);
    cpu.access(GICD + 0x428, 4, true, 0x11223344);
    expect(s.machine.gic.readDistributor(0x428, 4) >>> 0).toBe((0x11223344 & 0x0000ffff) | 0);
    expect(cpu.access(GICD + 0x428, 4, false).lo).toBe((0x3344 & 0xf8f8) | (0x3344 & 0x0707));
    cpu.access(GICD + 0xc08, 4, true, 0xffffffff);
    expect(cpu.access(GICD + 0xc08, 4, false).lo).toBe(s.machine.gic.readDistributor(0xc08, 4) & 0x000f0000);
  });

  it('lets identification and control be read, and ignores writes to them', () => {
    const s = setUp();
    const cpu = s.machine.cpu(1);
    const before = s.machine.gic.readDistributor(0, 4);
    cpu.access(GICD, 4, true, 0);
    expect(s.machine.gic.readDistributor(0, 4)).toBe(before);
    expect(cpu.access(GICD, 4, false).lo).toBe(before);
    expect(cpu.access(GICD + 0xffe8, 4, false).lo).toBe(0x3b);
    expect(cpu.access(GICD + 0x900, 4, false)).toMatchObject({ lo: 0, outcome: 0 });
  });

  it('routes only to CPUs of the cell', () => {
    const s = setUp();
    const cpu = s.machine.cpu(1);
    cpu.access(GICD + 0x6000 + 40 * 8, 8, true, 2);
    expect(cpu.access(GICD + 0x6000 + 40 * 8, 8, false).lo).toBe(2);
    cpu.access(GICD + 0x6000 + 60 * 8, 8, true, 2);
    expect(cpu.access(GICD + 0x6000 + 60 * 8, 8, false).lo).toBe(0);
    s.printed();
    cpu.access(GICD + 0x6000 + 41 * 8, 8, true, 5);
    expect(s.printed().slice(0, 3)).toEqual([
      'Attempt to route IRQ41 outside of cell',
      '',
      'FATAL: forbidden access (exception class 0x24)',
    ]);
    expect(s.events.find(({ kind }) => kind === 'violation')?.sentence).toContain('interrupt 41 (SPI 9)');
  });
});

describe('ownership', () => {
  it('moves interrupts from the root to the cell and back, and points them at the owner', () => {
    const s = setUp();
    expect(s.hv.rootCell.interrupts.owns(40)).toBe(false);
    expect(s.machine.gic.readDistributor(0x6000 + 40 * 8, 4)).toBe(1);
    expect(s.machine.gic.readDistributor(0x6000 + 50 * 8, 4)).toBe(0);
    s.destroy(1);
    expect(s.hv.rootCell.interrupts.owns(40)).toBe(true);
    expect(s.hv.rootCell.interrupts.owns(200)).toBe(false);
  });

  it('retargets the root’s interrupts when it loses their CPU', () => {
    const s = session();
    s.machine.gic.writeDistributor(0x6000 + 33 * 8, 4, 1);
    s.create(plainCell('gic', [1], 0x7fa0_0000));
    expect(s.machine.gic.readDistributor(0x6000 + 33 * 8, 4)).toBe(0);
  });

  it('masks and deactivates a cell’s interrupts at its start', () => {
    const s = setUp();
    s.machine.cpu(1).access(GICD + 0x104, 4, true, 0x300);
    s.machine.gic.writeDistributor(0x304, 4, 0x300);
    s.start(1);
    expect(s.machine.gic.readDistributor(0x104, 4) & 0x300).toBe(0);
    expect(s.machine.gic.readDistributor(0x304, 4) & 0x300).toBe(0);
  });

  it('two cells may list the same interrupt; an event says so', () => {
    const s = setUp();
    expect(s.create(plainCell('rival', [3], 0x7f80_0000, { irqchips: owning(0x200) }))).toBe(0);
    expect(s.events.find(({ kind }) => kind === 'interrupt.shared')?.sentence).toContain('interrupt 41 (SPI 9)');
  });
});

describe('redistributors', () => {
  it('identify themselves to every cell, with Last at the highest CPU of the system', () => {
    const s = setUp();
    const cpu = s.machine.cpu(1);
    expect(cpu.access(GICR + 7 * FRAME + 8, 8, false)).toMatchObject({ lo: expect.any(Number), hi: 7 });
    expect(cpu.access(GICR + 15 * FRAME + 8, 4, false).lo & 0x10).toBe(0x10);
    expect(cpu.access(GICR + 14 * FRAME + 8, 4, false).lo & 0x10).toBe(0);
  });

  it('keep the hypervisor’s interrupts out of reach and foreign CPUs alone', () => {
    const s = setUp();
    const cpu = s.machine.cpu(1);
    const enabled = (of: number) => s.machine.gic.readRedistributor(of, 0x10100, 4) >>> 0;
    cpu.access(GICR + FRAME + 0x10180, 4, true, 0xffffffff);
    expect(enabled(1)).toBe(0x0200_0003);
    cpu.access(GICR + 2 * FRAME + 0x10100, 4, true, 1 << 27);
    expect(enabled(2) & (1 << 27)).not.toBe(0);
    const foreign = enabled(5);
    cpu.access(GICR + 5 * FRAME + 0x10100, 4, true, 0xffffffff);
    expect(enabled(5)).toBe(foreign);
    expect(cpu.access(GICR + 5 * FRAME + 0x10100, 4, false).lo).toBe(0);
  });

  it('start with SGIs and the maintenance interrupt enabled, other private interrupts off', () => {
    const s = setUp();
    expect(s.machine.gic.readRedistributor(1, 0x10100, 4) >>> 0).toBe(0x0200_ffff);
  });
});

describe('software interrupts', () => {
  it('decode as the manual lays them out', () => {
    expect(decodeSgi1r(0x0a_03_00_05, 0x0002_0001)).toMatchObject({ intid: 10, toOthers: false, targets: 5 });
    expect(decodeSgi1r(0, 0x100).toOthers).toBe(true);
    const cpus = [0x0n, 0x1n, 0x100n, 0x1_0000_0101n].map((mpidr, index) => ({ id: index, cpu: { mpidr } }) as never);
    const ids = (lo: number, hi: number) =>
      sgiTargets(decodeSgi1r(lo, hi), cpus[0]!, cpus).map((cpu: { id: number }) => cpu.id);
    expect(ids(0x0003, 0)).toEqual([0, 1]);
    expect(ids(0x1_0003, 0)).toEqual([2]);
    expect(ids(0x1_0002, 0x0001_0000)).toEqual([3]);
    expect(ids(0, 0x100)).toEqual([1, 2, 3]);
  });

  const ICC_SGI1R = (3 << 14) | (12 << 7) | (11 << 3) | 5;
  const send = (s: Session, cpu: number, lo: number, hi = 0) => {
    const core = s.machine.cpu(cpu);
    core.exchange.lo = lo;
    core.exchange.hi = hi;
    return core.port.writeSystemRegister(core as never, ICC_SGI1R);
  };

  it('reach other CPUs of the cell by a physical kick, and the sender at once', () => {
    const s = setUp();
    expect(send(s, 1, (7 << 24) | 0b110)).toBe(0);
    expect(s.machine.gic.virtualPending(1)).toBe(true);
    expect(s.machine.gic.virtualPending(2)).toBe(false);
    s.machine.run(s.machine.now);
    expect(s.machine.gic.virtualPending(2)).toBe(true);
    expect(counters(s, 2)).toMatchObject({ virt_sgi: 1 });
    expect(counters(s, 1)).toMatchObject({ virt_sgi: 0 });
  });

  it('never leave the cell', () => {
    const s = setUp();
    s.create(plainCell('other', [3], 0x7f80_0000));
    s.start(2);
    send(s, 1, (7 << 24) | 0b1000);
    s.machine.run(s.machine.now);
    expect(s.machine.gic.virtualPending(3)).toBe(false);
  });

  it('queue behind full list registers, empty through the maintenance interrupt, and are lost beyond the queue', () => {
    const s = setUp();
    const cpu = s.hv.cpu(1)!;
    for (let id = 0; id < 16; id++) send(s, 1, (id << 24) | 0b10);
    const registers = 16 - cpu.pending.length;
    expect(registers).toBeGreaterThanOrEqual(4);
    for (let i = 0; i < 2 * QUEUE_SIZE; i++) send(s, 1, (15 << 24) | 0b10);
    expect(cpu.pending.length).toBe(QUEUE_SIZE);
  });

  it('reads of the register, and its siblings, are unhandled traps', () => {
    const s = setUp();
    s.printed();
    const core = s.machine.cpu(1);
    expect(core.port.readSystemRegister(core as never, ICC_SGI1R)).toBe(3);
    expect(s.printed()).toContain('FATAL: unhandled trap (exception class 0x18)');
  });
});

describe('physical interrupts', () => {
  it('become virtual ones and stay active until the guest is done', () => {
    const s = setUp([1]);
    s.machine.cpu(1).access(GICD + 0x104, 4, true, 0x100);
    s.machine.gic.spi(8).set(true);
    s.machine.run(s.machine.now);
    expect(counters(s, 1)).toMatchObject({ virt_irq: 1 });
    expect(s.machine.gic.virtualPending(1)).toBe(true);
    expect(s.machine.gic.physicalPending(1)).toBe(false);
  });
});

describe('GIC versions', () => {
  it('a configuration for the other version is refused', () => {
    const system = rootConfig();
    if (system.platform.kind === 'arm') system.platform.gicVersion = 2;
    expect(session({ system }).result).toBe(-ERRNO.ENODEV);
  });
});
