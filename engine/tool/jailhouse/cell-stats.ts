// `jailhouse cell stats`: exit counters of a cell. On a terminal a screen that refreshes every second, otherwise one table
// after a second of guest time. Source: ABI reference, F.2.
import { COUNTERS, CPU_INFO, ERRNO, strerror, type CounterName, type Task } from '../../hypervisor/index.ts';
import type { DriverCell } from '../../driver/index.ts';
import { guestNs } from '../../util/units.ts';
import { EXIT, type Process, type Terminal } from '../process.ts';
import { parseCellId } from './arguments.ts';
import { PROGRAM } from './usage.ts';

const SECOND_NS = 1e9;
const AFTER_UNKNOWN_KEY_S = 4;
const USAGE = `usage: ${PROGRAM} cell stats { ID | [--name] NAME }\n`;
const FOOTER = 'Q - Quit | C - Toggle CPU | A - All CPUs';
const REVERSE = '\x1b[7m';
const PLAIN = '\x1b[0m';

export function* cellStats(process: Process, args: readonly string[]): Task<number> {
  const { driver, out, err } = process;
  if (args.length === 1 && (args[0] === '-h' || args[0] === '--help')) {
    out(USAGE);
    return EXIT.OK;
  }
  const parsed = parseCellId(args);
  if (!parsed || parsed.rest.length > 0) {
    out(USAGE);
    return EXIT.FAILURE;
  }
  const { id, name } = parsed.cell;
  const cell = driver.cells.find((candidate) => (id >= 0 ? candidate.id === id : candidate.name === name));
  if (!cell) {
    err(`reading stats: ${strerror(ERRNO.ENOENT)}\n`);
    return EXIT.FAILURE;
  }
  const screen = new StatsScreen(process, cell);
  return process.terminal ? yield* interactive(process, screen, process.terminal) : yield* oneShot(process, screen);
}

function* oneShot({ driver, out, interrupted }: Process, screen: StatsScreen): Task<number> {
  screen.sample(1);
  const until = guestNs(driver.machine.now + SECOND_NS);
  yield { until, stop: interrupted, reason: 'one second of statistics' };
  screen.sample(1);
  out(screen.lines().join('\n') + '\n');
  return EXIT.OK;
}

function* interactive({ driver, out, interrupted }: Process, screen: StatsScreen, terminal: Terminal): Task<number> {
  const done = () => interrupted() || terminal.hasKeys;
  let seconds = 1;
  screen.sample(1);
  for (;;) {
    const lines = screen.lines().slice(0, terminal.rows - 1);
    const bar = lines[2] === undefined ? [] : [`${REVERSE}${lines[2].padEnd(terminal.columns)}${PLAIN}`];
    const body = [...lines.slice(0, 2), ...bar, ...lines.slice(3)];
    out(`\x1b[H\x1b[2J${body.join('\n')}\x1b[${terminal.rows};1H${FOOTER}`);
    const until = guestNs(driver.machine.now + seconds * SECOND_NS);
    yield { until, stop: done, reason: 'the next refresh of the statistics' };
    if (interrupted()) return leave(out);
    const key = terminal.keys().slice(-1).toLowerCase();
    if (key === 'q') return leave(out);
    if (key === 'c') screen.nextCpu();
    if (key === 'a') screen.allCpus();
    const known = key === '' || 'ca'.includes(key);
    screen.sample(seconds);
    seconds = known ? 1 : AFTER_UNKNOWN_KEY_S;
  }
}

function leave(out: Process['out']): number {
  out('\x1b[H\x1b[2J');
  return EXIT.OK;
}

class StatsScreen {
  readonly #process: Process;
  readonly #cell: DriverCell;
  readonly #names: readonly CounterName[];
  #cpu: number | undefined;
  #values: number[] = [];
  #rates: number[] = [];

  constructor(process: Process, cell: DriverCell) {
    this.#process = process;
    this.#cell = cell;
    this.#names = COUNTERS[process.driver.machine.board.architecture];
  }

  /** Reads all counters; rates are against the sample before. */
  sample(seconds: number): void {
    const { driver } = this.#process;
    const cpus = this.#cpu === undefined ? this.#cell.cpus : [this.#cpu];
    const now = this.#names.map((_, number) =>
      cpus.reduce((sum, cpu) => sum + Math.max(0, driver.asking.cpuInfo(cpu, CPU_INFO.FIRST_COUNTER + number)), 0),
    );
    this.#rates = now.map((value, i) => Math.round((value - (this.#values[i] ?? value)) / seconds));
    this.#values = now;
  }

  nextCpu(): void {
    const { cpus } = this.#cell;
    this.#cpu = cpus[(this.#cpu === undefined ? -1 : cpus.indexOf(this.#cpu)) + 1];
    this.#values = [];
  }

  allCpus(): void {
    this.#cpu = undefined;
    this.#values = [];
  }

  /** By change, then value, then name. */
  lines(): string[] {
    const title = this.#cpu === undefined ? 'All CPUs' : `CPU ${this.#cpu}`;
    const rows = this.#names
      .map((name, i) => ({ name, value: this.#values[i] ?? 0, rate: this.#rates[i] ?? 0 }))
      .sort((a, b) => b.rate - a.rate || b.value - a.value || (a.name < b.name ? -1 : 1));
    return [
      `Statistics for ${this.#cell.name} cell`,
      '',
      `${`COUNTER (${title})`.padEnd(30)}${'SUM'.padStart(10)}${'PER SEC'.padStart(10)}`,
      ...rows.map(
        ({ name, value, rate }) => `${name.padEnd(30)}${String(value).padStart(10)}${String(rate).padStart(10)}`,
      ),
    ];
  }
}
