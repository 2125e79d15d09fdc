// Interrupts: SPIs of a GIC and pins of an IOAPIC, and the INTx lines of the virtual PCI host. ABI reference, A.1
// (vpci_irq_base), A.6, B.6, C.4, C.10, D.3; J.5 for the mistakes.
import { GIC_SPI_BASE, bdfText, cpuList, pinsOf } from '../codec.ts';
import { PCI_TYPE, type Irqchip, type PciDevice } from '../model.ts';
import { overlaps } from '../region.ts';
import {
  cellFix,
  cellTitle,
  hex,
  pairs,
  type CellView,
  type Found,
  type OwnedRange,
  type Rule,
  type ScenarioView,
} from './rule.ts';

const GIC_INTERRUPTS = 1024;
const PINS_PER_CHIP = 128;
const IOAPIC_PINS_MAX = 120;

/** `SPIs 1,3-4 (ids 33,35-36)` or `pins 4`. */
function pinText(pins: readonly number[], isX86: boolean): string {
  if (isX86) return `pin${pins.length > 1 ? 's' : ''} ${cpuList(pins)}`;
  return `SPI${pins.length > 1 ? 's' : ''} ${cpuList(pins.map((pin) => pin - GIC_SPI_BASE))} (interrupt id${pins.length > 1 ? 's' : ''} ${cpuList(pins)})`;
}

const ranges = (owner: string, pins: readonly number[]): OwnedRange[] =>
  pins.map((pin) => ({ owner, start: BigInt(pin), size: 1n }));

const chipPath = (view: CellView, index: number, field = ''): string =>
  `${view.prefix}irqchips[${index}]${field && `.${field}`}`;

/** Interrupt ids or pins that a cell owns; x86 pins are numbered per chip by `address << 8 | pin`, so that chips differ. */
function pinsOfCell(view: CellView, isX86: boolean): Set<number> {
  return new Set(view.cell.irqchips.flatMap((chip) => pinsOf(chip).map((pin) => globalPin(chip, pin, isX86))));
}
const globalPin = (chip: Irqchip, pin: number, isX86: boolean): number =>
  isX86 ? (Number(chip.address & 0xffff_ffffn) % 0x100000) * 256 + pin : pin;
const localPin = (pin: number, isX86: boolean): number => (isX86 ? pin % 256 : pin);

const removePins = (view: CellView, pins: readonly number[], isX86: boolean) =>
  cellFix(
    `Take ${pinText(
      pins.map((pin) => localPin(pin, isX86)),
      isX86,
    )} from ${view.name}`,
    view,
    (cell) => {
      for (const chip of cell.irqchips)
        for (const pin of pinsOf(chip)) if (pins.includes(globalPin(chip, pin, isX86))) setPin(chip, pin, false);
    },
  );

function setPin(chip: Irqchip, pin: number, on: boolean): void {
  const offset = pin - chip.pinBase;
  const word = offset >> 5;
  const bit = (1 << (offset & 31)) >>> 0;
  chip.pinBitmap[word] = (on ? chip.pinBitmap[word]! | bit : chip.pinBitmap[word]! & ~bit) >>> 0;
}

/** INTx lines that a cell's virtual devices use, as SPI numbers: D.3 (pin = slot mod 4), only without MSI-X. */
function intxOf(view: CellView): { device: PciDevice; index: number; spi: number }[] {
  return view.cell.pciDevices.flatMap((device, index) =>
    device.type === PCI_TYPE.IVSHMEM && device.numMsixVectors === 0
      ? [{ device, index, spi: view.cell.vpciIrqBase + ((device.bdf >> 3) & 3) }]
      : [],
  );
}

/** Devices of the board with an interrupt of their own. */
const wiredDevices = ({ board }: ScenarioView) =>
  board
    ? [...board.uarts, ...board.devices]
        .filter((device) => device.spi !== undefined)
        .map(({ name, base, size, spi }) => ({ name, start: BigInt(base), size: BigInt(size), spi: spi! }))
    : [];

const gicd = ({ system }: ScenarioView): bigint | null =>
  system.platform.kind === 'arm' ? system.platform.gicdBase : null;

export const interruptRules: Rule[] = [
  {
    id: 'irq-twice',
    severity: 'error',
    title: 'An interrupt in two cells',
    check: ({ cells, isX86 }) =>
      [...pairs(cells)].flatMap(([a, b]) => {
        const first = pinsOfCell(a, isX86);
        const common = [...pinsOfCell(b, isX86)].filter((pin) => first.has(pin));
        if (common.length === 0) return [];
        const pins = common.map((pin) => localPin(pin, isX86));
        return [
          {
            config: b.config,
            path: 'irqchips',
            message: `${pinText(pins, isX86)} ${pins.length > 1 ? 'belong' : 'belongs'} to ${cellTitle(a)} and to ${cellTitle(b)}, and nothing refuses that: give each interrupt to one cell.`,
            ranges: [...ranges(cellTitle(a), pins), ...ranges(cellTitle(b), pins)],
            fix: removePins(b, common, isX86),
          },
        ];
      }),
  },
  {
    id: 'irq-twice-in-cell',
    severity: 'warning',
    title: 'An interrupt twice in one cell',
    check: ({ all, isX86 }) =>
      all.flatMap((view) => {
        const seen = new Set<number>();
        return view.cell.irqchips.flatMap((chip, index) => {
          const again = pinsOf(chip).filter((pin) => {
            const key = globalPin(chip, pin, isX86);
            if (seen.has(key)) return true;
            seen.add(key);
            return false;
          });
          if (again.length === 0) return [];
          return [
            {
              config: view.config,
              path: chipPath(view, index, 'pinBitmap'),
              message: `Irqchip ${index} of ${cellTitle(view)} names ${pinText(again, isX86)} again, which an earlier entry already gives: check its pin_base.`,
              ranges: ranges(cellTitle(view), again),
            },
          ];
        });
      }),
  },
  {
    id: 'irq-not-in-root',
    severity: 'warning',
    title: 'An interrupt that root does not have',
    check: ({ cells, root, isX86 }) => {
      const given = pinsOfCell(root, isX86);
      return cells.flatMap((view) => {
        const foreign = [...pinsOfCell(view, isX86)]
          .filter((pin) => !given.has(pin))
          .map((pin) => localPin(pin, isX86));
        if (foreign.length === 0) return [];
        return [
          {
            config: view.config,
            path: 'irqchips',
            message: `${pinText(foreign, isX86)} of ${cellTitle(view)} ${foreign.length > 1 ? 'are' : 'is'} not in the root configuration, so ${foreign.length > 1 ? 'they are' : 'it is'} not given back when the cell is destroyed: add ${foreign.length > 1 ? 'them' : 'it'} to the root cell's irqchips.`,
            ranges: ranges(cellTitle(view), foreign),
          },
        ];
      });
    },
  },
  {
    id: 'irq-beyond-controller',
    severity: 'error',
    title: 'An interrupt that the board does not have',
    check: (view) => {
      const spis = view.board?.gic?.spis;
      if (spis === undefined || view.isX86) return [];
      // The root configuration gives whole words; only what a cell asks for must exist.
      return view.cells.flatMap((cell) =>
        cell.cell.irqchips.flatMap((chip, index) => {
          const beyond = pinsOf(chip).filter((pin) => pin >= GIC_SPI_BASE + spis);
          if (beyond.length === 0) return [];
          return [
            {
              config: cell.config,
              path: chipPath(cell, index, 'pinBitmap'),
              message: `${pinText(beyond, false)} of ${cellTitle(cell)} ${beyond.length > 1 ? 'are' : 'is'} beyond the ${spis} SPIs of the board: check pin_base and bitmap, bit b of word w is interrupt id pin_base + 32 w + b.`,
              ranges: [
                ...ranges(cellTitle(cell), beyond),
                { owner: 'board', start: BigInt(GIC_SPI_BASE), size: BigInt(spis) },
              ],
            },
          ];
        }),
      );
    },
  },
  {
    id: 'irq-off-by-32',
    severity: 'warning',
    title: 'An interrupt 32 beside that of the device',
    check: (view) => {
      if (view.isX86) return [];
      const devices = wiredDevices(view);
      return view.cells.flatMap((cell) => {
        const pins = pinsOfCell(cell, false);
        return devices.flatMap(({ name, spi, ...range }) => {
          if (
            pins.has(spi + GIC_SPI_BASE) ||
            !cell.regions.some(({ hasMemory, phys }) => hasMemory && overlaps(phys, range))
          )
            return [];
          const others = devices.filter((other) =>
            cell.regions.some((region) => region.hasMemory && overlaps(region.phys, other)),
          );
          const wrong = [spi, spi + 2 * GIC_SPI_BASE].find(
            (pin) => pins.has(pin) && !others.some((other) => other.spi + GIC_SPI_BASE === pin),
          );
          if (wrong === undefined) return [];
          return [
            {
              config: cell.config,
              path: 'irqchips',
              message: `${cellTitle(cell)} has ${name}, whose interrupt is ${pinText([spi + GIC_SPI_BASE], false)}, but owns ${pinText([wrong], false)}: SPI numbers and interrupt ids differ by 32, so set the bit of id ${spi + GIC_SPI_BASE}.`,
              ranges: [...ranges(name, [spi + GIC_SPI_BASE]), ...ranges(cellTitle(cell), [wrong])],
              fix: cellFix(`Own interrupt id ${spi + GIC_SPI_BASE} instead`, cell, (copy) => {
                for (const chip of copy.irqchips) {
                  if (pinsOf(chip).includes(wrong)) setPin(chip, wrong, false);
                  const right = spi + GIC_SPI_BASE;
                  if (right >= chip.pinBase && right < chip.pinBase + PINS_PER_CHIP) setPin(chip, right, true);
                }
              }),
            } satisfies Found,
          ];
        });
      });
    },
  },
  {
    id: 'irq-pin-base',
    severity: 'error',
    title: 'An impossible pin_base',
    check: ({ all, isX86 }) =>
      all.flatMap((view) =>
        view.cell.irqchips.flatMap((chip, index) => {
          const { pinBase } = chip;
          const place = { config: view.config, path: chipPath(view, index, 'pinBase') };
          const end = { owner: `irqchip ${index}`, start: BigInt(pinBase), size: BigInt(PINS_PER_CHIP) };
          if (isX86 && pinBase !== 0)
            return [
              {
                ...place,
                message: `Irqchip ${index} of ${cellTitle(view)} has pin_base ${pinBase}: the pins of an IOAPIC begin at 0, set it to 0.`,
                ranges: [end],
              },
            ];
          if (isX86 && pinsOf(chip).some((pin) => pin >= IOAPIC_PINS_MAX))
            return [
              {
                ...place,
                message: `Irqchip ${index} of ${cellTitle(view)} names pins beyond the ${IOAPIC_PINS_MAX} that the hypervisor handles: clear them.`,
                ranges: [end],
              },
            ];
          if (!isX86 && (pinBase % 32 !== 0 || pinBase + PINS_PER_CHIP > GIC_INTERRUPTS))
            return [
              {
                ...place,
                message: `Irqchip ${index} of ${cellTitle(view)} has pin_base ${pinBase}: expected a multiple of 32, at most ${GIC_INTERRUPTS - PINS_PER_CHIP}, such as 32 or 160.`,
                ranges: [end],
              },
            ];
          if (!isX86 && pinBase < GIC_SPI_BASE && pinsOf(chip).some((pin) => pin < GIC_SPI_BASE))
            return [
              {
                ...place,
                message: `Irqchip ${index} of ${cellTitle(view)} with pin_base ${pinBase} names interrupt ids below 32, which every CPU has for itself: SPIs begin at id 32, so use pin_base 32.`,
                ranges: [end],
              },
            ];
          return [];
        }),
      ),
  },
  {
    id: 'irq-unknown-chip',
    severity: 'error',
    title: 'An interrupt controller that the system does not have',
    check: (view) => {
      const base = gicd(view);
      const known = view.isX86 ? view.root.cell.irqchips.map(({ address }) => address) : [base];
      return view.all.flatMap((cell) =>
        cell.cell.irqchips.flatMap((chip, index) => {
          if (known.includes(chip.address) || (cell.isRoot && view.isX86)) return [];
          const expected = known[0];
          return [
            {
              config: cell.config,
              path: chipPath(cell, index, 'address'),
              message: `Irqchip ${index} of ${cellTitle(cell)} is at ${hex(chip.address)}, where the system has no interrupt controller, so it is ignored: ${expected === undefined || expected === null ? 'remove it.' : `set it to ${hex(expected)}.`}`,
              ranges: [{ owner: `irqchip ${index}`, start: chip.address, size: 0x1000n }],
              ...(expected !== undefined &&
                expected !== null && {
                  fix: cellFix(`Set its address to ${hex(expected)}`, cell, (copy) => {
                    copy.irqchips[index]!.address = expected;
                  }),
                }),
            },
          ];
        }),
      );
    },
  },
  {
    id: 'irq-empty-chip',
    severity: 'warning',
    title: 'An irqchip entry without pins',
    check: ({ all }) =>
      all.flatMap((view) =>
        view.cell.irqchips.flatMap((chip, index) =>
          chip.pinBitmap.some((word) => word !== 0)
            ? []
            : [
                {
                  config: view.config,
                  path: chipPath(view, index),
                  message: `Irqchip ${index} of ${cellTitle(view)} gives no pins: remove the entry, or set its bits.`,
                  fix: cellFix('Remove the entry', view, (cell) => cell.irqchips.splice(index, 1)),
                },
              ],
        ),
      ),
  },
  {
    id: 'irq-vpci-device',
    severity: 'error',
    title: 'An INTx line of the virtual PCI host on the interrupt of a device',
    check: (view) => {
      if (view.isX86) return [];
      const devices = wiredDevices(view);
      return view.all.flatMap((cell) =>
        intxOf(cell).flatMap(({ device, spi }) => {
          const clash = devices.find((other) => other.spi === spi);
          if (!clash) return [];
          return [
            {
              config: cell.config,
              path: `${cell.prefix}vpciIrqBase`,
              message: `ivshmem ${bdfText(device.bdf)} of ${cellTitle(cell)} interrupts on ${pinText([spi + GIC_SPI_BASE], false)} (vpci_irq_base ${cell.cell.vpciIrqBase}), which is wired to ${clash.name}: choose a vpci_irq_base whose four SPIs are free.`,
              ranges: [
                ...ranges(`${cellTitle(cell)}, INTx`, [spi + GIC_SPI_BASE]),
                ...ranges(clash.name, [clash.spi + GIC_SPI_BASE]),
              ],
            },
          ];
        }),
      );
    },
  },
  {
    id: 'irq-vpci-twice',
    severity: 'error',
    title: 'The same INTx lines for two cells',
    check: ({ all, isX86 }) =>
      isX86
        ? []
        : [...pairs(all)].flatMap(([a, b]) => {
            const first = intxOf(a).map(({ spi }) => spi);
            const common = [...new Set(intxOf(b).map(({ spi }) => spi))].filter((spi) => first.includes(spi));
            if (common.length === 0) return [];
            const pins = common.map((spi) => spi + GIC_SPI_BASE);
            return [
              {
                config: b.config,
                path: `${b.prefix}vpciIrqBase`,
                message: `Virtual PCI devices of ${cellTitle(a)} (vpci_irq_base ${a.cell.vpciIrqBase}) and of ${cellTitle(b)} (${b.cell.vpciIrqBase}) interrupt on the same ${pinText(pins, false)}: give each cell four SPIs of its own.`,
                ranges: [...ranges(cellTitle(a), pins), ...ranges(cellTitle(b), pins)],
              },
            ];
          }),
  },
  {
    id: 'irq-vpci-not-owned',
    severity: 'error',
    title: 'An INTx line that the cell does not own',
    check: ({ all, isX86 }) =>
      isX86
        ? []
        : all.flatMap((view) => {
            const pins = pinsOfCell(view, false);
            return intxOf(view).flatMap(({ device, spi }) => {
              const id = spi + GIC_SPI_BASE;
              if (pins.has(id)) return [];
              const chip = view.cell.irqchips.findIndex(({ pinBase }) => id >= pinBase && id < pinBase + PINS_PER_CHIP);
              return [
                {
                  config: view.config,
                  path: `${view.prefix}irqchips`,
                  message: `ivshmem ${bdfText(device.bdf)} of ${cellTitle(view)} interrupts on ${pinText([id], false)} (vpci_irq_base ${view.cell.vpciIrqBase}), which its irqchips do not give it, so the interrupt never arrives: set the bit.`,
                  ranges: ranges(`${cellTitle(view)}, INTx`, [id]),
                  ...(chip >= 0 && {
                    fix: cellFix(`Give it SPI ${spi}`, view, (cell) => setPin(cell.irqchips[chip]!, id, true)),
                  }),
                },
              ];
            });
          }),
  },
  {
    id: 'irq-vpci-range',
    severity: 'error',
    title: 'INTx lines beyond the interrupt controller',
    check: ({ all, isX86, board }) =>
      isX86
        ? []
        : all.flatMap((view) => {
            const spis = board?.gic?.spis ?? GIC_INTERRUPTS - GIC_SPI_BASE;
            const beyond = intxOf(view).find(({ spi }) => spi >= spis);
            if (!beyond) return [];
            return [
              {
                config: view.config,
                path: `${view.prefix}vpciIrqBase`,
                message: `vpci_irq_base ${view.cell.vpciIrqBase} of ${cellTitle(view)} puts ivshmem ${bdfText(beyond.device.bdf)} on SPI ${beyond.spi}; there are SPIs 0 to ${spis - 1}: it is an SPI number (interrupt id minus 32), choose a lower one.`,
                ranges: ranges(`${cellTitle(view)}, INTx`, [beyond.spi + GIC_SPI_BASE]),
              },
            ];
          }),
  },
];
