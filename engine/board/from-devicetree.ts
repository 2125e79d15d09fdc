// A board description from a device tree blob: what the tree says of CPUs, memory, interrupt controller, timers, UARTs,
// PCI hosts and reserved memory. Source: Devicetree Specification v0.4 chapters 2 and 3; bindings as in devicetree.ts.
// What a tree does not say gets a cautious value, and `sources` says so.
import { pa } from '../util/units.ts';
import type {
  BoardCpu,
  BoardDescription,
  BoardDevice,
  BoardGic,
  BoardIommu,
  BoardPciHost,
  BoardRange,
  BoardUart,
  IommuKind,
} from './description.ts';
import { findNode, property, readCells, readStrings } from './dtb.ts';
import type { DeviceTree, DeviceTreeNode } from './dtb.ts';
import { BoardError } from './load.ts';
import type { BoardProblem } from './load.ts';

/** IOMMU compatibles to kinds that a configuration may name. */
const IOMMUS: Readonly<Record<string, IommuKind>> = { 'arm,smmu-v3': 'SMMUv3', 'arm,mmu-500': 'MMU-500' };

/** UART compatibles to console types (CONSOLE_TYPE of the configuration model), with bytes between registers. */
const UARTS: Readonly<Record<string, { type: string; stride: 1 | 4 }>> = {
  'arm,pl011': { type: 'PL011', stride: 4 },
  ns16550a: { type: '8250', stride: 1 },
  ns16550: { type: '8250', stride: 1 },
  'snps,dw-apb-uart': { type: '8250', stride: 4 },
  'brcm,bcm2835-aux-uart': { type: '8250', stride: 4 },
  'ti,am654-uart': { type: '8250', stride: 4 },
  'nvidia,tegra20-uart': { type: '8250', stride: 4 },
  'cdns,uart-r1p12': { type: 'XUARTPS', stride: 4 },
  'xlnx,xuartps': { type: 'XUARTPS', stride: 4 },
  'marvell,armada-3700-uart': { type: 'MVEBU', stride: 4 },
  'renesas,hscif': { type: 'HSCIF', stride: 4 },
  'renesas,scifa': { type: 'SCIFA', stride: 4 },
  'renesas,scif': { type: 'SCIF', stride: 4 },
  'fsl,imx21-uart': { type: 'IMX', stride: 4 },
  'fsl,imx6q-uart': { type: 'IMX', stride: 4 },
  'fsl,imx7ulp-lpuart': { type: 'IMX_LPUART', stride: 4 },
  'fsl,imx8qxp-lpuart': { type: 'IMX_LPUART', stride: 4 },
};

/** Other devices that a model may answer for. */
const DEVICES: Readonly<Record<string, string>> = {
  'arm,pl031': 'pl031',
  'arm,pl061': 'pl061',
  'qemu,fw-cfg-mmio': 'fw-cfg',
  'virtio,mmio': 'virtio-mmio',
  'cfi-flash': 'cfi-flash',
};

const GIC_V3 = ['arm,gic-v3'];
const GIC_V2 = ['arm,cortex-a15-gic', 'arm,cortex-a7-gic', 'arm,gic-400', 'arm,cortex-a9-gic', 'arm,eb11mp-gic'];

/** Interrupt numbers as the GIC binding has them: kind 0 is shared, 1 private. */
const PRIVATE = 1;
const PPI_BASE = 16;
/** The architecture's recommended PPIs (Arm BSA, B_PPI_00), where a tree is silent. */
const USUAL_PPIS = { securePhysical: 29, physical: 30, virtual: 27, hypervisor: 26 };
const USUAL_MAINTENANCE = 25;

/** A node with what it inherits from above it: cell counts, interrupt parent, and how its addresses reach the root. */
interface Place {
  node: DeviceTreeNode;
  addressCells: number;
  sizeCells: number;
  translate: (address: number) => number | undefined;
}

const number = (cells: readonly number[]): number => cells.reduce((sum, cell) => sum * 2 ** 32 + cell, 0);
const cellsOf = (node: DeviceTreeNode, name: string): number[] => readCells(property(node, name) ?? new Uint8Array(0));
const stringsOf = (node: DeviceTreeNode, name: string): string[] => {
  const value = property(node, name);
  return value ? readStrings(value) : [];
};
const compatible = (node: DeviceTreeNode): string[] => stringsOf(node, 'compatible');
/** Nodes without a status, or with "okay" or "ok", are there (2.3.4). */
const enabled = (node: DeviceTreeNode): boolean => ['okay', 'ok', undefined].includes(stringsOf(node, 'status')[0]);

/** Address translation of a bus node (2.3.8): empty `ranges` is identity, absent ones hide what is below. */
function translation(node: DeviceTreeNode, above: Place, addressCells: number, sizeCells: number): Place['translate'] {
  const ranges = property(node, 'ranges');
  if (!ranges) return () => undefined;
  if (ranges.length === 0) return above.translate;
  const cells = readCells(ranges);
  const entry = addressCells + above.addressCells + sizeCells;
  const windows = Array.from({ length: Math.floor(cells.length / entry) }, (_, n) => {
    const at = cells.slice(n * entry, (n + 1) * entry);
    return {
      child: number(at.slice(0, addressCells)),
      parent: number(at.slice(addressCells, addressCells + above.addressCells)),
      size: number(at.slice(addressCells + above.addressCells)),
    };
  });
  return (address) => {
    const window = windows.find(({ child, size }) => address >= child && address < child + size);
    return window && above.translate(window.parent + address - window.child);
  };
}

/** Every enabled node with its place, in tree order. */
function places(root: DeviceTreeNode): Place[] {
  const found: Place[] = [];
  const visit = (node: DeviceTreeNode, above: Place): void => {
    if (!enabled(node)) return;
    found.push({ ...above, node });
    const addressCells = cellsOf(node, '#address-cells')[0] ?? 2;
    const sizeCells = cellsOf(node, '#size-cells')[0] ?? 1;
    const isRoot = node === root;
    const below: Place = {
      node,
      addressCells,
      sizeCells,
      translate: isRoot ? (address) => address : translation(node, above, addressCells, sizeCells),
    };
    for (const child of node.children) visit(child, below);
  };
  visit(root, { node: root, addressCells: 2, sizeCells: 1, translate: (address) => address });
  return found;
}

/** The ranges of a `reg`, as physical addresses. */
function ranges({ node, addressCells, sizeCells, translate }: Place): { base: number; size: number }[] {
  const cells = cellsOf(node, 'reg');
  const entry = addressCells + sizeCells;
  if (entry === 0) return [];
  return Array.from({ length: Math.floor(cells.length / entry) }, (_, n) => {
    const at = cells.slice(n * entry, (n + 1) * entry);
    const base = translate(number(at.slice(0, addressCells)));
    return base === undefined ? [] : [{ base, size: number(at.slice(addressCells)) }];
  }).flat();
}

/** First shared interrupt of a node in the GIC's three-cell form. */
function sharedInterrupt(node: DeviceTreeNode): number | undefined {
  const [kind, line] = cellsOf(node, 'interrupts');
  return kind === 0 ? line : undefined;
}

const range = (name: string, { base, size }: { base: number; size: number }): BoardRange => ({
  name,
  base: pa(base),
  size,
});

function cpusOf(root: DeviceTreeNode): BoardCpu[] {
  const nodes = (findNode(root, '/cpus')?.children ?? []).filter(
    (node) => stringsOf(node, 'device_type')[0] === 'cpu' && enabled(node),
  );
  const affinities = nodes.map((node) => number(cellsOf(node, 'reg')));
  // A cluster is what shares everything above Aff0.
  const clusters = [...new Set(affinities.map((affinity) => Math.floor(affinity / 256)))].sort((a, b) => a - b);
  return nodes.map((node, id) => ({
    id,
    affinity: affinities[id]!,
    model: compatible(node)[0]?.replace(/^[^,]*,/, '') ?? 'unknown',
    cluster: clusters.indexOf(Math.floor(affinities[id]! / 256)),
  }));
}

function gicOf(all: readonly Place[], spis: readonly number[]): BoardGic | undefined {
  const place = all.find(({ node }) => compatible(node).some((name) => [...GIC_V3, ...GIC_V2].includes(name)));
  if (!place) return undefined;
  const version = compatible(place.node).some((name) => GIC_V3.includes(name)) ? 3 : 2;
  const regs = ranges(place);
  const maintenance = cellsOf(place.node, 'interrupts');
  // v3: distributor, redistributor regions, GICC, GICH, GICV; v2: distributor, GICC, GICH, GICV.
  const [cpuInterface, hypervisorInterface, virtualCpuInterface] = regs.slice(
    version === 3 ? 1 + (cellsOf(place.node, '#redistributor-regions')[0] ?? 1) : 1,
  );
  return {
    version,
    distributor: pa(regs[0]?.base ?? 0),
    ...(version === 3 && regs[1] && { redistributor: pa(regs[1].base) }),
    ...(cpuInterface && { cpuInterface: pa(cpuInterface.base) }),
    ...(hypervisorInterface && { hypervisorInterface: pa(hypervisorInterface.base) }),
    ...(virtualCpuInterface && { virtualCpuInterface: pa(virtualCpuInterface.base) }),
    // The tree does not say how many there are: enough for all that are mentioned, in steps of 32.
    spis: Math.max(32, Math.ceil((Math.max(-1, ...spis) + 1) / 32) * 32),
    maintenanceIrq:
      maintenance[0] === PRIVATE && maintenance[1] !== undefined ? maintenance[1] + PPI_BASE : USUAL_MAINTENANCE,
  };
}

function timersOf(all: readonly Place[], frequencyHz: number): BoardDescription['timers'] {
  const place = all.find(({ node }) => compatible(node).some((name) => /^arm,armv[78]-timer$/.test(name)));
  if (!place) return undefined;
  const cells = cellsOf(place.node, 'interrupts');
  const ppi = (n: number, usual: number): number => {
    const line = cells[n * 3 + 1];
    return cells[n * 3] === PRIVATE && line !== undefined ? line + PPI_BASE : usual;
  };
  return {
    frequencyHz: cellsOf(place.node, 'clock-frequency')[0] ?? frequencyHz,
    ppis: {
      securePhysical: ppi(0, USUAL_PPIS.securePhysical),
      physical: ppi(1, USUAL_PPIS.physical),
      virtual: ppi(2, USUAL_PPIS.virtual),
      hypervisor: ppi(3, USUAL_PPIS.hypervisor),
    },
  };
}

/** Monitors whose interrupt is private; those of older cores have a shared one for every CPU, which nothing here wires. */
function performanceMonitorsOf(all: readonly Place[]): BoardDescription['performanceMonitors'] {
  const lines = all
    .filter(({ node }) => compatible(node).some((name) => /^arm,(armv8-pmuv3|cortex-a\d+-pmu)$/.test(name)))
    .map(({ node }) => cellsOf(node, 'interrupts'))
    .filter(([kind, line]) => kind === PRIVATE && line !== undefined);
  return lines[0] && { ppi: lines[0][1]! + PPI_BASE };
}

/** The frequency of a node's first clock, if that is a fixed one. */
function clockHz(node: DeviceTreeNode, all: readonly Place[]): number | undefined {
  const own = cellsOf(node, 'clock-frequency')[0];
  if (own !== undefined) return own;
  const handle = cellsOf(node, 'clocks')[0];
  const clock = handle === undefined ? undefined : all.find((one) => cellsOf(one.node, 'phandle')[0] === handle);
  return clock && compatible(clock.node).includes('fixed-clock')
    ? cellsOf(clock.node, 'clock-frequency')[0]
    : undefined;
}

function uartsOf(all: readonly Place[]): BoardUart[] {
  return all
    .flatMap((place) => {
      const model = compatible(place.node).flatMap((name) => (UARTS[name] ? [UARTS[name]] : []))[0];
      const window = ranges(place)[0];
      if (!model || !window) return [];
      const spi = sharedInterrupt(place.node);
      const clock = clockHz(place.node, all);
      const shift = cellsOf(place.node, 'reg-shift')[0];
      return [
        {
          type: model.type,
          base: pa(window.base),
          size: window.size,
          ...(spi !== undefined && { spi }),
          stride: shift === undefined ? model.stride : shift === 2 ? (4 as const) : (1 as const),
          ...(clock !== undefined && { clockHz: clock }),
        },
      ];
    })
    .map((uart, n) => ({ name: `uart${n}`, ...uart }));
}

function devicesOf(all: readonly Place[]): BoardDevice[] {
  const seen = new Map<string, number>();
  const found = all.flatMap((place) => {
    const type = compatible(place.node).flatMap((name) => DEVICES[name] ?? [])[0];
    if (!type) return [];
    const spi = sharedInterrupt(place.node);
    return ranges(place).map((window) => ({ type, window, spi }));
  });
  const total = (type: string): number => found.filter((one) => one.type === type).length;
  return found
    .sort((a, b) => a.window.base - b.window.base)
    .map(({ type, window, spi }) => {
      const n = seen.get(type) ?? 0;
      seen.set(type, n + 1);
      return {
        ...range(total(type) > 1 ? `${type}${n}` : type, window),
        type,
        ...(spi !== undefined && { spi }),
      };
    });
}

function iommusOf(all: readonly Place[]): BoardIommu[] {
  return all
    .flatMap((place) => {
      const type = compatible(place.node).flatMap((name) => IOMMUS[name] ?? [])[0];
      const window = ranges(place)[0];
      return type && window ? [{ type, window }] : [];
    })
    .map(({ type, window }, n) => ({ ...range(`smmu${n}`, window), type }));
}

function pciOf(all: readonly Place[]): BoardPciHost[] {
  const kinds = [undefined, 'io', 'mem32', 'mem64'] as const;
  return all
    .filter(({ node }) => compatible(node).includes('pci-host-ecam-generic'))
    .flatMap((place) => {
      const ecam = ranges(place)[0];
      if (!ecam) return [];
      const cells = cellsOf(place.node, 'ranges');
      const windows = Array.from({ length: Math.floor(cells.length / 7) }, (_, n) => {
        const [space, , , ...rest] = cells.slice(n * 7, n * 7 + 7);
        const kind = kinds[((space ?? 0) >>> 24) & 3];
        return kind ? [{ kind, base: pa(number(rest.slice(0, 2))), size: number(rest.slice(2, 4)) }] : [];
      }).flat();
      const buses = cellsOf(place.node, 'bus-range');
      const intx = intxOf(place.node);
      return [
        {
          ecam: pa(ecam.base),
          ecamSize: ecam.size,
          buses: (buses[1] ?? 255) + 1,
          domain: cellsOf(place.node, 'linux,pci-domain')[0] ?? 0,
          virtual: false,
          windows,
          ...(intx && { intx }),
        },
      ];
    });
}

/** SPIs of INTA to INTD of device 0, from an interrupt-map into a GIC with two address cells. */
function intxOf(node: DeviceTreeNode): number[] | undefined {
  const cells = cellsOf(node, 'interrupt-map');
  // unit address (3), pin, parent, parent unit address (2 or 0), specifier (3)
  for (const entry of [10, 8]) {
    if (cells.length === 0 || cells.length % entry !== 0) continue;
    const first = Array.from({ length: 4 }, (_, pin) => cells.slice(pin * entry, (pin + 1) * entry));
    if (first.every((one, pin) => one[0] === 0 && one[3] === pin + 1 && one[entry - 3] === 0))
      return first.map((one) => one[entry - 2]!);
  }
  return undefined;
}

export interface FromDeviceTreeOptions {
  /** Folder name and title of the new board. */
  name: string;
  title?: string;
  /** How `sources` calls the blob. */
  file: string;
  /** Generic timer frequency where the tree has none (it is the firmware's to set). */
  timerHz?: number;
  /** Memory banks for trees that leave them to the firmware. */
  ram?: readonly { base: number; size: number }[];
}

/**
 * Makes a board description of a tree. It names no configurations yet (`rootConfig` NAME.c, no cells).
 * @throws BoardError if the tree has no CPUs, no memory, or belongs to no architecture that is known
 */
export function boardFromDeviceTree(tree: DeviceTree, options: FromDeviceTreeOptions): BoardDescription {
  const { root } = tree;
  const all = places(root);
  const cpus = cpusOf(root);
  const banks = all
    .filter(({ node }) => stringsOf(node, 'device_type')[0] === 'memory')
    .flatMap((place) => ranges(place).filter(({ size }) => size > 0));
  const ram = (banks.length > 0 ? banks : [...(options.ram ?? [])])
    .sort((a, b) => a.base - b.base)
    .map((bank, n, { length }) => range(length > 1 ? `RAM${n}` : 'RAM', bank));
  const problems: BoardProblem[] = [
    ...(cpus.length === 0 ? [{ field: '/cpus', reason: 'the tree has no CPUs' }] : []),
    ...(ram.length === 0
      ? [
          {
            field: '/memory',
            reason: 'the tree has no memory: its firmware fills it in at boot, so say where the RAM is',
          },
        ]
      : []),
  ];
  if (problems.length > 0) throw new BoardError(options.file, problems);

  const uarts = uartsOf(all);
  const devices = devicesOf(all);
  const pci = pciOf(all);
  const iommus = iommusOf(all);
  const spis = [...uarts, ...devices].flatMap(({ spi }) => spi ?? []).concat(pci.flatMap((host) => host.intx ?? []));
  const gic = gicOf(all, spis);
  const timers = timersOf(all, options.timerHz ?? 24_000_000);
  const performanceMonitors = performanceMonitorsOf(all);
  const psci = findNode(root, '/psci');
  const method = psci && stringsOf(psci, 'method')[0];
  const wide = cpus.some(({ model }) => /^cortex-a(5|7|8|9|12|15|17)$/.test(model));
  const reserved = (findNode(root, '/reserved-memory')?.children ?? []).length;
  const from = (path: string): string => `${options.file}: ${path}`;
  return {
    name: options.name,
    title: options.title ?? stringsOf(root, 'model')[0] ?? options.name,
    architecture: wide ? 'arm' : 'arm64',
    cpus,
    ram,
    reserved: reservedOf(tree, all),
    ...(gic && { gic }),
    ...(timers && { timers }),
    ...(performanceMonitors && { performanceMonitors }),
    uarts,
    devices,
    pci,
    ...(iommus.length > 0 && { iommus }),
    ...((method === 'smc' || method === 'hvc') && { psci: method }),
    kernelArguments: '',
    rootConfig: `${options.name}.c`,
    cells: [],
    sources: {
      cpus: from('/cpus'),
      ram: banks.length > 0 ? from('memory nodes') : 'given beside the tree',
      ...(reserved > 0 && { reserved: from('/reserved-memory') }),
      ...(gic && { gic: from('interrupt controller'), 'gic.spis': 'not in the tree: enough for all that it mentions' }),
      ...(timers && {
        timers: `${from('timer')}; frequency ${timers.frequencyHz} Hz unless the firmware sets another`,
      }),
      ...(performanceMonitors && { performanceMonitors: from('pmu') }),
      uarts: from('serial ports that a driver is known for'),
      devices: from('devices that a model is known for'),
      ...(pci.length > 0 && { pci: from('generic ECAM hosts') }),
      ...(iommus.length > 0 && { iommus: from('SMMUs') }),
      kernelArguments: 'to be filled in: memory for the hypervisor and the cells has to stay free',
    },
  };
}

/** Reserved memory: the blob's own reservations, and the fixed ranges under /reserved-memory (3.5). */
function reservedOf(tree: DeviceTree, all: readonly Place[]): BoardRange[] {
  const parent = findNode(tree.root, '/reserved-memory');
  const nodes = all.filter(({ node }) => parent?.children.includes(node));
  return [
    ...tree.reservations.map(({ address, size }, n) =>
      range(`reservation${n}`, { base: Number(address), size: Number(size) }),
    ),
    ...nodes.flatMap((place) => ranges(place).map((window) => range(place.node.name.split('@')[0]!, window))),
  ];
}
