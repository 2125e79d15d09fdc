// PL031 real-time clock. Source: Arm DDI 0224B, PrimeCell Real Time Clock (PL031) technical reference manual, chapter 3.
// It counts seconds of guest time from a fixed start, so that a run never depends on the day it happens.
import { RegisterBlock, defineRegisters, primeCellIds } from '../registers.ts';
import { guestNs } from '../../util/units.ts';
import type { Device, InterruptLine } from '../api.ts';
import type { DeviceClock } from './clock.ts';

const NS_PER_SECOND = 1_000_000_000;
const TWO_32 = 0x1_0000_0000;

/** 2024-01-01 00:00:00 UTC: what the clock shows at power-on unless told otherwise. */
export const RTC_START = 1_704_067_200;

const INTERRUPT = { RTCINTR: { bits: 0 } } as const;

const REGISTERS = defineRegisters<Pl031>()('PL031', 0x1000, {
  RTCDR: { offset: 0x000, access: 'ro', read: (rtc) => rtc.seconds },
  RTCMR: { offset: 0x004, written: (rtc) => rtc.matchWritten() },
  RTCLR: { offset: 0x008, written: (rtc, value) => rtc.load(value) },
  // Once started it can not be stopped: the bit reads as one (3.3.4), and firmware has started it.
  RTCCR: { offset: 0x00c, fields: { RTCStart: { bits: 0 } }, read: () => 1, write: () => undefined },
  RTCIMSC: { offset: 0x010, fields: INTERRUPT, written: (rtc) => rtc.updateInterrupt() },
  RTCRIS: { offset: 0x014, access: 'ro', fields: INTERRUPT, read: (rtc) => rtc.raw },
  RTCMIS: { offset: 0x018, access: 'ro', fields: INTERRUPT, read: (rtc) => rtc.masked },
  RTCICR: { offset: 0x01c, access: 'wo', fields: INTERRUPT, write: (rtc, value) => rtc.clear(value) },
  ...primeCellIds('RTC', [0x31, 0x10, 0x14, 0x00]),
});

type RegisterName = keyof typeof REGISTERS.byName;

export interface Pl031Options {
  name: string;
  clock: DeviceClock;
  interrupt: InterruptLine;
  /** Seconds since 1970 at guest time 0. */
  startSeconds?: number;
}

export interface Pl031State {
  registers: Uint32Array;
  offset: number;
  raw: number;
}

export class Pl031 implements Device {
  readonly name: string;
  readonly registers: RegisterBlock<Pl031, RegisterName>;
  raw = 0;
  readonly #clock: DeviceClock;
  readonly #interrupt: InterruptLine;
  /** Shown seconds minus guest seconds, modulo 2^32. */
  #offset: number;
  #cancel: (() => void) | undefined;

  constructor(options: Pl031Options) {
    this.name = options.name;
    this.#clock = options.clock;
    this.#interrupt = options.interrupt;
    this.#offset = options.startSeconds ?? RTC_START;
    this.registers = new RegisterBlock<Pl031, RegisterName>(REGISTERS, this, options.name);
  }

  read(offset: number, size: 1 | 2 | 4): number {
    return this.registers.read(offset, size);
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    this.registers.write(offset, size, value);
  }

  get seconds(): number {
    return (this.#guestSeconds + this.#offset) % TWO_32;
  }

  get masked(): number {
    return this.raw & this.registers.get('RTCIMSC');
  }

  load(value: number): void {
    this.#offset = (value - (this.#guestSeconds % TWO_32) + TWO_32) % TWO_32;
    this.#schedule();
  }

  matchWritten(): void {
    this.#schedule();
  }

  clear(bits: number): void {
    this.raw &= ~bits;
    this.updateInterrupt();
  }

  updateInterrupt(): void {
    this.#interrupt.set(this.masked !== 0);
  }

  save(): Pl031State {
    return { registers: this.registers.save(), offset: this.#offset, raw: this.raw };
  }

  restore(state: Pl031State): void {
    this.registers.restore(state.registers);
    this.#offset = state.offset;
    this.#schedule();
    this.raw = state.raw;
    this.updateInterrupt();
  }

  get #guestSeconds(): number {
    return Math.floor(this.#clock.now / NS_PER_SECOND);
  }

  /** The interrupt strikes in the second in which the counter equals RTCMR; a match in the past waits for the wrap. */
  #schedule(): void {
    this.#cancel?.();
    const ahead = (this.registers.get('RTCMR') - this.seconds + TWO_32) % TWO_32;
    if (ahead === 0) {
      this.#strike();
      return;
    }
    this.#cancel = this.#clock.at(guestNs((this.#guestSeconds + ahead) * NS_PER_SECOND), () => this.#strike());
  }

  #strike(): void {
    this.#cancel = undefined;
    this.raw = 1;
    this.updateInterrupt();
  }
}
