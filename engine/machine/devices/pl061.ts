// PL061 general-purpose input and output, eight pins. Source: Arm DDI 0190B, PrimeCell GPIO (PL061), chapter 3.
import { RegisterBlock, defineRegisters, primeCellIds } from '../registers.ts';
import type { Device, InterruptLine } from '../api.ts';

const PINS = { PINS: { bits: [7, 0] } } as const;
const pins = (offset: number) => ({
  offset,
  width: 8 as const,
  fields: PINS,
  written: (gpio: Pl061) => gpio.updateInterrupt(),
});

const REGISTERS = defineRegisters<Pl061>()('PL061', 0x1000, {
  // Address bits 9:2 mask the data pins (3.3.1): 256 words that show one register.
  GPIODATA: {
    offset: 0x000,
    count: 256,
    width: 8,
    read: (gpio, mask) => gpio.pins & mask,
    write: (gpio, value, mask) => gpio.drive(value, mask),
  },
  GPIODIR: pins(0x400),
  GPIOIS: pins(0x404),
  GPIOIBE: pins(0x408),
  GPIOIEV: pins(0x40c),
  GPIOIE: pins(0x410),
  GPIORIS: { offset: 0x414, width: 8, access: 'ro', fields: PINS, read: (gpio) => gpio.raw },
  GPIOMIS: { offset: 0x418, width: 8, access: 'ro', fields: PINS, read: (gpio) => gpio.masked },
  GPIOIC: { offset: 0x41c, width: 8, access: 'wo', fields: PINS, write: (gpio, value) => gpio.clear(value) },
  GPIOAFSEL: { offset: 0x420, width: 8, fields: { AFSEL: { bits: [7, 0], modelled: false } } },
  ...primeCellIds('GPIO', [0x61, 0x10, 0x04, 0x00]),
});

type RegisterName = keyof typeof REGISTERS.byName;

export class Pl061 implements Device {
  readonly name: string;
  readonly registers: RegisterBlock<Pl061, RegisterName>;
  readonly #interrupt: InterruptLine;
  /** What the board drives into the pins, what the guest drives out of them, and latched edges. */
  #inputs = 0;
  #outputs = 0;
  #edges = 0;

  constructor(options: { name: string; interrupt: InterruptLine }) {
    this.name = options.name;
    this.#interrupt = options.interrupt;
    this.registers = new RegisterBlock<Pl061, RegisterName>(REGISTERS, this, options.name);
  }

  read(offset: number, size: 1 | 2 | 4): number {
    return this.registers.read(offset, size);
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    this.registers.write(offset, size, value);
  }

  /** Level of an input pin (the board's wire). */
  setInput(pin: number, level: boolean): void {
    const before = this.pins;
    this.#inputs = level ? this.#inputs | (1 << pin) : this.#inputs & ~(1 << pin);
    this.#moved(before);
  }

  /** Inputs as they are, outputs as driven. */
  get pins(): number {
    const direction = this.registers.get('GPIODIR');
    return (this.#inputs & ~direction) | (this.#outputs & direction);
  }

  get raw(): number {
    const level = this.registers.get('GPIOIS');
    const high = this.registers.get('GPIOIEV');
    return ((this.#edges & ~level) | (~(this.pins ^ high) & level)) & 0xff;
  }

  get masked(): number {
    return this.raw & this.registers.get('GPIOIE');
  }

  drive(value: number, mask: number): void {
    const before = this.pins;
    this.#outputs = (this.#outputs & ~mask) | (value & mask);
    this.#moved(before);
  }

  clear(bits: number): void {
    this.#edges &= ~bits;
    this.updateInterrupt();
  }

  updateInterrupt(): void {
    this.#interrupt.set(this.masked !== 0);
  }

  #moved(before: number): void {
    const rose = this.pins & ~before;
    const fell = before & ~this.pins;
    const both = this.registers.get('GPIOIBE');
    const rising = this.registers.get('GPIOIEV');
    this.#edges |= (rose & (both | rising)) | (fell & (both | ~rising));
    this.updateInterrupt();
  }
}
