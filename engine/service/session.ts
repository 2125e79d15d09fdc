// A run with windows: pumps it in small bites of host time, streams what changed to every attached window, and reports to
// main what must be stored. Host time is looked at here and nowhere below.
import type {
  CellStatus,
  CodeBreakpoint,
  CounterSample,
  EngineCommand,
  EngineMessage,
  EngineReport,
  EngineSnapshot,
  RunEvent,
  RunOutcome,
  RunResult,
  RunStatus,
} from '../contract/index.ts';
import { HEARTBEAT_MS } from '../contract/index.ts';
import { cellStatuses, counterSamples, sysfsSnapshot } from '../driver/index.ts';
import { FOREVER } from '../hypervisor/index.ts';
import { SLICE } from '../machine/scheduler.ts';
import { ChunkGatherer } from '../record/consoles.ts';
import { wireOf } from '../tool/index.ts';
import { guestNs, gva, instructions, pa } from '../util/units.ts';
import type { WindowPort } from './host.ts';
import { Pacer } from './pacing.ts';
import type { HostClock } from './pacing.ts';
import type { PumpEnd } from './pump.ts';
import type { Run } from './run.ts';
import { Screens } from './screens.ts';
import { SpeedMeter } from './speed.ts';

/** A bite of running: after it, messages are looked at. */
const BITE_MS = 5;
/** How often windows hear of state that is looked at rather than told (sysfs, cells, speed). */
const STATE_MS = 250;
const COUNTERS_MS = 1000;
/** How often main gets what must be stored. */
const RECORD_MS = 250;
/** Events that a snapshot carries; older ones are in the store. */
const SNAPSHOT_EVENTS = 500;

export interface SessionOptions {
  run: Run;
  /** Whether the run follows a script. */
  scripted: boolean;
  pace: 'real' | 'free';
  report: (report: EngineReport) => void;
  clock: HostClock;
}

export class Session {
  readonly #run: Run;
  readonly #scripted: boolean;
  readonly #report: (report: EngineReport) => void;
  readonly #clock: HostClock;
  readonly #pacer: Pacer;
  readonly #meter = new SpeedMeter();
  readonly #screens = new Screens((console, bytes) => this.#answer(console, bytes));
  /** By wire: the console that somebody has typed into last, whose terminal answers the guest. */
  readonly #typedInto = new Map<string, string>();
  readonly #ports = new Set<WindowPort>();
  readonly #forWindows = new ChunkGatherer();
  readonly #forStore = new ChunkGatherer();
  /** What takes the breakpoints away. */
  #breakpoints: (() => void)[] = [];
  #newEvents: RunEvent[] = [];
  #unstoredEvents: RunEvent[] = [];
  #unstoredCounters: CounterSample[] = [];
  #pace: 'real' | 'free';
  #phase: RunStatus['phase'] = 'running';
  #hostMs = 0;
  #runningSince: number;
  #sysfs: Record<string, string> = {};
  #cells = '[]';
  #stateDue = 0;
  #countersDue = 0;
  #recordDue = 0;
  #next: NodeJS.Timeout | NodeJS.Immediate | undefined;
  readonly #heartbeat: NodeJS.Timeout;
  /** Windows whose snapshot is being made: the guest stands still, so that nothing is shown twice or lost. */
  #attaching = 0;

  constructor({ run, scripted, pace, report, clock }: SessionOptions) {
    this.#run = run;
    this.#scripted = scripted;
    this.#pace = pace;
    this.#report = report;
    this.#clock = clock;
    this.#pacer = new Pacer(clock);
    this.#runningSince = clock();
    run.onEvent = (event) => {
      this.#newEvents.push(event);
      this.#unstoredEvents.push(event);
    };
    run.consoles.onOutput((info, bytes, stamp) => {
      this.#forWindows.add(info, bytes, stamp);
      this.#forStore.add(info, bytes, stamp);
    });
    this.#heartbeat = setInterval(
      () => report({ type: 'heartbeat', guestNs: run.machine.now, phase: this.#phase }),
      HEARTBEAT_MS,
    );
    this.#schedule(0);
  }

  /** Takes up a window's line. */
  attach(port: WindowPort): void {
    port.onCommand = (command) => this.#command(port, command);
    port.onClose = () => this.#ports.delete(port);
  }

  // ------------------------------------------------------------------------------------------------------------ commands

  #command(port: WindowPort, command: EngineCommand): void {
    const { machine, shell } = this.#run;
    switch (command.type) {
      case 'attach':
        void this.#snapshot(port);
        return;
      case 'pause':
        return this.#setPhase('paused');
      case 'resume':
        return this.#setPhase('running');
      case 'step':
        if (this.#phase !== 'paused') return;
        this.#step(command.cpu);
        return this.#tellState();
      case 'breakpoints':
        return this.#setBreakpoints(command.breakpoints);
      case 'stop':
        return this.#finish(this.#outcome('stopped'), this.#run.scriptResult?.reason);
      case 'pace':
        this.#pace = command.pace;
        this.#pacer.anchor(machine.now);
        return this.#schedule(0);
      case 'input': {
        const wire = wireOf(this.#run.driver, command.console);
        if (wire !== undefined) this.#typedInto.set(wire, command.console);
        this.#run.type(command.console, command.bytes);
        return this.#schedule(0);
      }
      case 'command':
        shell.submit(command.line);
        return this.#schedule(0);
      case 'resize':
        this.#screens.resize(command.console, command);
        if (command.console === 'root') shell.resize(command.cols, command.rows);
    }
  }

  /**
   * What a terminal answers is typed into its wire, once: cell and wire show the same bytes. Answers come at the host's time;
   * a scripted run, which is to go the same way again, gets none until somebody types into it.
   */
  #answer(console: string, bytes: Uint8Array): void {
    const wire = wireOf(this.#run.driver, console);
    if (wire === undefined || this.#phase === 'finished') return;
    const answering = this.#typedInto.get(wire) ?? (this.#scripted ? undefined : wire);
    if (answering !== console) return;
    this.#run.type(console, bytes);
    this.#schedule(0);
  }

  #setPhase(phase: 'running' | 'paused'): void {
    if (this.#phase === phase || this.#phase === 'finished') return;
    const now = this.#clock();
    if (phase === 'paused') this.#hostMs += now - this.#runningSince;
    this.#runningSince = now;
    this.#phase = phase;
    this.#pacer.anchor(this.#run.machine.now);
    this.#meter.reset();
    this.#tellState();
    this.#schedule(0);
  }

  // -------------------------------------------------------------------------------------------------------------- running

  #schedule(ms: number): void {
    clearTimeout(this.#next as NodeJS.Timeout);
    clearImmediate(this.#next as NodeJS.Immediate);
    this.#next = undefined;
    if (this.#phase !== 'running' || this.#attaching > 0) return;
    this.#next = ms === 0 ? setImmediate(() => this.#bite()) : setTimeout(() => this.#bite(), ms);
  }

  #bite(): void {
    const { machine } = this.#run;
    const paced = this.#pace === 'real';
    const deadline = this.#clock() + BITE_MS;
    const limit = paced ? this.#pacer.limit(machine.now) : FOREVER;
    const end = this.#drive((pump) => pump.advance(limit, () => this.#clock() > deadline));
    const now = this.#clock();
    if (now >= this.#stateDue) this.#tellState();
    if (now >= this.#recordDue) this.#store();
    if (end === 'finished') return this.#finish(this.#outcome('stopped'), this.#run.scriptResult?.reason);
    if (end === 'breakpoint') return this.#setPhase('paused');
    if (end === 'busy') return this.#schedule(0);
    this.#schedule(paced ? this.#pacer.rest(machine.nextWake) : STATE_MS);
  }

  /** One slice of the machine, or one instruction of a CPU. */
  #step(cpu: number | undefined): void {
    const { machine } = this.#run;
    const slices = (time: number, count: number) => guestNs((Math.floor(time / SLICE) + count) * SLICE);
    if (cpu === undefined) this.#drive((pump) => pump.advance(slices(machine.now, 1)));
    else if (machine.cpus.some(({ index }) => index === cpu)) {
      // To behind the next thing that may wake a CPU that sleeps.
      const { nextWake } = machine;
      const limit = slices(nextWake === Infinity ? machine.now : Math.max(machine.now, nextWake), 2);
      this.#drive((pump) => pump.step(cpu, instructions(1), limit));
    }
  }

  #setBreakpoints(breakpoints: readonly CodeBreakpoint[]): void {
    for (const remove of this.#breakpoints) remove();
    this.#breakpoints = breakpoints.flatMap(({ cpu, space, address }) => {
      const place = space === 'virtual' ? { virtual: gva(BigInt(address)) } : { physical: pa(Number(address)) };
      try {
        return [this.#run.machine.addBreakpoint({ ...(cpu !== undefined && { cpu }), address: place })];
      } catch (error) {
        if (error instanceof RangeError) return [];
        throw error;
      }
    });
  }

  #drive(move: (pump: Run['pump']) => PumpEnd): PumpEnd {
    try {
      return move(this.#run.pump);
    } catch (error) {
      // A bug of ours. The windows and the record live on; the person gets a sentence, the log the stack.
      process.stderr.write(`${(error as Error).stack}\n`);
      this.#finish('crashed', `The engine met an error of its own and stopped the run: ${(error as Error).message}`);
      return 'idle';
    } finally {
      this.#tellOutput();
    }
  }

  /** The script's result; without a script, what the person did. */
  #outcome(otherwise: RunOutcome): RunOutcome {
    const result = this.#run.scriptResult;
    if (!result) return otherwise;
    return result.ok ? 'passed' : 'failed';
  }

  #finish(outcome: RunOutcome, reason?: string): void {
    if (this.#phase === 'finished') return;
    if (this.#phase === 'running') this.#hostMs += this.#clock() - this.#runningSince;
    this.#phase = 'finished';
    this.#schedule(0);
    clearInterval(this.#heartbeat);
    this.#tellOutput();
    this.#tellState();
    this.#store();
    const result: RunResult = this.#run.result(outcome, this.#hostMs / 1000, reason);
    this.#tell({ type: 'finished', result });
    this.#report({ type: 'finished', result });
  }

  // -------------------------------------------------------------------------------------------------------------- telling

  #tell(message: EngineMessage): void {
    for (const port of this.#ports) port.post(message);
  }

  #tellOutput(): void {
    for (const chunk of this.#forWindows.take()) {
      const info = this.#run.consoles.get(chunk.console);
      if (!info) continue;
      this.#screens.write(info, chunk.bytes);
      this.#tell({ type: 'console', info, chunk });
    }
    if (this.#newEvents.length > 0) {
      this.#tell({ type: 'events', events: this.#newEvents });
      this.#newEvents = [];
    }
  }

  #tellState(): void {
    const now = this.#clock();
    this.#stateDue = now + STATE_MS;
    const { machine, driver } = this.#run;
    this.#meter.note({ hostMs: now, guestNs: machine.now, instructions: machine.instructions });
    this.#tell({ type: 'status', status: this.#status() });
    const cells = cellStatuses(driver);
    const text = JSON.stringify(cells);
    if (text !== this.#cells) this.#tell({ type: 'cells', cells });
    this.#cells = text;
    const change = this.#sysfsChange();
    if (Object.keys(change).length > 0) this.#tell({ type: 'sysfs', change });
    if (now < this.#countersDue) return;
    this.#countersDue = now + COUNTERS_MS;
    const samples = counterSamples(driver);
    this.#unstoredCounters.push(...samples);
    this.#tell({ type: 'counters', samples });
    this.#tell({ type: 'statistics', statistics: machine.statistics });
  }

  #sysfsChange(): Record<string, string | null> {
    const before = this.#sysfs;
    const after = sysfsSnapshot(this.#run.driver);
    this.#sysfs = after;
    const change: Record<string, string | null> = {};
    for (const path of Object.keys(before)) if (!(path in after)) change[path] = null;
    for (const [path, text] of Object.entries(after)) if (before[path] !== text) change[path] = text;
    return change;
  }

  #store(): void {
    this.#recordDue = this.#clock() + RECORD_MS;
    const chunks = this.#forStore.take();
    const events = this.#unstoredEvents;
    this.#unstoredEvents = [];
    const counters = this.#unstoredCounters;
    this.#unstoredCounters = [];
    if (chunks.length === 0 && events.length === 0 && counters.length === 0) return;
    this.#report({ type: 'record', consoles: [...this.#run.consoles.all], chunks, events, counters });
  }

  async #snapshot(port: WindowPort): Promise<void> {
    this.#attaching++;
    this.#schedule(0);
    this.#tellOutput();
    const consoles = await this.#screens.all();
    const silent = this.#run.consoles.all.filter(({ name }) => !consoles.some((known) => known.name === name));
    const snapshot: EngineSnapshot = {
      status: this.#status(),
      consoles: [...consoles, ...silent.map((info) => ({ ...info, screen: '' }))],
      cells: cellStatuses(this.#run.driver) satisfies CellStatus[],
      sysfs: sysfsSnapshot(this.#run.driver),
      events: this.#run.events.slice(-SNAPSHOT_EVENTS),
      counters: counterSamples(this.#run.driver),
      statistics: this.#run.machine.statistics,
    };
    this.#tellOutput();
    port.post({ type: 'snapshot', snapshot });
    this.#ports.add(port);
    this.#attaching--;
    this.#schedule(0);
  }

  #status(): RunStatus {
    const { machine, shell } = this.#run;
    const running = this.#phase === 'running' ? this.#clock() - this.#runningSince : 0;
    const cpu = machine.cpus.find(({ index }) => index === machine.stoppedCpu);
    return {
      phase: this.#phase,
      guestNs: machine.now,
      hostMs: this.#hostMs + running,
      instructions: machine.instructions,
      ...(this.#phase === 'running' ? this.#meter.speed : { speed: 0, mips: 0 }),
      ...(cpu !== undefined && { stopped: { cpu: cpu.index, pc: `0x${cpu.pc.toString(16)}` } }),
      ...(shell.scriptLine !== undefined && { scriptLine: shell.scriptLine }),
    };
  }
}
