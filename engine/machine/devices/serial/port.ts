// What all serial ports share: a receive FIFO behind which the wire waits, an output that takes a character as it is written,
// and one interrupt line. A port declares its registers and says in updateInterrupt() when it interrupts.
import type { Device, InterruptLine } from '../../api.ts';

export interface SerialOptions {
  name: string;
  interrupt: InterruptLine;
  /** A character left on the wire. */
  output: (byte: number) => void;
}

export interface SerialState {
  registers: Uint32Array;
  received: number[];
  /** Bytes on the wire for which the FIFO had no room. */
  waiting: number[];
  /** Interrupt conditions that are latched, as the port numbers them. */
  latched: number;
  /** What a port keeps beside its register block. */
  own: readonly number[];
}

/** As much of a port's register block as all have in common. */
interface Registers {
  read(offset: number, size: 1 | 2 | 4): number;
  write(offset: number, size: 1 | 2 | 4, value: number): void;
  save(): Uint32Array;
  restore(words: Uint32Array): void;
}

export abstract class SerialPort implements Device {
  readonly name: string;
  abstract readonly registers: Registers;
  protected readonly interrupt: InterruptLine;
  protected readonly output: (byte: number) => void;
  /** Interrupt conditions that stay until the guest takes them back. */
  protected latched = 0;
  #received: number[] = [];
  #waiting: number[] = [];

  constructor({ name, interrupt, output }: SerialOptions) {
    this.name = name;
    this.interrupt = interrupt;
    this.output = output;
  }

  /** Characters that the receive FIFO holds. */
  protected abstract get depth(): number;
  /** Sets the interrupt line to what registers and FIFO say. */
  abstract updateInterrupt(): void;

  read(offset: number, size: 1 | 2 | 4): number {
    return this.registers.read(offset, size);
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    this.registers.write(offset, size, value);
  }

  /** Bytes arriving on the wire. Nothing is lost: what does not fit the FIFO waits, as with flow control. */
  input(bytes: Iterable<number>): void {
    for (const byte of bytes) this.#waiting.push(byte & 0xff);
    this.refill();
  }

  /** Characters that a guest can read now. */
  get level(): number {
    return this.#received.length;
  }

  get full(): boolean {
    return this.#received.length >= this.depth;
  }

  /** The oldest character without taking it; 0 if there is none. */
  get next(): number {
    return this.#received[0] ?? 0;
  }

  /** Takes the oldest character; undefined if there is none. */
  take(): number | undefined {
    const byte = this.#received.shift();
    this.refill();
    return byte;
  }

  dropReceived(): void {
    this.#received = [];
    this.refill();
  }

  save(): SerialState {
    return {
      registers: this.registers.save(),
      received: [...this.#received],
      waiting: [...this.#waiting],
      latched: this.latched,
      own: this.saveOwn(),
    };
  }

  restore(state: SerialState): void {
    this.registers.restore(state.registers);
    this.#received = [...state.received];
    this.#waiting = [...state.waiting];
    this.latched = state.latched;
    this.restoreOwn(state.own);
    this.updateInterrupt();
  }

  protected saveOwn(): number[] {
    return [];
  }

  protected restoreOwn(_values: readonly number[]): void {
    // Nothing beside the register block.
  }

  protected refill(): void {
    const room = Math.max(0, this.depth - this.#received.length);
    if (room > 0 && this.#waiting.length > 0) this.#received.push(...this.#waiting.splice(0, room));
    this.updateInterrupt();
  }
}
