// The generic timers of all CPUs: the counter, and for each CPU the EL1 physical and the virtual timer.
// Source: Arm DDI 0487, chapter D11 (The Generic Timer in AArch64 state) and the CNT* register descriptions.
// CNTVOFF is zero: the virtual counter is the physical one. 64-bit values are pairs of unsigned 32-bit halves, so that
// reading a counter makes no BigInt; guest times and counts are integers below 2^53 and exact.
import type { GuestNs } from '../../util/units.ts';
import type { InterruptLine } from '../api.ts';

const NS_PER_SECOND = 1_000_000_000;
const TWO_32 = 0x1_0000_0000;

/** CNTP_CTL_EL0 and CNTV_CTL_EL0. */
const CTL = { ENABLE: 1, IMASK: 2, ISTATUS: 4 };

/** Bits of CNTKCTL_EL1 that Armv8.0 has: EL0PCTEN, EL0VCTEN, EVNTEN, EVNTDIR, EVNTI, EL0VTEN, EL0PTEN. */
const CNTKCTL = { EVNTEN: 0x4, EVNTDIR: 0x8, MASK: 0x3ff };

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** floor(value * multiplier / divisor), exact for value < divisor and operands up to 2^32 (so that nothing passes 2^53). */
function scaleBelow(value: number, multiplier: number, divisor: number): number {
  const high = Math.floor(value / 0x8000);
  const upper = high * multiplier;
  const quotient = Math.floor(upper / divisor);
  const lower = (upper - quotient * divisor) * 0x8000 + (value % 0x8000) * multiplier;
  return quotient * 0x8000 + Math.floor(lower / divisor);
}

/** Guest time to counter ticks and back, for any frequency from 1 Hz to 1 GHz. */
export class CounterScale {
  readonly frequencyHz: number;
  /** ticks = ns * #ticks / #ns in lowest terms. */
  readonly #ticks: number;
  readonly #ns: number;

  constructor(frequencyHz: number) {
    if (!Number.isInteger(frequencyHz) || frequencyHz < 1 || frequencyHz > NS_PER_SECOND)
      throw new Error(`the generic timer's frequency must be 1 Hz to 1 GHz, not ${frequencyHz} Hz`);
    const common = gcd(frequencyHz, NS_PER_SECOND);
    this.frequencyHz = frequencyHz;
    this.#ticks = frequencyHz / common;
    this.#ns = NS_PER_SECOND / common;
  }

  /** The count at a guest time: floor(time * frequency). */
  count(time: number): number {
    const whole = Math.floor(time / this.#ns);
    return whole * this.#ticks + scaleBelow(time - whole * this.#ns, this.#ticks, this.#ns);
  }

  /** The first guest time at which the counter has reached `count`; Infinity if guest time cannot express it. */
  time(count: number): number {
    const whole = Math.floor(count / this.#ticks);
    const rest = count - whole * this.#ticks;
    // ceil(rest * ns / ticks), from the floor of one less
    const time = whole * this.#ns + (rest === 0 ? 0 : this.#ceil(rest));
    return time <= Number.MAX_SAFE_INTEGER ? time : Infinity;
  }

  #ceil(rest: number): number {
    const floor = scaleBelow(rest, this.#ns, this.#ticks);
    return this.count(floor) >= rest ? floor : floor + 1;
  }
}

/** One timer of one CPU: control and compare value. */
interface Timer {
  control: number;
  compareLo: number;
  compareHi: number;
  /** Guest time at which the condition is first met: the compare value as a time, or Infinity. */
  due: number;
  line: InterruptLine;
  raised: boolean;
}

const makeTimer = (line: InterruptLine): Timer => ({
  control: 0,
  compareLo: 0,
  compareHi: 0,
  due: 0,
  line,
  raised: false,
});

/** When the output of a timer rises; Infinity if it is up, masked or off. */
const rise = (timer: Timer): number =>
  !timer.raised && (timer.control & (CTL.ENABLE | CTL.IMASK)) === CTL.ENABLE ? timer.due : Infinity;

export interface TimerValue {
  lo: number;
  hi: number;
}

export interface GenericTimersState {
  control: number[];
  compareLo: number[];
  compareHi: number[];
  kernelControl: number[];
}

export interface GenericTimersOptions {
  frequencyHz: number;
  cpus: number;
  /** The PPI wires (level) of a CPU. */
  physicalLine: (cpu: number) => InterruptLine;
  virtualLine: (cpu: number) => InterruptLine;
  /** Called when a CPU's next deadline changed because the guest programmed a timer. */
  onDeadline?: (cpu: number, deadline: number) => void;
}

const key = (op0: number, op1: number, crn: number, crm: number, op2: number): number =>
  (op0 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2;

interface TimerRegister {
  name: string;
  read: (timers: GenericTimers, cpu: number, now: number, value: TimerValue) => void;
  /** Absent for read-only registers: a write is UNDEFINED. */
  write?: (timers: GenericTimers, cpu: number, now: number, value: TimerValue) => void;
}

function timerRegisters(prefix: 'CNTP' | 'CNTV', crm: number, which: 0 | 1): [number, TimerRegister][] {
  return [
    [
      key(3, 3, 14, crm, 0),
      {
        name: `${prefix}_TVAL_EL0`,
        read: (timers, cpu, now, value) => timers.readTimerValue(cpu, which, now, value),
        write: (timers, cpu, now, value) => timers.writeTimerValue(cpu, which, now, value.lo),
      },
    ],
    [
      key(3, 3, 14, crm, 1),
      {
        name: `${prefix}_CTL_EL0`,
        read: (timers, cpu, now, value) => {
          value.lo = timers.control(cpu, which, now);
          value.hi = 0;
        },
        write: (timers, cpu, now, value) => timers.writeControl(cpu, which, now, value.lo),
      },
    ],
    [
      key(3, 3, 14, crm, 2),
      {
        name: `${prefix}_CVAL_EL0`,
        read: (timers, cpu, _now, value) => timers.readCompare(cpu, which, value),
        write: (timers, cpu, now, value) => timers.writeCompare(cpu, which, now, value.lo, value.hi),
      },
    ],
  ];
}

const readCounter: TimerRegister['read'] = (timers, _cpu, now, value) => timers.readCounter(now, value);

/** The registers by system-register key (op0<<14 | op1<<11 | CRn<<7 | CRm<<3 | op2). */
const REGISTERS: ReadonlyMap<number, TimerRegister> = new Map<number, TimerRegister>([
  [
    key(3, 3, 14, 0, 0),
    {
      name: 'CNTFRQ_EL0',
      read: (timers, _cpu, _now, value) => {
        value.lo = timers.scale.frequencyHz;
        value.hi = 0;
      },
    },
  ],
  [key(3, 3, 14, 0, 1), { name: 'CNTPCT_EL0', read: readCounter }],
  [key(3, 3, 14, 0, 2), { name: 'CNTVCT_EL0', read: readCounter }],
  [
    key(3, 0, 14, 1, 0),
    {
      name: 'CNTKCTL_EL1',
      read: (timers, cpu, _now, value) => {
        value.lo = timers.kernelControl(cpu);
        value.hi = 0;
      },
      write: (timers, cpu, _now, value) => timers.setKernelControl(cpu, value.lo),
    },
  ],
  ...timerRegisters('CNTP', 2, 0),
  ...timerRegisters('CNTV', 3, 1),
]);

export const TIMER = { PHYSICAL: 0, VIRTUAL: 1 } as const;

export class GenericTimers {
  readonly scale: CounterScale;
  readonly #timers: [Timer, Timer][];
  readonly #kernelControl: Uint32Array;
  readonly #onDeadline: GenericTimersOptions['onDeadline'];

  constructor(options: GenericTimersOptions) {
    this.scale = new CounterScale(options.frequencyHz);
    this.#timers = Array.from({ length: options.cpus }, (_, cpu) => [
      makeTimer(options.physicalLine(cpu)),
      makeTimer(options.virtualLine(cpu)),
    ]);
    this.#kernelControl = new Uint32Array(options.cpus);
    this.#onDeadline = options.onDeadline;
  }

  /** The registers' names by key, for reports. */
  static registerName(registerKey: number): string | undefined {
    return REGISTERS.get(registerKey)?.name;
  }

  /** MRS: false if the key is no timer register. */
  readSystemRegister(cpu: number, registerKey: number, now: GuestNs, value: TimerValue): boolean {
    const register = REGISTERS.get(registerKey);
    if (!register) return false;
    register.read(this, cpu, now, value);
    return true;
  }

  /** MSR: false if the key is no timer register or is read-only. */
  writeSystemRegister(cpu: number, registerKey: number, now: GuestNs, value: TimerValue): boolean {
    const register = REGISTERS.get(registerKey);
    if (!register?.write) return false;
    register.write(this, cpu, now, value);
    return true;
  }

  /** Guest time at which a line of this CPU rises next; Infinity if none is armed (or all that are armed are up). */
  deadline(cpu: number): number {
    // Asked several times in each turn of a CPU: taking the pair apart by a pattern costs more than the rest.
    const timers = this.#timers[cpu]!;
    return Math.min(rise(timers[TIMER.PHYSICAL]), rise(timers[TIMER.VIRTUAL]));
  }

  /**
   * The next time after `now` at which the event stream of a CPU signals an event (wakes WFE); Infinity if it is off.
   * `kernelControl` is CNTKCTL_EL1: EVNTEN bit 2, EVNTDIR bit 3, EVNTI bits 7:4 pick the counter bit whose edge counts.
   */
  nextEvent(kernelControl: number, now: GuestNs): number {
    if ((kernelControl & CNTKCTL.EVNTEN) === 0) return Infinity;
    const period = 2 ** (((kernelControl >>> 4) & 15) + 1);
    const phase = kernelControl & CNTKCTL.EVNTDIR ? 0 : period / 2;
    const next = this.scale.count(now) + 1;
    return this.scale.time(Math.ceil((next - phase) / period) * period + phase);
  }

  /** Drives both lines of a CPU for this time. Cheap; call it at the deadline. */
  update(cpu: number, now: GuestNs): void {
    for (const timer of this.#timers[cpu]!) this.#drive(timer, now);
  }

  /** Control and compare registers of one CPU to zero. */
  reset(cpu: number): void {
    for (const timer of this.#timers[cpu]!) {
      timer.control = timer.compareLo = timer.compareHi = timer.due = 0;
      this.#drive(timer, 0);
    }
    this.#kernelControl[cpu] = 0;
    this.#onDeadline?.(cpu, Infinity);
  }

  readCounter(now: number, value: TimerValue): void {
    const count = this.scale.count(now);
    value.lo = count >>> 0;
    value.hi = Math.floor(count / TWO_32);
  }

  control(cpu: number, which: 0 | 1, now: number): number {
    const timer = this.#timers[cpu]![which];
    return timer.control & CTL.ENABLE && now >= timer.due ? timer.control | CTL.ISTATUS : timer.control;
  }

  writeControl(cpu: number, which: 0 | 1, now: number, value: number): void {
    this.#timers[cpu]![which].control = value & (CTL.ENABLE | CTL.IMASK);
    this.#changed(cpu, which, now);
  }

  readCompare(cpu: number, which: 0 | 1, value: TimerValue): void {
    const timer = this.#timers[cpu]![which];
    value.lo = timer.compareLo;
    value.hi = timer.compareHi;
  }

  writeCompare(cpu: number, which: 0 | 1, now: number, lo: number, hi: number): void {
    const timer = this.#timers[cpu]![which];
    timer.compareLo = lo >>> 0;
    timer.compareHi = hi >>> 0;
    // From 2^53 counts on the compare value lies beyond guest time.
    timer.due = timer.compareHi >= 0x20_0000 ? Infinity : this.scale.time(timer.compareHi * TWO_32 + timer.compareLo);
    this.#changed(cpu, which, now);
  }

  /** TimerValue is CompareValue minus the counter, its low 32 bits. */
  readTimerValue(cpu: number, which: 0 | 1, now: number, value: TimerValue): void {
    const timer = this.#timers[cpu]![which];
    value.lo = (timer.compareLo - (this.scale.count(now) >>> 0)) >>> 0;
    value.hi = 0;
  }

  /** CompareValue becomes the counter plus the signed TimerValue, in 64 bits. */
  writeTimerValue(cpu: number, which: 0 | 1, now: number, value: number): void {
    const count = this.scale.count(now);
    const lo = (count >>> 0) + (value >>> 0);
    const hi = Math.floor(count / TWO_32) + ((value | 0) >> 31) + (lo >= TWO_32 ? 1 : 0);
    this.writeCompare(cpu, which, now, lo >>> 0, hi >>> 0);
  }

  kernelControl(cpu: number): number {
    return this.#kernelControl[cpu]!;
  }

  setKernelControl(cpu: number, value: number): void {
    this.#kernelControl[cpu] = value & CNTKCTL.MASK;
  }

  save(): GenericTimersState {
    const all = this.#timers.flat();
    return {
      control: all.map((timer) => timer.control),
      compareLo: all.map((timer) => timer.compareLo),
      compareHi: all.map((timer) => timer.compareHi),
      kernelControl: [...this.#kernelControl],
    };
  }

  restore(state: GenericTimersState, now: GuestNs): void {
    this.#kernelControl.set(state.kernelControl);
    this.#timers.forEach((pair, cpu) =>
      pair.forEach((timer, which) => {
        const place = cpu * 2 + which;
        timer.control = state.control[place]!;
        this.writeCompare(cpu, which as 0 | 1, now, state.compareLo[place]!, state.compareHi[place]!);
      }),
    );
  }

  #changed(cpu: number, which: 0 | 1, now: number): void {
    this.#drive(this.#timers[cpu]![which], now);
    this.#onDeadline?.(cpu, this.deadline(cpu));
  }

  #drive(timer: Timer, now: number): void {
    const level = (timer.control & (CTL.ENABLE | CTL.IMASK)) === CTL.ENABLE && now >= timer.due;
    if (level === timer.raised) return;
    timer.raised = level;
    timer.line.set(level);
  }
}
