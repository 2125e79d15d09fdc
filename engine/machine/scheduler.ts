// Time: runs the CPUs of a machine in turn, in slices on a fixed grid of guest time, and what is due between them.
// One instruction takes one nanosecond. The order of everything follows from guest state alone: never from the host.
//
// All CPUs stand at the start of a slice; each in turn runs to its end (or sleeps), then the machine's time moves on.
// A CPU's own timer interrupts it exactly at its deadline inside the slice; what other CPUs and devices do to it, it
// sees at the latest in the next slice. The grid is absolute, so that leaving `run` early and coming back (a paused or
// paced run) never changes where slices end.
import type { Cpu } from '../cpu/port.ts';
import { guestNs, instructions } from '../util/units.ts';
import type { GuestNs, Instructions } from '../util/units.ts';
import { EventQueue } from './events.ts';
import type { PowerState, RunEnd } from './api.ts';

/** Slice length in guest ns: long enough that switching costs little, short enough that cross-CPU signals are prompt. */
export const SLICE = 20_000;

/** A CPU's private timers as the scheduler needs them. */
export interface PrivateTimers {
  /** Guest time at which an output of this CPU's timers changes next; Infinity if never. */
  deadline(cpu: number): number;
  /** Brings the outputs of this CPU's timers up to date. */
  update(cpu: number, now: GuestNs): void;
  /** The next time after `now` at which this CPU's event stream wakes a WFE; Infinity if it is off. */
  nextEvent(cpu: number, now: GuestNs): number;
}

/** Physical interrupts that host code takes before the guest goes on (the hypervisor's). */
export interface HostInterrupts {
  pending(cpu: number): boolean;
  take(cpu: number): void;
}

interface Seat {
  readonly cpu: Cpu;
  power: PowerState;
  /** Guest time before which this CPU, which sleeps, need not be looked at; UNKNOWN if it runs or something reached it. */
  asleepUntil: number;
}

/** A slice under way: where it ends, whose turn it is, and how far that CPU has come if it stopped inside its turn. */
interface Turn {
  readonly end: number;
  next: number;
  from: number | undefined;
}

/** A CPU that is to stop when it has retired so many instructions in all. */
interface Stepping {
  readonly cpu: Cpu;
  readonly from: number;
  readonly to: number;
}

const UNKNOWN = -Infinity;

export class Scheduler {
  readonly events = new EventQueue();
  readonly #seats: Seat[];
  readonly #timers: PrivateTimers;
  readonly #host: HostInterrupts;
  #now = guestNs(0);
  #interrupted = false;
  /** Left in the middle for `pause` (see Machine.run), by breakpoints and by single steps. */
  #turn: Turn | undefined;
  #stepping: Stepping | undefined;
  /** The CPU inside `run` now: its time is `base` plus what it has retired; it runs until `end` at the latest. */
  #running: { cpu: Cpu; base: number; end: number } | undefined;

  constructor(cpus: readonly Cpu[], timers: PrivateTimers, host: HostInterrupts) {
    this.#seats = cpus.map((cpu) => ({ cpu, power: 'off', asleepUntil: UNKNOWN }));
    this.#timers = timers;
    this.#host = host;
  }

  /** Machine time; inside a port call the calling CPU's own, exact to the instruction. */
  get now(): GuestNs {
    const running = this.#running;
    return running ? guestNs(running.base + running.cpu.retired) : guestNs(this.#turn?.from ?? this.#now);
  }

  get instructions(): Instructions {
    return instructions(this.#seats.reduce((sum, seat) => sum + seat.cpu.retired, 0));
  }

  power(cpu: number): PowerState {
    return this.#seat(cpu).power;
  }

  /** A CPU that is switched off while it runs (its own PSCI CPU_OFF) leaves at the next instruction boundary. */
  setPower(cpu: number, state: PowerState): void {
    const seat = this.#seat(cpu);
    seat.power = state;
    seat.asleepUntil = UNKNOWN;
    if (state === 'off' && this.#running?.cpu === seat.cpu) seat.cpu.leave();
  }

  /** A CPU programmed its timer: if it is the running one and the new deadline comes first, its run ends there. */
  deadlineChanged(cpu: number, deadline: number): void {
    this.wake(cpu);
    const running = this.#running;
    if (running?.cpu.index === cpu && deadline < running.end) running.cpu.leave();
  }

  /** Something reached a CPU that may end its sleep (an interrupt line moved, an event): it is looked at in the next slice. */
  wake(cpu: number): void {
    this.#seat(cpu).asleepUntil = UNKNOWN;
  }

  /** A host interrupt became pending: a running CPU comes out at its next instruction boundary to have it taken. */
  hostInterrupt(cpu: number): void {
    this.wake(cpu);
    const running = this.#running;
    if (running?.cpu.index === cpu) running.cpu.leave();
  }

  interrupt(): void {
    this.#interrupted = true;
  }

  /** True between the turns of two CPUs: to the guests it is still the start of the slice. */
  get betweenTurns(): boolean {
    return this.#turn !== undefined;
  }

  /** The CPU that stopped inside its turn, at a breakpoint or after a step. */
  get stoppedCpu(): number | undefined {
    return this.#turn?.from === undefined ? undefined : this.#seats[this.#turn.next]!.cpu.index;
  }

  /** See Machine.run. */
  run(until: GuestNs, stop?: () => boolean, pause?: () => boolean): RunEnd {
    this.#interrupted = false;
    for (;;) {
      if (!this.#turn) {
        while (this.events.runDue(this.#now)) if (this.#interrupted || stop?.()) return 'stopped';
        if (this.#interrupted || stop?.()) return 'stopped';
        if (this.#now >= until) return 'time';

        const wake = this.nextWake;
        if (wake === Infinity && until === Infinity) return 'idle';
        if (wake > this.#now) {
          // Everyone sleeps: nothing happens before `wake`.
          this.#now = guestNs(Math.min(wake, until));
          if (pause?.()) return 'stopped';
          continue;
        }
        const gridEnd = (Math.floor(this.#now / SLICE) + 1) * SLICE;
        this.#turn = { end: Math.min(gridEnd, until, this.events.next), next: 0, from: undefined };
      }
      const end = this.#finishTurns(this.#turn, pause);
      if (end) return end;
    }
  }

  /** The CPUs whose turn is still to come in this slice. Says why it left before they had it. */
  #finishTurns(turn: Turn, pause?: () => boolean): 'stopped' | 'breakpoint' | 'stepped' | undefined {
    let paused = false;
    while (turn.next < this.#seats.length && !paused) {
      const seat = this.#seats[turn.next]!;
      const time = turn.from ?? this.#now;
      if (turn.from !== undefined || (seat.power === 'on' && seat.asleepUntil < turn.end)) {
        turn.from = undefined;
        const stop = this.#slice(seat, time, turn.end);
        if (stop) {
          turn.from = stop.time;
          return stop.cause;
        }
        paused = pause?.() ?? false;
      }
      turn.next++;
    }
    if (turn.next === this.#seats.length) {
      this.#now = guestNs(turn.end);
      this.#turn = undefined;
    }
    return paused ? 'stopped' : undefined;
  }

  /**
   * As `run`, but ends behind `count` more instructions of one CPU, as soon as these have retired: everything happens in the
   * order and at the times at which it would without stops. A breakpoint where that CPU stands is passed.
   */
  step(cpu: number, count: Instructions, until = guestNs(Infinity), stop?: () => boolean): RunEnd {
    const { cpu: core } = this.#seat(cpu);
    this.#stepping = { cpu: core, from: core.retired, to: core.retired + count };
    const end = this.run(until, stop);
    this.#stepping = undefined;
    return end;
  }

  /** Earliest time at which anything can happen; now or earlier if a CPU can run. */
  get nextWake(): number {
    let wake = this.events.next;
    for (const seat of this.#seats) {
      if (seat.power === 'off') continue;
      if (seat.asleepUntil <= this.#now) {
        const { cpu } = seat;
        if (cpu.waiting === 'no' || this.#host.pending(cpu.index)) return this.#now;
        seat.asleepUntil = Math.min(this.#timers.deadline(cpu.index), this.#eventStream(cpu, this.#now));
      }
      wake = Math.min(wake, seat.asleepUntil);
    }
    return wake;
  }

  /** A CPU's turn from `time` to `end`. Returns where and why it stopped before. */
  #slice(seat: Seat, start: number, end: number): { time: number; cause: 'breakpoint' | 'stepped' } | undefined {
    const { cpu } = seat;
    const stepping = this.#stepping?.cpu === cpu ? this.#stepping : undefined;
    let time = start;
    let cause: 'breakpoint' | 'stepped' | undefined;
    seat.asleepUntil = UNKNOWN;
    while (time < end && seat.power === 'on' && !cause) {
      if (this.#timers.deadline(cpu.index) <= time) this.#timers.update(cpu.index, guestNs(time));
      const base = time - cpu.retired;
      const running = { cpu, base, end };
      this.#running = running;
      while (seat.power === 'on' && this.#host.pending(cpu.index)) this.#host.take(cpu.index);
      const deadline = this.#timers.deadline(cpu.index);
      if (cpu.waiting !== 'no') {
        const event = this.#eventStream(cpu, time);
        if (Math.min(deadline, event) >= end) {
          seat.asleepUntil = Math.min(deadline, event);
          break;
        }
        time = Math.max(time, Math.min(deadline, event));
        if (event <= time) cpu.signalEvent();
        continue;
      }
      running.end = Math.min(end, deadline);
      if (seat.power === 'on') {
        const limit = Math.min(running.end - time, stepping ? stepping.to - cpu.retired : Infinity);
        const { reason } = cpu.run(instructions(limit));
        if (reason === 'breakpoint' && cpu.retired !== stepping?.from) cause = 'breakpoint';
        if (stepping && cpu.retired >= stepping.to) cause = 'stepped';
      }
      time = base + cpu.retired;
    }
    this.#running = undefined;
    return cause && { time, cause };
  }

  #eventStream(cpu: Cpu, now: number): number {
    return cpu.waiting === 'wfe' ? this.#timers.nextEvent(cpu.index, guestNs(now)) : Infinity;
  }

  #seat(cpu: number): Seat {
    const seat = this.#seats[cpu];
    if (!seat) throw new RangeError(`the machine has ${this.#seats.length} CPUs; there is no CPU ${cpu}`);
    return seat;
  }
}
