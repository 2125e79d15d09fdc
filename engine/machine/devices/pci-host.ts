// A PCI Express host with nothing behind it but its own bridge function. Configuration space by ECAM; every other
// function, and both address windows, read all ones. Source: PCI Express Base Specification, 7.2.2 (ECAM), 7.5.1 (type 0
// header). The bridge's identity is that of QEMU's generic PCI Express host.
import { RegisterBlock, defineRegisters } from '../registers.ts';
import type { Device } from '../api.ts';

const ones = (size: 1 | 2 | 4): number => (size === 4 ? 0xffffffff : size === 2 ? 0xffff : 0xff);

/** Conventional configuration space. Extended space of this function reads all ones. */
const CONFIGURATION_SIZE = 0x100;

const REGISTERS = defineRegisters<undefined>()('PCI host bridge', CONFIGURATION_SIZE, {
  /** Red Hat, generic PCI Express host bridge. */
  Identification: {
    offset: 0x00,
    access: 'ro',
    narrow: 'lanes',
    reset: 0x00081b36,
    fields: { Vendor: { bits: [15, 0] }, Device: { bits: [31, 16] } },
  },
  Command: {
    offset: 0x04,
    narrow: 'lanes',
    fields: {
      IoSpace: { bits: 0 },
      MemorySpace: { bits: 1 },
      BusMaster: { bits: 2 },
      Serr: { bits: 8 },
      InterruptDisable: { bits: 10 },
      Status: { bits: [31, 16], access: 'ro' },
    },
  },
  Class: {
    offset: 0x08,
    access: 'ro',
    narrow: 'lanes',
    reset: 0x06000000,
    fields: { Revision: { bits: [7, 0] }, Class: { bits: [31, 8] } },
  },
  CacheLine: { offset: 0x0c, narrow: 'lanes', fields: { CacheLineSize: { bits: [7, 0] } } },
  BaseAddress: { offset: 0x10, count: 6, access: 'ro', narrow: 'lanes' },
  CardBus: { offset: 0x28, access: 'ro', narrow: 'lanes' },
  Subsystem: {
    offset: 0x2c,
    access: 'ro',
    narrow: 'lanes',
    reset: 0x11001af4,
    fields: { Vendor: { bits: [15, 0] }, Device: { bits: [31, 16] } },
  },
  ExpansionRom: { offset: 0x30, access: 'ro', narrow: 'lanes' },
  Capabilities: { offset: 0x34, count: 2, access: 'ro', narrow: 'lanes' },
  Interrupt: {
    offset: 0x3c,
    narrow: 'lanes',
    fields: { Line: { bits: [7, 0] }, Pin: { bits: [15, 8], access: 'ro' } },
  },
  Rest: { offset: 0x40, count: 48, narrow: 'lanes', read: () => 0, write: () => undefined },
});

/** The ECAM window: bus 27:20, device 19:15, function 14:12, register 11:0. */
export class EmptyPciHost implements Device {
  readonly name: string;
  readonly bridge: RegisterBlock<undefined, keyof typeof REGISTERS.byName>;

  constructor(name: string) {
    this.name = name;
    this.bridge = new RegisterBlock(REGISTERS, undefined, name);
  }

  read(offset: number, size: 1 | 2 | 4): number {
    return offset < CONFIGURATION_SIZE ? this.bridge.read(offset, size) : ones(size);
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    if (offset < CONFIGURATION_SIZE) this.bridge.write(offset, size, value);
  }
}

/** An I/O or memory window of a host without devices: reads end in all ones (master abort), writes go nowhere. */
export class EmptyPciWindow implements Device {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  read(_offset: number, size: 1 | 2 | 4): number {
    return ones(size);
  }

  write(): void {
    // Nobody there.
  }
}
