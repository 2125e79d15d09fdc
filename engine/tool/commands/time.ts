// sleep, expect and send: a script's hands on guest time and consoles.
import type { JailhouseDriver } from '../../driver/index.ts';
import type { Task } from '../../hypervisor/index.ts';
import { guestNs } from '../../util/units.ts';
import { EXIT, type Process } from '../process.ts';

const NS = 1e9;
const DEFAULT_SECONDS = 10;
/** Lines of a console that a failed expect shows. */
const SHOWN_LINES = 5;

/** Guest nanoseconds of a number of seconds, or undefined if it is none. */
function parseSeconds(text: string): number | undefined {
  const seconds = /^\d*\.?\d+$|^\d+\.$/.test(text) ? Number(text) : NaN;
  return Number.isFinite(seconds) ? Math.round(seconds * NS) : undefined;
}

export function* sleep({ args, driver, err, interrupted }: Process): Task<number> {
  const duration = args.length === 2 ? parseSeconds(args[1]!) : undefined;
  if (duration === undefined) {
    err('sleep: usage: sleep SECONDS (of guest time)\n');
    return EXIT.FAILURE;
  }
  const until = guestNs(driver.machine.now + duration);
  yield { until, stop: interrupted, reason: `${args[1]} s of guest time` };
  return interrupted() ? EXIT.INTERRUPTED : EXIT.OK;
}

/** Exit status of an expect that ran out of time: ends a script. */
export const EXPECT_FAILED = 3;

export function* expect({ args, driver, consoles, err, interrupted }: Process): Task<number> {
  const [, name, source, seconds = String(DEFAULT_SECONDS), ...rest] = args;
  const duration = parseSeconds(seconds);
  if (name === undefined || source === undefined || duration === undefined || rest.length > 0) {
    err('expect: usage: expect CONSOLE REGEX [SECONDS]; put a regular expression with spaces in quotes\n');
    return EXIT.USAGE;
  }
  let pattern: RegExp;
  try {
    pattern = new RegExp(source, 'm');
  } catch (reason) {
    err(`expect: ${(reason as Error).message}\n`);
    return EXIT.USAGE;
  }
  const search = consoles.search(name, pattern);
  let match = search.find();
  if (match === undefined && !interrupted()) {
    yield {
      until: guestNs(driver.machine.now + duration),
      stop: () => interrupted() || (match ??= search.find()) !== undefined,
      reason: `/${source}/ on console ${name}`,
    };
    match ??= search.find();
  }
  if (match !== undefined) return EXIT.OK;
  if (interrupted()) return EXIT.INTERRUPTED;
  const tail = consoles.tail(name, SHOWN_LINES);
  err(`expect: no match for /${source}/ on console ${name} within ${seconds} s of guest time\n`);
  if (tail.length > 0) err(`expect: ${name} said since the last match:\n${tail.map((line) => `  ${line}\n`).join('')}`);
  else
    err(
      `expect: ${name} said nothing since the last match; consoles with output: ${consoles.names.join(', ') || 'none'}\n`,
    );
  return EXPECT_FAILED;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', e: '\x1b', '\\': '\\', '0': '\0' };

/** `\n`, `\r`, `\t`, `\e`, `\\`, `\0` and `\xHH`. */
export const unescapeText = (text: string): string =>
  text.replace(/\\(x[0-9a-fA-F]{2}|[nrte\\0])/g, (_, code: string) =>
    code.startsWith('x') ? String.fromCharCode(parseInt(code.slice(1), 16)) : ESCAPES[code]!,
  );

/** The wire that a console's input goes to: a UART's own, or the one that a cell's console descriptor names. */
export function wireOf(driver: JailhouseDriver, name: string): string | undefined {
  const { uarts } = driver.machine.board;
  if (uarts.some((uart) => uart.name === name)) return name;
  const cell = driver.cells.find((candidate) => candidate.name === name);
  if (!cell) return undefined;
  const address = Number(cell.config.console.address);
  return (uarts.find((uart) => uart.base === address) ?? uarts[0])?.name;
}

export function send(process: Process): number {
  const [, name, text, ...rest] = process.args;
  if (name === undefined || text === undefined || rest.length > 0) {
    process.err(
      'send: usage: send CONSOLE TEXT; put text with spaces in quotes; \\n, \\r, \\t and \\xHH are understood\n',
    );
    return EXIT.USAGE;
  }
  const wire = wireOf(process.driver, name);
  if (wire === undefined) {
    const { board } = process.driver.machine;
    const names = [...board.uarts.map((uart) => uart.name), ...process.driver.cells.map((cell) => cell.name)];
    process.err(`send: console ${name} takes no input; these do: ${names.join(', ')}\n`);
    return EXIT.FAILURE;
  }
  process.driver.machine.uartInput(wire, new TextEncoder().encode(unescapeText(text)));
  return EXIT.OK;
}
