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
import type { PowerState } from './api.ts';

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

const UNKNOWN = -Infinity;

export class Scheduler {
  readonly events = new EventQueue();
  readonly #seats: Seat[];
  readonly #timers: PrivateTimers;
  readonly #host: HostInterrupts;
  #now = guestNs(0);
  #interrupted = false;
  /** The slice under way: where it ends and whose turn is next. Left in the middle only for `pause` (see Machine.run). */
  #turn: { end: number; next: number } | undefined;
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
    return running ? guestNs(running.base + running.cpu.retired) : this.#now;
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

  /** See Machine.run. */
  run(until: GuestNs, stop?: () => boolean, pause?: () => boolean): 'time' | 'stopped' | 'idle' {
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
        this.#turn = { end: Math.min(gridEnd, until, this.events.next), next: 0 };
      }
      if (!this.#finishTurns(this.#turn, pause)) return 'stopped';
    }
  }

  /** The CPUs whose turn is still to come in this slice. False if `pause` wants to have the thread back. */
  #finishTurns(turn: { end: number; next: number }, pause?: () => boolean): boolean {
    let paused = false;
    while (turn.next < this.#seats.length && !paused) {
      const seat = this.#seats[turn.next++]!;
      if (seat.power === 'off' || seat.asleepUntil >= turn.end) continue;
      this.#slice(seat, turn.end);
      paused = pause?.() ?? false;
    }
    if (turn.next === this.#seats.length) {
      this.#now = guestNs(turn.end);
      this.#turn = undefined;
    }
    return !paused;
  }

  /** Runs one CPU for exactly `count` instructions outside the grid (single step). Other CPUs stand still. */
  step(cpu: number, count: Instructions): Instructions {
    if (this.#turn) this.#finishTurns(this.#turn);
    const seat = this.#seat(cpu);
    const before = seat.cpu.retired;
    this.#slice(seat, this.#now + count);
    const executed = seat.cpu.retired - before;
    this.#now = guestNs(this.#now + executed);
    return instructions(executed);
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

  #slice(seat: Seat, end: number): void {
    const { cpu } = seat;
    let time: number = this.#now;
    seat.asleepUntil = UNKNOWN;
    while (time < end && seat.power === 'on') {
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
      if (seat.power === 'on') cpu.run(instructions(running.end - time));
      time = base + cpu.retired;
    }
    this.#running = undefined;
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
