// One run: a board with its modelled root Linux and shell, its consoles, its events and its digest. Knows nothing of host
// time or windows; session.ts (a window's run) and cli/run.ts (without one) drive its pump.
import type { BoardDescription } from '../board/index.ts';
import type { RunEvent, RunOutcome, RunResult } from '../contract/index.ts';
import type { RegionTuning } from '../cpu/index.ts';
import { CELL_FLAG } from '../config/index.ts';
import { counterSamples, JailhouseDriver } from '../driver/index.ts';
import { FOREVER } from '../hypervisor/index.ts';
import type { Compatibility, Task } from '../hypervisor/index.ts';
import { startSystem } from '../machine/boot-loader.ts';
import type { SystemImages } from '../machine/boot-loader.ts';
import { BoardMachine } from '../machine/machine.ts';
import type { UartOutput } from '../machine/api.ts';
import { ConsoleHub } from '../record/consoles.ts';
import { RunDigest } from '../record/digest.ts';
import { RootShell, wireOf } from '../tool/index.ts';
import type { Files, ScriptResult } from '../tool/index.ts';
import './interpreter-image.ts';
import { Pump } from './pump.ts';
import { ThreadedTranslator } from './translator.ts';

export interface RunSetup {
  board: BoardDescription;
  files: Files;
  /** Lines for the root shell, or null. */
  script: string | null;
  /** After the script, or without one: a prompt that waits for input. Else the run ends with the script. */
  prompt: boolean;
  compatibility?: Compatibility;
  /** A real system on the bare board instead of the modelled root Linux. */
  system?: SystemImages;
  /**
   * False: the interpreter runs everything, none of the guest's code is translated. Tests say when it is translated, and
   * then the engine's own thread does it.
   */
  jit?: boolean | RegionTuning;
}

/** Events kept in memory and in the result; a guest that faults in a loop must not fill the host. */
const KEPT_EVENTS = 10_000;

export class Run {
  readonly machine: BoardMachine;
  readonly driver: JailhouseDriver;
  readonly shell: RootShell;
  readonly consoles: ConsoleHub;
  readonly events: RunEvent[] = [];
  readonly pump: Pump<void>;
  /** Called for every event; the list above is capped, this is not. */
  onEvent: (event: RunEvent) => void = () => undefined;
  /** Set when the system on the bare board has switched it off. */
  poweredOff = false;
  /** Set when the script has ended. */
  scriptResult: ScriptResult | undefined;
  readonly #digest = new RunDigest();
  readonly #counters = new Map<string, Record<string, number>>();

  /** @throws BoardNotRunnable, MemoryTooLarge */
  constructor(setup: RunSetup) {
    const regions = setup.jit ?? true;
    const translator = regions === true ? new ThreadedTranslator() : undefined;
    // An operating system is sure to need it soon.
    if (setup.system) translator?.start();
    const machine = new BoardMachine(setup.board, {
      regions,
      ...(translator && { translator }),
      hostClock: () => performance.now(),
    });
    this.machine = machine;
    if (translator) translator.onFailure = (reason) => this.#noteFailure(reason);
    this.consoles = new ConsoleHub(() => ({ guestNs: machine.now, instructions: machine.instructions }));
    this.driver = new JailhouseDriver({
      machine,
      modelledLinux: setup.system === undefined,
      output: (info, bytes) => this.consoles.write(info, bytes),
      onEvent: (event) => this.#note(event),
      ...(setup.compatibility && { compatibility: setup.compatibility }),
    });
    this.shell = new RootShell({
      driver: this.driver,
      files: setup.files,
      output: (info, bytes) => this.consoles.write(info, bytes),
    });
    this.consoles.onOutput((info, bytes, stamp) => {
      this.shell.observe(info.name, bytes);
      this.#digest.output(info, bytes, stamp);
    });
    machine.onUart = (output) => this.#wire(output);
    for (const uart of machine.uarts) this.consoles.declare({ name: uart, kind: 'uart' });
    const { system } = setup;
    if (system) startSystem(machine, system);
    machine.onPower = (request) => this.#power(request, system);
    this.pump = new Pump(machine, this.#body(setup));
  }

  /** SHA-256 over everything so far; the run may go on. */
  digest(): string {
    const { machine } = this;
    return this.#digest.snapshot({
      stamp: { guestNs: machine.now, instructions: machine.instructions },
      cpus: machine.cpus,
      pages: machine.memory.touchedPages(),
      counters: this.counters(),
    });
  }

  /** Exit counters by cell; of cells that are gone, as they were when last seen. */
  counters(): Record<string, Record<string, number>> {
    this.#sample();
    return Object.fromEntries(this.#counters);
  }

  /** Bytes typed into a console. False if it takes no input. */
  type(console: string, bytes: Uint8Array): boolean {
    if (console === 'root') {
      this.shell.type(bytes);
      return true;
    }
    const wire = wireOf(this.driver, console);
    if (wire !== undefined) this.machine.uartInput(wire, bytes);
    return wire !== undefined;
  }

  result(outcome: RunOutcome, hostSeconds: number, reason?: string): RunResult {
    const { machine } = this;
    return {
      result: outcome,
      ...(reason !== undefined && { reason }),
      guestSeconds: machine.now / 1e9,
      hostSeconds,
      instructions: machine.instructions,
      counters: this.counters(),
      events: this.events,
      statistics: machine.statistics,
      digest: this.digest(),
    };
  }

  *#body({ script, prompt }: RunSetup): Task<void> {
    if (script !== null) {
      this.scriptResult = yield* this.#sampled(this.shell.script(script));
      const { ok, reason } = this.scriptResult;
      this.#note({
        guestNs: this.machine.now,
        instructions: this.machine.instructions,
        severity: ok ? 'info' : 'error',
        kind: 'script.ended',
        sentence: ok ? 'The script ran to its end.' : `The script failed: ${reason}`,
        detail: { digest: this.digest() },
      });
    }
    if (prompt) yield* this.#sampled(this.shell.session());
    else if (script === null) yield { until: FOREVER, stop: () => this.poweredOff, reason: 'the board to power off' };
  }

  /** The bare board's firmware was asked to end, or to start from the beginning, with the same images in a reset board. */
  #power(request: 'off' | 'reset', system: SystemImages | undefined): void {
    const { machine } = this;
    const restart = request === 'reset' && system !== undefined;
    if (!restart) this.poweredOff = true;
    this.#note({
      guestNs: machine.now,
      instructions: machine.instructions,
      severity: 'info',
      kind: `board.${request}`,
      sentence: request === 'off' ? 'The board was powered off by its system.' : 'The board was reset by its system.',
    });
    // The caller is in the middle of an instruction; the reset comes behind it.
    if (restart)
      machine.at(machine.now, () => {
        machine.reset();
        startSystem(machine, system);
      });
  }

  /** Counters are looked at after every wait: commands without one let no guest time pass in which they could change. */
  *#sampled<Result>(task: Task<Result>): Task<Result> {
    let step = task.next();
    while (!step.done) {
      const end = yield step.value;
      this.#sample();
      step = task.next(end);
    }
    return step.value;
  }

  #sample(): void {
    for (const { cell, counters } of counterSamples(this.driver)) this.#counters.set(cell, counters);
  }

  #note(event: RunEvent): void {
    if (event.kind !== 'script.ended') this.#digest.event(event);
    this.#tell(event);
  }

  #tell(event: RunEvent): void {
    if (this.events.length < KEPT_EVENTS) this.events.push(event);
    this.onEvent(event);
  }

  /** The host's own affair: no part of the digest. */
  #noteFailure(reason: string): void {
    this.#tell({
      guestNs: this.machine.now,
      instructions: this.machine.instructions,
      severity: 'warning',
      kind: 'translator.failed',
      sentence: `Guest code is translated on the engine's own thread from here on: the translator's thread failed (${reason}).`,
    });
  }

  /** A byte on a wire of the board; also on the console of the cell that sent it, unless that is a virtual one. */
  #wire({ uart, byte, by }: UartOutput): void {
    const bytes = Uint8Array.of(byte);
    this.consoles.write({ name: uart, kind: 'uart' }, bytes, by);
    const cell = this.driver.cells.find(({ name }) => name === by);
    if (cell && cell !== this.driver.root && (cell.config.flags & CELL_FLAG.VIRTUAL_CONSOLE_ACTIVE) === 0)
      this.consoles.write({ name: by, kind: 'cell', cell: by, wire: uart }, bytes, by);
  }
}
