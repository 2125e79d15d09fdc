// GICv2m: turns message signalled interrupts, which are writes to a register, into edges of shared interrupts.
// Source: Arm, Server Base System Architecture (DEN 0029), appendix "GICv2m Architecture"; figures of QEMU's virt machine.
import { RegisterBlock, defineRegisters } from '../registers.ts';
import type { Device, InterruptLine } from '../api.ts';

/** Interrupts of a frame. */
export const V2M_SPIS = 64;
/** INTID of SPI 0. */
const FIRST_SPI = 32;

const REGISTERS = defineRegisters<GicV2m>()('GICv2m', 0x1000, {
  MSI_TYPER: {
    offset: 0x008,
    access: 'ro',
    fields: { Number: { bits: [9, 0] }, Base: { bits: [25, 16] } },
    read: (frame) => ((frame.firstSpi + FIRST_SPI) << 16) | V2M_SPIS,
  },
  MSI_SETSPI_NS: {
    offset: 0x040,
    access: 'wo',
    fields: { INTID: { bits: [9, 0] } },
    write: (frame, value) => frame.signal(value & 0x3ff),
  },
  MSI_IIDR: { offset: 0xfcc, access: 'ro', reset: 0x0510_0000 },
});

export class GicV2m implements Device {
  readonly name: string;
  readonly firstSpi: number;
  readonly #interrupt: (spi: number) => InterruptLine;
  readonly #registers: RegisterBlock<GicV2m, keyof typeof REGISTERS.byName>;

  constructor(options: { name: string; firstSpi: number; interrupt: (spi: number) => InterruptLine }) {
    this.name = options.name;
    this.firstSpi = options.firstSpi;
    this.#interrupt = options.interrupt;
    this.#registers = new RegisterBlock<GicV2m, keyof typeof REGISTERS.byName>(REGISTERS, this, options.name);
  }

  read(offset: number, size: 1 | 2 | 4): number {
    return this.#registers.read(offset, size);
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    this.#registers.write(offset, size, value);
  }

  /** A message for an INTID; those of other frames go nowhere. */
  signal(intid: number): void {
    const index = intid - FIRST_SPI - this.firstSpi;
    if (index < 0 || index >= V2M_SPIS) return;
    const line = this.#interrupt(this.firstSpi + index);
    line.set(true);
    line.set(false);
  }
}
