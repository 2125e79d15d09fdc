// An empty virtio-mmio slot: there is a transport, and no device behind it (device id 0). Drivers look and go.
// Source: Virtual I/O Device (VIRTIO) 1.1, 4.2.2 and 4.2.4 (legacy interface, which QEMU's virt machine shows).
import { RegisterBlock, defineRegisters } from '../registers.ts';
import type { Device } from '../api.ts';

const REGISTERS = defineRegisters<undefined>()('virtio-mmio', 0x200, {
  /** "virt" in ASCII. */
  MagicValue: { offset: 0x000, access: 'ro', reset: 0x74726976 },
  Version: { offset: 0x004, access: 'ro', reset: 1 },
  DeviceID: { offset: 0x008, access: 'ro', reset: 0 },
  /** "QEMU". */
  VendorID: { offset: 0x00c, access: 'ro', reset: 0x554d4551 },
  // All else reads zero and ignores writes while the device id is 0.
  Rest: { offset: 0x010, count: 124, read: () => 0, write: () => undefined },
});

export class EmptyVirtioSlot implements Device {
  readonly name: string;
  readonly registers: RegisterBlock<undefined, keyof typeof REGISTERS.byName>;

  constructor(name: string) {
    this.name = name;
    this.registers = new RegisterBlock(REGISTERS, undefined, name);
  }

  read(offset: number, size: 1 | 2 | 4): number {
    return this.registers.read(offset, size);
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    this.registers.write(offset, size, value);
  }
}
