// Turns of several slices for a CPU that is alone: whatever CPUs do to each other happens at the times at which it does
// with turns of one slice.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Cpu } from '../cpu/port.ts';
import { guestNs, instructions } from '../util/units.ts';
import type { Instructions } from '../util/units.ts';
import { Scheduler, SLICE } from './scheduler.ts';

const CPUS = 3;

/** What a CPU does behind so many instructions. */
interface Deed {
  readonly after: number;
  readonly kind: 'call' | 'wake' | 'on' | 'off' | 'event' | 'timer' | 'sleep';
  /** Of wake, on and off: which CPU. Of event and timer: slices from then, in thousandths. */
  readonly other: number;
}

/** A CPU that does what it is told, and is woken by events and timers. */
class ActingCpu {
  retired = instructions(0);
  asleep = false;
  #left = false;
  readonly index: number;
  readonly #deeds: readonly Deed[];
  readonly #act: (deed: Deed) => void;
  #next = 0;

  constructor(index: number, deeds: readonly Deed[], act: (deed: Deed) => void) {
    this.index = index;
    this.#deeds = deeds;
    this.#act = act;
  }
  get waiting(): 'no' | 'wfi' {
    return this.asleep ? 'wfi' : 'no';
  }
  signalEvent(): void {
    this.asleep = false;
  }
  leave(): void {
    this.#left = true;
  }
  run(limit: Instructions) {
    const end = this.retired + limit;
    this.#left = false;
    while (this.retired < end && !this.asleep && !this.#left) {
      const deed = this.#deeds[this.#next];
      const due = deed ? this.#dueAt(this.#next) : Infinity;
      if (due >= end) {
        this.retired = instructions(end);
        break;
      }
      this.retired = instructions(due);
      this.#next++;
      this.#act(deed!);
      this.retired = instructions(due + 1);
    }
    return { executed: limit, reason: 'limit' as const };
  }
  #dueAt(deed: number): number {
    return this.#deeds.slice(0, deed + 1).reduce((sum, { after }) => sum + after, deed);
  }
}

/** What stops a run on its way. */
interface Stops {
  /** Instructions of CPU 0 behind which it is stopped, each counted from the one before. */
  readonly steps: readonly number[];
  /** Whether somebody wants to pause, each time that is asked. */
  readonly pauses: readonly boolean[];
}

/** All that happens, with its times. */
function story(
  plans: readonly (readonly Deed[])[],
  longestTurn: number,
  { steps, pauses }: Stops = { steps: [], pauses: [] },
): { log: string[]; runs: number } {
  const log: string[] = [];
  const deadlines = plans.map(() => Infinity);
  const told = { runs: 0 };
  const cpus = plans.map(
    (deeds, index) =>
      new ActingCpu(index, deeds, ({ kind, other }) => {
        log.push(`${scheduler.now}: ${index} ${kind} ${other}`);
        const later = guestNs(scheduler.now + Math.ceil((other * SLICE) / 1000));
        // Falling asleep is the one thing here that is no call of the port.
        if (kind === 'sleep') cpus[index]!.asleep = true;
        else scheduler.portCalled();
        if (kind === 'wake') {
          cpus[other % CPUS]!.asleep = false;
          scheduler.wake(other % CPUS);
        }
        if (kind === 'on' || kind === 'off') scheduler.setPower(other % CPUS, kind);
        if (kind === 'event') scheduler.events.at(later, () => log.push(`${scheduler.now}: event`));
        if (kind === 'timer') {
          deadlines[index] = later;
          scheduler.deadlineChanged(index, later);
        }
      }),
  );
  const timers = {
    deadline: (cpu: number) => deadlines[cpu]!,
    nextEvent: () => Infinity,
    update: (cpu: number) => {
      log.push(`${scheduler.now}: timer ${cpu}`);
      deadlines[cpu] = Infinity;
      cpus[cpu]!.asleep = false;
    },
  };
  const host = { pending: () => false, take: () => undefined };
  const scheduler = new Scheduler(
    cpus.map((cpu) => {
      const run = cpu.run.bind(cpu);
      return Object.assign(cpu, { run: (limit: Instructions) => (told.runs++, run(limit)) }) as unknown as Cpu;
    }),
    timers,
    host,
    longestTurn,
  );
  scheduler.setPower(0, 'on');
  const until = guestNs(60 * SLICE);
  for (const count of steps) scheduler.step(0, instructions(count), until);
  const wishes = [...pauses];
  let end;
  do end = scheduler.run(until, undefined, () => wishes.shift() ?? false);
  while (end === 'stopped');
  log.push(`${scheduler.now}: ${end}; ${cpus.map(({ retired }) => retired).join(' ')}`);
  return { log, runs: told.runs };
}

const deed: fc.Arbitrary<Deed> = fc.record({
  after: fc.oneof(fc.nat(200), fc.nat(5 * SLICE), fc.constantFrom(SLICE - 1, SLICE, 3 * SLICE - 1)),
  kind: fc.constantFrom('call', 'wake', 'on', 'on', 'off', 'event', 'timer', 'sleep'),
  other: fc.nat(9000),
});

test('a CPU that is alone gets several slices in a turn', () => {
  expect(story([[], [], []], 8).runs).toBeLessThan(story([[], [], []], 1).runs / 6);
});

const plans = fc.array(fc.array(deed, { maxLength: 12 }), { minLength: CPUS, maxLength: CPUS });

test('nothing happens at another time than with turns of one slice', () => {
  fc.assert(
    fc.property(plans, (plans) => {
      expect(story(plans, 8).log).toEqual(story(plans, 1).log);
    }),
    { numRuns: 1500 },
  );
});

test('a turn of several slices goes on behind single steps and pauses as if they had not been', () => {
  const step = fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 4 * SLICE }));
  const stops = fc.record({ steps: fc.array(step, { maxLength: 12 }), pauses: fc.array(fc.boolean()) });
  fc.assert(
    fc.property(plans, stops, (plans, stops) => {
      expect(story(plans, 8, stops).log).toEqual(story(plans, 1).log);
    }),
    { numRuns: 1500 },
  );
});
