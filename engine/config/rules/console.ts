// Consoles: the hypervisor's and those that cells are told to use. ABI reference, A.2, A.4, B.11, C.6, G.2.
import type { BoardUart } from '../../board/description.ts';
import { CELL_FLAG, CONSOLE_FLAG, CONSOLE_TYPE, MEM_FLAG, SYSTEM_FLAG, type ConsoleDescriptor } from '../model.ts';
import { contains, isRootShared, overlaps, type Range } from '../region.ts';
import { CONSOLE_TYPE_SYMBOLS, enumName } from '../symbols.ts';
import {
  cellFix,
  cellTitle,
  hex,
  owned,
  rangeOf,
  regionTitle,
  shareWithRoot,
  type ConfigRef,
  type Fix,
  type Found,
  type Rule,
  type ScenarioView,
} from './rule.ts';

const RESERVED_FLAGS = 0xffff & ~Object.values(CONSOLE_FLAG).reduce((sum: number, flag) => sum | flag, 0);
const PORTS_8250 = 8n;
const PAGE = 0x1000n;

/** A console descriptor with where it stands and how sentences call it. */
interface ConsoleView {
  config: ConfigRef;
  path: string;
  title: string;
  console: ConsoleDescriptor;
  /** MMIO window; the size of an unset one counts as a page. */
  window: Range;
  change(title: string, change: (console: ConsoleDescriptor) => void): Fix;
}

function consolesOf({ system, cells }: ScenarioView): ConsoleView[] {
  const window = ({ address, size }: ConsoleDescriptor): Range => ({
    start: address,
    size: size === 0 ? PAGE : BigInt(size),
  });
  const hypervisor: ConsoleView = {
    config: 'system',
    path: 'debugConsole',
    title: "the hypervisor's debug console",
    console: system.debugConsole,
    window: window(system.debugConsole),
    change: (title, change) => ({ title, change: (scenario) => change(scenario.system.debugConsole) }),
  };
  const own = cells.map((view): ConsoleView => ({
    config: view.config,
    path: 'console',
    title: `the console of ${cellTitle(view)}`,
    console: view.cell.console,
    window: window(view.cell.console),
    change: (title, change) => cellFix(title, view, (cell) => change(cell.console)),
  }));
  return [hypervisor, ...own].filter(({ console }) => console.type !== CONSOLE_TYPE.NONE);
}

const isMmio = ({ flags }: ConsoleDescriptor): boolean => (flags & CONSOLE_FLAG.MMIO) !== 0;

const uartAt = ({ board }: ScenarioView, { window }: ConsoleView): BoardUart | undefined =>
  board?.uarts.find(({ base, size }) => overlaps({ start: BigInt(base), size: BigInt(size) }, window));

const typeText = (type: number): string =>
  enumName(CONSOLE_TYPE_SYMBOLS, BigInt(type))?.replace(CONSOLE_TYPE_SYMBOLS.prefix, '') ?? String(type);

const at = (view: ConsoleView, field: keyof ConsoleDescriptor): Pick<Found, 'config' | 'path'> => ({
  config: view.config,
  path: `${view.path}.${field}`,
});

export const consoleRules: Rule[] = [
  {
    id: 'console-type',
    severity: 'error',
    title: 'An unknown kind of console',
    check: (view) =>
      consolesOf(view)
        .filter(({ console }) => enumName(CONSOLE_TYPE_SYMBOLS, BigInt(console.type)) === undefined)
        .map((entry) => ({
          ...at(entry, 'type'),
          message: `${entry.title} has type ${entry.console.type}; expected 0 (none) to ${CONSOLE_TYPE.SCIF}: name it with JAILHOUSE_CON_TYPE_….`,
        })),
  },
  {
    id: 'console-flags',
    severity: 'warning',
    title: 'Unknown console flags',
    check: (view) =>
      consolesOf(view)
        .filter(({ console }) => (console.flags & RESERVED_FLAGS) !== 0)
        .map((entry) => ({
          ...at(entry, 'flags'),
          message: `${entry.title} has flags ${hex(entry.console.flags)}, of which ${hex(entry.console.flags & RESERVED_FLAGS)} have no meaning: clear them.`,
          fix: entry.change('Clear them', (console) => {
            console.flags &= ~RESERVED_FLAGS;
          }),
        })),
  },
  {
    id: 'console-not-mmio',
    severity: 'error',
    title: 'A console by ports where there are none',
    check: (view) =>
      view.isX86
        ? []
        : consolesOf(view)
            .filter(({ console }) => !isMmio(console))
            .map((entry) => ({
              ...at(entry, 'flags'),
              message: `${entry.title} at ${hex(entry.console.address)} lacks JAILHOUSE_CON_ACCESS_MMIO, and Arm has no ports: it stays silent; add the flag.`,
              ranges: [owned(entry.title, entry.window)],
              fix: entry.change('Add JAILHOUSE_CON_ACCESS_MMIO', (console) => {
                console.flags |= CONSOLE_FLAG.MMIO;
              }),
            })),
  },
  {
    id: 'console-unreachable',
    severity: 'error',
    title: 'A console that its cell cannot reach',
    check: (view) =>
      consolesOf(view).flatMap((entry) => {
        if (entry.config === 'system') return [];
        const cell = view.cells[entry.config]!;
        if (!isMmio(entry.console)) {
          if (!view.isX86) return [];
          const ports = { start: entry.console.address, size: PORTS_8250 };
          const open = cell.cell.pioRegions.some(({ base, length }) =>
            contains({ start: BigInt(base), size: BigInt(length) }, ports),
          );
          if (open) return [];
          return [
            {
              ...at(entry, 'address'),
              message: `${entry.title} is at ports ${rangeOf(ports)}, which its PIO regions do not give it: add PIO_RANGE(${hex(ports.start)}, 8).`,
              ranges: [owned(entry.title, ports)],
              fix: cellFix(`Add PIO_RANGE(${hex(ports.start)}, 8)`, cell, (copy) => {
                copy.pioRegions.push({ base: Number(ports.start), length: Number(PORTS_8250) });
              }),
            },
          ];
        }
        const address = { start: entry.console.address, size: 1n };
        if (cell.regions.some(({ virt, hasMemory }) => hasMemory && contains(virt, address))) return [];
        const start = entry.console.address & ~(PAGE - 1n);
        return [
          {
            ...at(entry, 'address'),
            message: `${entry.title} is at guest ${hex(entry.console.address)}, which no memory region gives it: its first output stops the CPU; add the UART's page.`,
            ranges: [owned(entry.title, entry.window)],
            fix: cellFix(`Add the page at ${hex(start)}, shared with root`, cell, (copy) => {
              const flags = MEM_FLAG.READ | MEM_FLAG.WRITE | MEM_FLAG.IO | MEM_FLAG.ROOTSHARED;
              copy.memoryRegions.push({ physStart: start, virtStart: start, size: PAGE, flags });
            }),
          },
        ];
      }),
  },
  {
    id: 'console-taken-from-hypervisor',
    severity: 'warning',
    title: "A cell that takes the hypervisor's console from root",
    check: (view) => {
      const { debugConsole } = view.system;
      if (debugConsole.type === CONSOLE_TYPE.NONE || !isMmio(debugConsole)) return [];
      const window = consolesOf(view)[0]!.window;
      return view.cells.flatMap(({ regions }) =>
        regions
          .filter(({ hasMemory, region, phys }) => hasMemory && !isRootShared(region) && overlaps(phys, window))
          .map((region) => ({
            config: region.owner.config,
            path: `${region.path}.flags`,
            message: `${regionTitle(region)} at ${rangeOf(region.phys)} holds the hypervisor's debug console ${rangeOf(window)} and is not ROOTSHARED: root loses its UART when the cell is created; add the flag, or use another UART.`,
            ranges: [owned(regionTitle(region), region.phys), owned("hypervisor's debug console", window)],
            fix: shareWithRoot(region),
          })),
      );
    },
  },
  {
    id: 'console-board',
    severity: 'error',
    title: 'A console that is not what the board has there',
    check: (view) =>
      consolesOf(view)
        .filter(({ console }) => isMmio(console))
        .flatMap((entry) => {
          const uart = uartAt(view, entry);
          if (!view.board) return [];
          if (!uart)
            return [
              {
                ...at(entry, 'address'),
                message: `${entry.title} is at ${hex(entry.console.address)}, where the board has no UART: ${view.board.uarts.length > 0 ? `it has ${view.board.uarts.map(({ name, base }) => `${name} at ${hex(base)}`).join(', ')}.` : 'check the address.'}`,
                ranges: [owned(entry.title, entry.window)],
              },
            ];
          const expected = CONSOLE_TYPE[uart.type as keyof typeof CONSOLE_TYPE];
          const window = { start: BigInt(uart.base), size: BigInt(uart.size) };
          if (expected !== undefined && expected !== entry.console.type)
            return [
              {
                ...at(entry, 'type'),
                message: `${entry.title} at ${hex(entry.console.address)} is driven as ${typeText(entry.console.type)}; ${uart.name} of the board is a ${uart.type}: set the type.`,
                ranges: [owned(entry.title, entry.window), owned(uart.name, window)],
                fix: entry.change(`Set its type to ${uart.type}`, (console) => {
                  console.type = expected;
                }),
              },
            ];
          const stride = (entry.console.flags & CONSOLE_FLAG.REGDIST_4) !== 0 ? 4 : 1;
          if (uart.type !== '8250' || uart.stride === undefined || uart.stride === stride) return [];
          return [
            {
              ...at(entry, 'flags'),
              message: `${entry.title} at ${hex(entry.console.address)} expects registers ${stride} bytes apart; those of ${uart.name} are ${uart.stride} apart: ${uart.stride === 4 ? 'add' : 'remove'} JAILHOUSE_CON_REGDIST_4.`,
              ranges: [owned(entry.title, entry.window), owned(uart.name, window)],
              fix: entry.change(`${uart.stride === 4 ? 'Add' : 'Remove'} JAILHOUSE_CON_REGDIST_4`, (console) => {
                console.flags ^= CONSOLE_FLAG.REGDIST_4;
              }),
            },
          ];
        }),
  },
  {
    id: 'console-virtual',
    severity: 'warning',
    title: 'A virtual console that nobody can read',
    check: ({ cells, system }) =>
      (system.flags & SYSTEM_FLAG.VIRTUAL_DEBUG_CONSOLE) !== 0
        ? []
        : cells
            .filter(({ cell }) => (cell.flags & CELL_FLAG.VIRTUAL_CONSOLE_ACTIVE) !== 0)
            .map((view) => ({
              config: view.config,
              path: 'flags',
              message: `${cellTitle(view)} writes to the virtual console, but the system configuration lacks JAILHOUSE_SYS_VIRTUAL_DEBUG_CONSOLE, so root cannot read it: add the flag there.`,
              fix: {
                title: 'Let root read the virtual console',
                change: (scenario) => {
                  scenario.system.flags |= SYSTEM_FLAG.VIRTUAL_DEBUG_CONSOLE;
                },
              },
            })),
  },
  {
    id: 'console-virtual-permitted',
    severity: 'warning',
    title: 'A virtual console that is active but not permitted',
    check: ({ cells }) =>
      cells
        .filter(
          ({ cell }) =>
            (cell.flags & CELL_FLAG.VIRTUAL_CONSOLE_ACTIVE) !== 0 &&
            (cell.flags & CELL_FLAG.VIRTUAL_CONSOLE_PERMITTED) === 0,
        )
        .map((view) => ({
          config: view.config,
          path: 'flags',
          message: `${cellTitle(view)} has VIRTUAL_CONSOLE_ACTIVE without VIRTUAL_CONSOLE_PERMITTED: only the Linux driver adds it silently, the hypervisor does not; write both.`,
          fix: cellFix('Permit the virtual console', view, (cell) => {
            cell.flags = (cell.flags | CELL_FLAG.VIRTUAL_CONSOLE_PERMITTED) >>> 0;
          }),
        })),
  },
];
