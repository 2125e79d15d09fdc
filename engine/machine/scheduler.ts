// Time: runs the CPUs of a machine in turn, in slices on a fixed grid of guest time, and what is due between them.
// One instruction takes one nanosecond. The order of everything follows from guest state alone: never from the host.
//
// All CPUs stand at the start of a slice; each in turn runs to its end (or sleeps), then the machine's time moves on.
// A CPU's own timer interrupts it exactly at its deadline inside the slice; what other CPUs and devices do to it, it
// sees at the latest in the next slice. The grid is absolute, so that leaving `run` early and coming back (a paused or
// paced run) never changes where slices end.
//
// A CPU that is alone, with all others off or asleep, gets several slices in one turn while it keeps to itself: nothing can
// happen at their ends. When it calls its port, or anybody is reached, the turn ends with the slice in which that happens.
import type { Cpu } from '../cpu/port.ts';
import { guestNs, instructions } from '../util/units.ts';
import type { GuestNs, Instructions } from '../util/units.ts';
import { EventQueue } from './events.ts';
import type { PowerState, RunEnd } from './api.ts';

/** Slice length in guest ns: long enough that switching costs little, short enough that cross-CPU signals are prompt. */
export const SLICE = 20_000;

/** Slices in a turn of a CPU that is alone: more would keep who wants to pause waiting. */
const LONGEST_TURN = 4;

const sliceEnd = (time: number): number => (Math.floor(time / SLICE) + 1) * SLICE;

/** When the last instruction began of those that took from `start` to `end`: at the end of a slice it is still in that one. */
const lastOf = (start: number, end: number): number => (end > start ? end - 1 : end);

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

/** A slice under way, or several: where it ends, whose turn it is, and how far that CPU has come if it stopped inside its turn. */
interface Turn {
  /** Where the CPUs stand whose turn is still to come: the start of the last slice. */
  start: number;
  end: number;
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
  readonly #seats: readonly Seat[];
  /** Those whose CPU is on, by number. */
  #powered: readonly Seat[] = [];
  readonly #timers: PrivateTimers;
  readonly #host: HostInterrupts;
  readonly #longestTurn: number;
  #now = guestNs(0);
  #interrupted = false;
  /** Left in the middle for `pause` (see Machine.run), by breakpoints and by single steps. */
  #turn: Turn | undefined;
  #stepping: Stepping | undefined;
  /** Nothing cut the last turn short that could have been cut: the next one may be a long one. */
  #quiet = false;
  /** The CPU inside `run` now: its time is `base` plus what it has retired; it runs until `end` at the latest. */
  #running: { cpu: Cpu; base: number; end: number } | undefined;

  /** @param longestTurn slices that a CPU alone gets at most; no guest sees it */
  constructor(cpus: readonly Cpu[], timers: PrivateTimers, host: HostInterrupts, longestTurn = LONGEST_TURN) {
    this.#longestTurn = longestTurn;
    this.#seats = cpus.map((cpu) => ({ cpu, power: 'off', asleepUntil: UNKNOWN }));
    this.#timers = timers;
    this.#host = host;
  }

  /** Machine time; inside a port call the calling CPU's own, exact to the instruction. */
  get now(): GuestNs {
    const running = this.#running;
    return running
      ? guestNs(running.base + running.cpu.retired)
      : guestNs(this.#turn?.from ?? this.#turn?.start ?? this.#now);
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
    this.#powered = this.#seats.filter(({ power }) => power === 'on');
    this.portCalled();
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
    this.portCalled();
  }

  /** The running CPU does something that others may see: its turn ends with this slice. */
  portCalled(): void {
    this.#quiet = false;
    const running = this.#running;
    if (!running || !this.#turn) return;
    if (!this.#endWithSliceOf(this.#turn, this.now)) return;
    running.end = Math.min(running.end, this.#turn.end);
    running.cpu.leave();
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
        const end = Math.min(this.#quiet ? this.#loneEnd() : sliceEnd(this.#now), until, this.events.next);
        this.#quiet = true;
        this.#turn = { start: this.#now, end, next: 0, from: undefined };
      }
      const end = this.#finishTurns(this.#turn, pause);
      if (end) return end;
    }
  }

  /** Ends a turn of several slices with the one that a time lies in. False: it ends no later anyway. */
  #endWithSliceOf(turn: Turn, time: number): boolean {
    const end = sliceEnd(time);
    turn.start = Math.max(turn.start, end - SLICE);
    if (end >= turn.end) return false;
    turn.end = end;
    return true;
  }

  /** Where a turn may end at the latest that starts now: with this slice, unless only one CPU does anything for longer. */
  #loneEnd(): number {
    let awake = 0;
    let wake = Infinity;
    for (const seat of this.#powered) {
      if (this.#sleepsUntil(seat) <= this.#now) awake++;
      else wake = Math.min(wake, seat.asleepUntil);
    }
    const slice = sliceEnd(this.#now);
    if (awake !== 1) return slice;
    // The slice in which another one wakes is for both.
    return Math.max(slice, Math.min(slice + (this.#longestTurn - 1) * SLICE, sliceEnd(wake) - SLICE));
  }

  /** Guest time until which a CPU sleeps; the past if it does not. */
  #sleepsUntil(seat: Seat): number {
    if (seat.asleepUntil > this.#now) return seat.asleepUntil;
    const { cpu } = seat;
    if (cpu.waiting === 'no' || this.#host.pending(cpu.index)) return UNKNOWN;
    seat.asleepUntil = Math.min(this.#timers.deadline(cpu.index), this.#eventStream(cpu, this.#now));
    return seat.asleepUntil;
  }

  /** The CPUs whose turn is still to come in this slice. Says why it left before they had it. */
  #finishTurns(turn: Turn, pause?: () => boolean): 'stopped' | 'breakpoint' | 'stepped' | undefined {
    let paused = false;
    while (turn.next < this.#seats.length && !paused) {
      const seat = this.#seats[turn.next]!;
      const time = turn.from ?? turn.start;
      if (turn.from !== undefined || (seat.power === 'on' && seat.asleepUntil < turn.end)) {
        turn.from = undefined;
        const stop = this.#slice(seat, time, turn);
        if (stop) {
          turn.from = stop.time;
          this.#endWithSliceOf(turn, lastOf(time, stop.time));
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
    for (const seat of this.#powered) {
      const until = this.#sleepsUntil(seat);
      if (until === UNKNOWN) return this.#now;
      wake = Math.min(wake, until);
    }
    return wake;
  }

  /** A CPU's turn from `start` on. Returns where and why it stopped before its end. */
  #slice(seat: Seat, start: number, turn: Turn): { time: number; cause: 'breakpoint' | 'stepped' } | undefined {
    const { cpu } = seat;
    const stepping = this.#stepping?.cpu === cpu ? this.#stepping : undefined;
    let time = start;
    let cause: 'breakpoint' | 'stepped' | undefined;
    seat.asleepUntil = UNKNOWN;
    while (time < turn.end && seat.power === 'on' && !cause) {
      let deadline = this.#timers.deadline(cpu.index);
      if (deadline <= time) {
        this.#timers.update(cpu.index, guestNs(time));
        deadline = this.#timers.deadline(cpu.index);
      }
      const base = time - cpu.retired;
      const running = { cpu, base, end: turn.end };
      this.#running = running;
      while (seat.power === 'on' && this.#host.pending(cpu.index)) {
        this.#host.take(cpu.index);
        deadline = this.#timers.deadline(cpu.index);
      }
      if (cpu.waiting !== 'no') {
        const event = this.#eventStream(cpu, time);
        const slept = lastOf(start, time);
        if (Math.min(deadline, event) >= sliceEnd(slept)) this.#endWithSliceOf(turn, slept);
        if (Math.min(deadline, event) >= turn.end) {
          seat.asleepUntil = Math.min(deadline, event);
          break;
        }
        time = Math.max(time, Math.min(deadline, event));
        if (event <= time) cpu.signalEvent();
        continue;
      }
      running.end = Math.min(turn.end, deadline);
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
