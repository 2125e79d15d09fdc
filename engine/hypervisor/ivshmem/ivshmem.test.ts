import { describe, expect, it } from 'vitest';
import { cpuSetOf, type CellConfig } from '../../config/index.ts';
import { pa } from '../../util/units.ts';
import type { Compatibility } from '../quirks.ts';
import { inmateDemo, ivshmem } from '../testing/sample-configs.ts';
import { session, type Session } from '../testing/session.ts';

const ECAM = 0x08e0_0000;
const BAR = 0x08f0_0000;
const STATE_TABLE = pa(0x7faf_0000);
/** GIC id 144: SPI 112, INTA of device 0. */
const INTX = 144;
const REG = { ID: 0, MAX_PEERS: 4, INT_CTRL: 8, DOORBELL: 0xc, STATE: 0x10 };

const msix: Partial<CellConfig> = {
  pciDevices: [{ ...ivshmem(0, 0, 1, 3), barMask: [0xfffff000, 0xfffff000, 0, 0, 0, 0], numMsixVectors: 2 }],
};

function setUp(change: Partial<CellConfig> = {}, compatibility: Compatibility = {}): Session {
  const s = session({ compatibility });
  expect(s.create(inmateDemo(change))).toBe(0);
  s.start(1);
  s.printed();
  return s;
}
const config = (s: Session, register: number, size: 1 | 2 | 4 = 4, cpu = 1) =>
  s.machine.cpu(cpu).access(ECAM + register, size, false).lo >>> 0;
const setConfig = (s: Session, register: number, size: 1 | 2 | 4, value: number, cpu = 1) =>
  s.machine.cpu(cpu).access(ECAM + register, size, true, value).outcome;
const read = (s: Session, register: number, cpu = 1) => s.machine.cpu(cpu).access(BAR + register, 4, false).lo;
const write = (s: Session, register: number, value: number, cpu = 1) =>
  s.machine.cpu(cpu).access(BAR + register, 4, true, value).outcome;
const enableDevice = (s: Session, cpu = 1) => {
  setConfig(s, 0x10, 4, BAR, cpu);
  setConfig(s, 0x04, 2, 0x6, cpu);
};
const pending = (s: Session, intid = INTX) =>
  (s.machine.gic.readDistributor(0x200 + (intid >> 5) * 4, 4) >>> (intid & 31)) & 1;
const clear = (s: Session, intid = INTX) =>
  s.machine.gic.writeDistributor(0x280 + (intid >> 5) * 4, 4, (1 << (intid & 31)) >>> 0);

describe('configuration space', () => {
  it('shows the layout of the specification', () => {
    const s = setUp();
    expect([0x00, 0x04, 0x08, 0x2c, 0x34, 0x3c].map((at) => config(s, at))).toEqual([
      0x4106110a, 0x00100000, 0xff000000, 0x4106110a, 0x40, 0x0100,
    ]);
    expect([0x40, 0x44, 0x48, 0x4c, 0x50, 0x54, 0x58, 0x5c].map((at) => config(s, at))).toEqual([
      0x00200009, 0x1000, 0x9000, 0, 0x2000, 0, 0x7faf0000, 0,
    ]);
    expect(config(s, 0x60)).toBe(0);
    expect(config(s, 0x80)).toBe(0xffffffff);
    expect(config(s, 0x02, 2)).toBe(0x4106);
    expect(config(s, 0x3d, 1)).toBe(1);
  });

  it('shows the MSI-X capability when there are vectors', () => {
    const s = setUp(msix);
    expect([0x3c, 0x40, 0x60, 0x64, 0x68].map((at) => config(s, at))).toEqual([0, 0x00206009, 0x00010011, 1, 0x101]);
    setConfig(s, 0x62, 2, 0xffff);
    expect(config(s, 0x60)).toBe(0xc0010011);
  });

  it('takes the writable bits only', () => {
    const s = setUp();
    setConfig(s, 0x04, 4, 0xffffffff);
    expect(config(s, 0x04)).toBe(0x00100406);
    setConfig(s, 0x10, 4, 0xffffffff);
    expect(config(s, 0x10)).toBe(0xfffff000);
    setConfig(s, 0x40, 4, 0xffffffff);
    expect(config(s, 0x40)).toBe(0x01200009);
    setConfig(s, 0x44, 4, 0xffffffff);
    expect(config(s, 0x44)).toBe(0x1000);
  });

  it.each([0x00, 0x08, 0x2c, 0x80])('a write to register %i is fatal', (register) => {
    const s = setUp();
    setConfig(s, register, 4, 1);
    expect(s.printed()[0]).toBe(
      `FATAL: Invalid PCI MMCONFIG write, device 00:00.0, reg: 0x${register.toString(16)}, size: 4`,
    );
  });

  it('reads of foreign functions are all ones, writes are fatal', () => {
    const s = setUp();
    expect(config(s, 0x1000 * 8)).toBe(0xffffffff);
    expect(config(s, 0x1000 * 8, 2)).toBe(0xffff);
    setConfig(s, 0x1000 * 8 + 4, 2, 1);
    expect(s.printed()[0]).toBe('FATAL: Invalid PCI MMCONFIG write, device 00:01.0, reg: 0x4, size: 2');
  });

  it('8-byte accesses are refused and called writes', () => {
    const s = setUp();
    s.machine.cpu(1).access(ECAM, 8, false);
    expect(s.printed()[0]).toBe('FATAL: Invalid PCI MMCONFIG write, device 00:00.0, reg: 0x0, size: 8');
  });
});

describe('registers', () => {
  it('appear where BAR 0 points while memory space is on', () => {
    const s = setUp();
    expect(s.hv.cell(1)!.mmio.find(BAR, 4)).toBeUndefined();
    enableDevice(s);
    expect([REG.ID, REG.MAX_PEERS, REG.INT_CTRL, REG.DOORBELL, REG.STATE, 0x14].map((at) => read(s, at))).toEqual([
      1, 3, 0, 0, 0, 0,
    ]);
    write(s, REG.INT_CTRL, 0xffff);
    expect(read(s, REG.INT_CTRL)).toBe(1);
    setConfig(s, 0x04, 2, 0);
    expect(s.hv.cell(1)!.mmio.find(BAR, 4)).toBeUndefined();
  });

  it('STATE goes to the state table and rings the others', () => {
    const s = setUp();
    s.create(
      inmateDemo({ name: 'peer', cpuSet: cpuSetOf([2]), pciDevices: [ivshmem(0, 0, 2, 3)], vpciIrqBase: 113 }),
      2,
    );
    s.start(2);
    enableDevice(s);
    enableDevice(s, 2);
    write(s, REG.INT_CTRL, 1);
    write(s, REG.STATE, 7, 2);
    expect(s.machine.memory.read32(pa(STATE_TABLE + 8))).toBe(7);
    expect(read(s, REG.STATE, 2)).toBe(7);
    expect(pending(s)).toBe(1);
    clear(s);
    write(s, REG.STATE, 7, 2);
    expect(pending(s)).toBe(0);
  });

  it('the doorbell needs a vector that exists and reaches the sender too', () => {
    const s = setUp();
    enableDevice(s);
    write(s, REG.INT_CTRL, 1);
    write(s, REG.DOORBELL, (1 << 16) | 1);
    write(s, REG.DOORBELL, 12 << 16);
    expect(pending(s)).toBe(0);
    write(s, REG.DOORBELL, 1 << 16);
    expect(pending(s)).toBe(1);
  });

  it('nothing is latched while interrupts are off, and one-shot mode disarms itself', () => {
    const s = setUp();
    enableDevice(s);
    write(s, REG.DOORBELL, 1 << 16);
    write(s, REG.INT_CTRL, 1);
    expect(pending(s)).toBe(0);
    setConfig(s, 0x43, 1, 1);
    write(s, REG.DOORBELL, 1 << 16);
    expect(pending(s)).toBe(1);
    expect(read(s, REG.INT_CTRL)).toBe(0);
  });

  it('INTx disable takes effect at the next write of command or INT_CTRL', () => {
    const s = setUp();
    enableDevice(s);
    write(s, REG.INT_CTRL, 1);
    setConfig(s, 0x04, 2, 0x406);
    write(s, REG.DOORBELL, 1 << 16);
    expect(pending(s)).toBe(0);
  });

  it('an INTx at an SPI that the cell does not own is dropped and reported, or sent when the quirk is wanted', () => {
    for (const intxIntoForeignSpi of [false, true]) {
      const s = setUp({ irqchips: [] }, { intxIntoForeignSpi });
      enableDevice(s);
      write(s, REG.INT_CTRL, 1);
      write(s, REG.DOORBELL, 1 << 16);
      expect(pending(s)).toBe(intxIntoForeignSpi ? 1 : 0);
      expect(s.events.some(({ kind }) => kind === 'ivshmem.foreign-interrupt')).toBe(!intxIntoForeignSpi);
    }
  });
});

describe('MSI-X', () => {
  const TABLE = BAR + 0x1000;
  const table = (s: Session, offset: number, write: boolean, value = 0, size: 4 | 8 = 4) =>
    s.machine.cpu(1).access(TABLE + offset, size, write, value);
  const ready = () => {
    const s = setUp(msix);
    setConfig(s, 0x14, 4, TABLE);
    enableDevice(s);
    write(s, REG.INT_CTRL, 1);
    return s;
  };

  it('delivers the vector’s message when enabled, unmasked and bus master', () => {
    const s = ready();
    table(s, 0x18, true, INTX);
    table(s, 0x1c, true, 0);
    write(s, REG.DOORBELL, (1 << 16) | 1);
    expect(pending(s)).toBe(0);
    setConfig(s, 0x62, 2, 0x8000);
    write(s, REG.DOORBELL, (1 << 16) | 1);
    expect(pending(s)).toBe(1);
    clear(s);
    setConfig(s, 0x62, 2, 0xc000);
    write(s, REG.DOORBELL, (1 << 16) | 1);
    expect(pending(s)).toBe(0);
  });

  it('a message for an interrupt of somebody else is fatal', () => {
    const s = ready();
    setConfig(s, 0x62, 2, 0x8000);
    table(s, 0x08, true, 99);
    table(s, 0x0c, true, 0);
    expect(s.printed()).toContain('FATAL: forbidden access (exception class 0x24)');
  });

  it('pending bits read 0; writes there, other widths and foreign vectors are fatal', () => {
    const s = ready();
    expect(table(s, 0x100, false)).toMatchObject({ lo: 0, outcome: 0 });
    expect(table(s, 0x1c, false).lo).toBe(1);
    for (const [offset, write, size] of [
      [0x100, true, 4],
      [0x20, false, 4],
      [0x00, false, 8],
    ] as const) {
      const each = ready();
      table(each, offset, write, 0, size);
      expect(each.machine.power(1)).toBe('off');
    }
  });
});

describe('life of a link', () => {
  it('the state table is zeroed by the first peer, and a leaving peer’s state is 0', () => {
    const s = setUp();
    enableDevice(s);
    write(s, REG.STATE, 5);
    expect(s.machine.memory.read32(pa(STATE_TABLE + 4))).toBe(5);
    s.destroy(1);
    expect(s.machine.memory.read32(pa(STATE_TABLE + 4))).toBe(0);
  });

  it('peers that disagree in sizes are reported and connected all the same', () => {
    const s = session();
    expect(s.create(inmateDemo({ pciDevices: [ivshmem(0, 0, 1, 2)] }))).toBe(0);
    expect(s.events.find(({ kind }) => kind === 'ivshmem.mismatch')?.sentence).toContain('number of peers');
  });

  it('a device without vectors has an MSI-X window only with the quirk', () => {
    for (const bar1WithoutMsix of [false, true]) {
      const s = setUp({}, { bar1WithoutMsix });
      enableDevice(s);
      expect(s.hv.cell(1)!.mmio.find(0, 4) !== undefined).toBe(bar1WithoutMsix);
    }
  });
});
