import { expect, test } from 'vitest';
import { Scheduler, SLICE } from './scheduler.ts';
import type { HostInterrupts, PrivateTimers } from './scheduler.ts';
import type { Cpu } from '../cpu/port.ts';
import { guestNs, instructions } from '../util/units.ts';
import type { Instructions } from '../util/units.ts';

/** A CPU that counts, sleeps when told to, and notes when it ran. */
class CountingCpu {
  retired = instructions(0);
  /** How often the scheduler asked whether it sleeps. */
  asked = 0;
  #waiting: 'no' | 'wfi' | 'wfe' = 'no';
  sleepsFor: 'wfi' | 'wfe' = 'wfi';
  sleepAfter = Infinity;
  index: number;
  log: string[];
  constructor(index: number, log: string[]) {
    this.index = index;
    this.log = log;
  }
  get waiting(): 'no' | 'wfi' | 'wfe' {
    this.asked++;
    return this.#waiting;
  }
  set waiting(waiting: 'no' | 'wfi' | 'wfe') {
    this.#waiting = waiting;
  }
  signalEvent(): void {
    this.log.push(`event ${this.index}`);
    if (this.waiting === 'wfe') Object.assign(this, { waiting: 'no', sleepAfter: Infinity });
  }
  leave(): void {
    this.log.push(`leave ${this.index}`);
  }
  run(limit: Instructions) {
    const executed = Math.min(limit, this.sleepAfter);
    this.sleepAfter -= executed;
    if (this.sleepAfter <= 0) this.waiting = this.sleepsFor;
    this.retired = instructions(this.retired + executed);
    this.log.push(`${this.index}+${executed}`);
    return { executed: instructions(executed), reason: 'limit' as const };
  }
}

function scene(count: number) {
  const log: string[] = [];
  const cpus = Array.from({ length: count }, (_, i) => new CountingCpu(i, log));
  const deadlines = cpus.map(() => Infinity);
  const timers: PrivateTimers = {
    deadline: (cpu) => deadlines[cpu] as number,
    nextEvent: (_, now) => now + 300,
    update: (cpu, now) => {
      log.push(`timer ${cpu} @${now}`);
      deadlines[cpu] = Infinity;
      Object.assign(cpus[cpu] as CountingCpu, { waiting: 'no', sleepAfter: Infinity });
    },
  };
  const host: HostInterrupts = { pending: () => false, take: () => undefined };
  const scheduler = new Scheduler(cpus as unknown as Cpu[], timers, host);
  return { scheduler, cpus, deadlines, log };
}

test('CPUs run in turn, a slice each, and off ones cost nothing', () => {
  const { scheduler, log } = scene(3);
  scheduler.setPower(0, 'on');
  scheduler.setPower(2, 'on');
  expect(scheduler.run(guestNs(SLICE * 2))).toBe('time');
  expect(log).toEqual([`0+${SLICE}`, `2+${SLICE}`, `0+${SLICE}`, `2+${SLICE}`]);
  expect(scheduler.now).toBe(SLICE * 2);
  expect(scheduler.instructions).toBe(SLICE * 4);
});

test('a timer interrupts its CPU exactly at its deadline inside the slice', () => {
  const { scheduler, deadlines, log } = scene(2);
  scheduler.setPower(0, 'on');
  scheduler.setPower(1, 'on');
  deadlines[1] = 123;
  scheduler.run(guestNs(1000));
  expect(log).toEqual(['0+1000', '1+123', 'timer 1 @123', '1+877']);
});

test('idle time is skipped to the next timer or event', () => {
  const { scheduler, cpus, deadlines, log } = scene(1);
  scheduler.setPower(0, 'on');
  (cpus[0] as CountingCpu).sleepAfter = 10;
  deadlines[0] = 5_000_000;
  scheduler.events.at(guestNs(1_000_000), () => log.push(`event @${scheduler.now}`));
  scheduler.run(guestNs(5_000_100));
  expect(log).toEqual(['0+10', 'event @1000000', 'timer 0 @5000000', '0+100']);
});

test('the event stream wakes a WFE, and only that', () => {
  const { scheduler, cpus, log } = scene(1);
  scheduler.setPower(0, 'on');
  Object.assign(cpus[0] as CountingCpu, { sleepAfter: 10, sleepsFor: 'wfe' });
  scheduler.run(guestNs(1000));
  expect(log).toEqual(['0+10', 'event 0', '0+690']);
});

test('nothing to wait for is idle, and says so', () => {
  const { scheduler, cpus } = scene(1);
  scheduler.setPower(0, 'on');
  (cpus[0] as CountingCpu).sleepAfter = 10;
  expect(scheduler.run(guestNs(Infinity))).toBe('idle');
});

test('leaving early and coming back does not move the ends of slices', () => {
  const straight = scene(2);
  const broken = scene(2);
  for (const { scheduler } of [straight, broken]) {
    scheduler.setPower(0, 'on');
    scheduler.setPower(1, 'on');
  }
  straight.scheduler.run(guestNs(SLICE * 10));
  let asked = 0;
  while (broken.scheduler.run(guestNs(SLICE * 10), () => ++asked % 3 === 0) !== 'time');
  expect(broken.log).toEqual(straight.log);
});

test('events of the same time run in the order they were made, and can be cancelled', () => {
  const { scheduler, log } = scene(1);
  scheduler.events.at(guestNs(5), () => log.push('a'));
  const cancel = scheduler.events.at(guestNs(5), () => log.push('b'));
  scheduler.events.at(guestNs(5), () => log.push('c'));
  scheduler.events.at(guestNs(4), () => log.push('first'));
  cancel();
  cancel();
  scheduler.run(guestNs(10));
  expect(log).toEqual(['first', 'a', 'c']);
});

test('a CPU at rest is not looked at until its time comes or something reaches it', () => {
  const { scheduler, cpus, deadlines, log } = scene(16);
  cpus.forEach((cpu, index) => {
    scheduler.setPower(index, 'on');
    if (index > 0) cpu.sleepAfter = 0;
  });
  deadlines[2] = 5 * SLICE + 77;
  scheduler.run(guestNs(SLICE));
  const before = cpus.map((cpu) => cpu.asked);
  log.length = 0;
  scheduler.run(guestNs(5 * SLICE));
  for (let index = 1; index < 16; index++) expect(cpus[index]!.asked, `CPU ${index}`).toBe(before[index]);
  expect(log).toEqual([`0+${4 * SLICE}`]);

  cpus[4]!.waiting = 'no';
  cpus[4]!.sleepAfter = Infinity;
  scheduler.wake(4);
  log.length = 0;
  scheduler.run(guestNs(6 * SLICE));
  expect(log.filter((line) => /^(0|2|4)\+|^timer/.test(line))).toEqual([
    `0+${SLICE}`,
    `timer 2 @${5 * SLICE + 77}`,
    `2+${SLICE - 77}`,
    `4+${SLICE}`,
  ]);
});

test('a pause between two turns leaves no trace', () => {
  const make = () => {
    const one = scene(5);
    for (let cpu = 0; cpu < 5; cpu++) one.scheduler.setPower(cpu, 'on');
    one.deadlines[3] = 2 * SLICE + 5;
    one.scheduler.events.at(guestNs(SLICE + 7), () => one.log.push(`event @${one.scheduler.now}`));
    return one;
  };
  const straight = make();
  straight.scheduler.run(guestNs(4 * SLICE));
  for (const every of [1, 2, 3, 7]) {
    const paused = make();
    const until = guestNs(4 * SLICE);
    let asked = 0;
    let inside = 0;
    while (paused.scheduler.run(until, undefined, () => ++asked % every === 0) !== 'time')
      if (paused.scheduler.betweenTurns) inside++;
    expect(inside).toBeGreaterThan(0);
    expect(paused.log).toEqual(straight.log);
    expect(paused.scheduler.now).toBe(until);
  }
});

test('a condition is asked between slices only, a single step ends the slice before', () => {
  const { scheduler, log } = scene(3);
  for (let cpu = 0; cpu < 3; cpu++) scheduler.setPower(cpu, 'on');
  const seen: number[] = [];
  let asked = 0;
  scheduler.run(
    guestNs(SLICE),
    () => {
      seen.push(log.length);
      return false;
    },
    () => ++asked === 1,
  );
  expect(seen).toEqual([0]);
  expect(log).toEqual([`0+${SLICE}`]);
  scheduler.step(0, instructions(3));
  expect(log).toEqual([`0+${SLICE}`, `1+${SLICE}`, `2+${SLICE}`, '0+3']);
});
