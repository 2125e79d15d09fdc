// A new cell from what is free: CPUs, memory, a UART, a network link. Gives the cell's configuration, the system configuration
// with what the cell needs of it, and the kernel arguments that keep its memory from Linux. Conventions: ABI reference, C.5,
// D.3, D.4, F.6, H.3.
import type { BoardUart } from '../board/description.ts';
import { GIC_SPI_BASE, cpuSetOf, cpusOf, pinsOf } from './codec.ts';
import { ConfigError } from './errors.ts';
import {
  CELL_FLAG,
  CONFIG_REVISION,
  CONSOLE_FLAG,
  CONSOLE_TYPE,
  MEM_FLAG,
  PCI_TYPE,
  type CellConfig,
  type ConsoleDescriptor,
  type Irqchip,
  type MemoryRegion,
  type PciDevice,
  type SystemConfig,
} from './model.ts';
import { linuxMemory, merged, reservationArguments, subtract } from './reservation.ts';
import { contains, isCommRegion, isExecutable, overlaps, type Range } from './region.ts';
import { viewOf, type CheckedScenario } from './rules/rule.ts';
import { neededFromLinux } from './rules/platform.ts';
import { sizeText } from './show.ts';
import { netRegions } from './source/net-regions.ts';
import { CELL_SIGNATURE, SHMEM_PROTOCOL } from './symbols.ts';

export interface NewCellRequest {
  name: string;
  /** How many CPUs, or which. */
  cpus: number | readonly number[];
  /** Bytes of RAM. */
  memory: bigint;
  /**
   * The console: `shared` for the hypervisor's debug console, `virtual` for the hypervisor's virtual one, `none`, or a UART of
   * the board by its name, which the cell then owns.
   */
  uart: string;
  /** RAM for a Linux: identity-mapped with DMA, a loader's region at guest 0. Else one region at guest 0. */
  linux: boolean;
  /** A virtual Ethernet link to root. */
  network: boolean;
}

export interface NewCell {
  cell: CellConfig;
  /** The system configuration that goes with it; equal to the given one when it needs no change. */
  system: SystemConfig;
  /** What was changed in it, one sentence each. */
  systemChanges: string[];
  /** What the kernel command line must say; empty when the board is not known. */
  kernelArguments: string[];
}

const PAGE = 0x1000n;
const HUGE_PAGE = 0x200000n;
const INMATE_ALIGNMENT = 0x10000n;
const LOADER_SIZE = 0x10000n;
const NET_SIZE = 0x100000n;
const COMM_REGION = { x86: 0x100000n, arm: 0x80000000n } as const;
const RAM_FLAGS = MEM_FLAG.READ | MEM_FLAG.WRITE | MEM_FLAG.EXECUTE;
const COM_PORTS = [0x3f8, 0x2f8];

const refused = (message: string): ConfigError => new ConfigError('value', message);

/** @returns the cell and what goes with it, or why it cannot be made */
export function newCell(scenario: CheckedScenario, request: NewCellRequest): NewCell | ConfigError {
  try {
    return new Generator(scenario, request).make();
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

class Generator {
  readonly #scenario: CheckedScenario;
  readonly #request: NewCellRequest;
  readonly #system: SystemConfig;
  readonly #isX86: boolean;
  readonly #cell: CellConfig;
  readonly #changes: string[] = [];
  /** Physical ranges that are taken, more with every step. */
  readonly #taken: Range[];

  constructor(scenario: CheckedScenario, request: NewCellRequest) {
    this.#scenario = scenario;
    this.#request = request;
    this.#system = structuredClone(scenario.system);
    this.#isX86 = scenario.system.architecture === 0;
    const view = viewOf(scenario);
    this.#taken = [
      view.hypervisor,
      ...view.cells.flatMap(({ regions }) => regions.filter(({ hasMemory }) => hasMemory).map(({ phys }) => phys)),
      // What root shares or keeps apart from its RAM: shared memory, devices.
      ...view.root.regions
        .filter(({ hasMemory, region }) => hasMemory && !isExecutable(region))
        .map(({ phys }) => phys),
      ...(scenario.board?.reserved.map(({ base, size }) => ({ start: BigInt(base), size: BigInt(size) })) ?? []),
    ];
    this.#cell = emptyCell(request.name, scenario.system.architecture);
  }

  make(): NewCell {
    const { name, network } = this.#request;
    if (name === '' || name.length > 31) throw refused(`The name "${name}" must have 1 to 31 characters.`);
    if ([this.#system.rootCell, ...this.#scenario.cells].some((other) => other.name === name))
      throw refused(`There already is a cell "${name}": choose another name with --name.`);
    this.#cell.cpuSet = cpuSetOf(this.#cpus(), this.#system.rootCell.cpuSet.length);
    this.#console();
    this.#memory();
    if (network) this.#network();
    this.#cell.memoryRegions.push({
      physStart: 0n,
      virtStart: this.#isX86 ? COMM_REGION.x86 : COMM_REGION.arm,
      size: PAGE,
      flags: MEM_FLAG.READ | MEM_FLAG.COMM_REGION,
    });
    return {
      cell: this.#cell,
      system: this.#system,
      systemChanges: this.#changes,
      kernelArguments: this.#kernelArguments(),
    };
  }

  #cpus(): number[] {
    const { cpus } = this.#request;
    const system = cpusOf(this.#system.rootCell.cpuSet);
    const given = new Set(this.#scenario.cells.flatMap(({ cpuSet }) => cpusOf(cpuSet)));
    // The first CPU stays with root: on x86 it must, elsewhere Linux booted on it.
    const free = system.filter((cpu) => !given.has(cpu) && cpu !== system[0]);
    if (typeof cpus === 'number') {
      if (cpus < 1) throw refused('A cell needs at least one CPU.');
      if (free.length < cpus)
        throw refused(
          `${cpus} CPUs are wanted, and ${free.length === 0 ? 'none is' : `only ${free.join(', ')} are`} free besides root's first one.`,
        );
      // The highest free ones, so that root keeps the low numbers.
      return free.slice(-cpus);
    }
    for (const cpu of cpus) {
      if (!system.includes(cpu)) throw refused(`The system has no CPU ${cpu}: it has ${system.join(', ')}.`);
      if (given.has(cpu))
        throw refused(`CPU ${cpu} already belongs to another cell: free are ${free.join(', ') || 'none'}.`);
      if (this.#isX86 && cpu === 0) throw refused('CPU 0 must stay with root on x86.');
    }
    if (system.every((cpu) => given.has(cpu) || cpus.includes(cpu)))
      throw refused('Root must keep a CPU: take one less.');
    if (cpus.length === 0) throw refused('A cell needs at least one CPU.');
    return [...cpus];
  }

  // -------------------------------------------------------------------------------------------------------------- memory

  #memory(): void {
    const { memory, linux } = this.#request;
    if (memory < PAGE || memory % PAGE !== 0n)
      throw refused(`RAM of ${sizeText(memory)} is not a number of 4 KiB pages.`);
    const flags = RAM_FLAGS | MEM_FLAG.LOADABLE;
    if (!linux) {
      const start = this.#allocate(memory, 'RAM');
      this.#cell.memoryRegions.push({ physStart: start, virtStart: 0n, size: memory, flags });
      return;
    }
    const start = this.#allocate(memory, 'RAM');
    const loader = this.#allocate(this.#isX86 ? HUGE_PAGE / 2n : LOADER_SIZE, "the loader's memory");
    this.#cell.memoryRegions.push(
      { physStart: loader, virtStart: 0n, size: this.#isX86 ? HUGE_PAGE / 2n : LOADER_SIZE, flags },
      { physStart: start, virtStart: this.#isX86 ? HUGE_PAGE : start, size: memory, flags: flags | MEM_FLAG.DMA },
    );
  }

  /** Takes the highest free stretch of RAM, first what Linux does not use already. */
  #allocate(size: bigint, what: string): bigint {
    const alignment = size >= HUGE_PAGE ? HUGE_PAGE : INMATE_ALIGNMENT;
    const { board } = this.#scenario;
    let ram = this.#system.rootCell.memoryRegions
      .filter((region) => isExecutable(region) && !isCommRegion(region))
      .map(({ physStart, size: length }): Range => ({ start: physStart, size: length }));
    if (board) {
      const banks = board.ram.map(({ base, size: length }): Range => ({ start: BigInt(base), size: BigInt(length) }));
      ram = ram.filter((range) => banks.some((bank) => overlaps(bank, range)));
    }
    const free = this.#taken.reduce<Range[]>((ranges, hole) => subtract(ranges, hole), merged(ram));
    const linux = board ? linuxMemory(board, this.#commandLine()) : [];
    const unused = linux.reduce<Range[]>((ranges, hole) => subtract(ranges, hole), free);
    for (const ranges of [unused, free]) {
      for (const range of [...ranges].reverse()) {
        const end = range.start + range.size;
        if (range.size < size) continue;
        const start = ((end - size) / alignment) * alignment;
        if (start < range.start) continue;
        this.#taken.push({ start, size });
        return start;
      }
    }
    const largest = free.reduce((max, range) => (range.size > max ? range.size : max), 0n);
    throw refused(
      `There is no free stretch of ${sizeText(size)} for ${what} in the RAM of the root cell; the largest has ${sizeText(largest)}.`,
    );
  }

  #commandLine(): string {
    return this.#scenario.kernelArguments ?? this.#scenario.board?.kernelArguments ?? '';
  }

  #kernelArguments(): string[] {
    const { board } = this.#scenario;
    if (!board) return [];
    const view = viewOf({ system: this.#system, cells: [...this.#scenario.cells, this.#cell] });
    const needed = neededFromLinux(view);
    const clash = linuxMemory(board, this.#commandLine()).some((bank) => needed.some((range) => overlaps(bank, range)));
    return clash ? reservationArguments(board, needed) : this.#commandLine().split(/\s+/).filter(Boolean);
  }

  // ------------------------------------------------------------------------------------------------------------- console

  #console(): void {
    const { uart } = this.#request;
    if (uart === 'none') return;
    if (uart === 'virtual') {
      this.#cell.flags =
        (this.#cell.flags | CELL_FLAG.VIRTUAL_CONSOLE_PERMITTED | CELL_FLAG.VIRTUAL_CONSOLE_ACTIVE) >>> 0;
      return;
    }
    if (this.#isX86 && uart !== 'shared') {
      const port = Number(uart);
      if (!COM_PORTS.includes(port))
        throw refused(`--uart ${uart}: on x86 give shared, virtual, none, 0x3f8 or 0x2f8.`);
      return this.#ports(port);
    }
    const debug = this.#system.debugConsole;
    if (uart === 'shared') {
      if (debug.type === CONSOLE_TYPE.NONE)
        throw refused('The system has no debug console to share: give --uart NAME, virtual or none.');
      if ((debug.flags & CONSOLE_FLAG.MMIO) === 0) return this.#ports(Number(debug.address));
      return this.#uartPage({ ...debug }, true);
    }
    const found = this.#scenario.board?.uarts.find(
      ({ name, base }) => name === uart || `0x${base.toString(16)}` === uart,
    );
    if (!found) {
      const known = this.#scenario.board?.uarts.map(({ name }) => name) ?? [];
      throw refused(
        `--uart ${uart}: ${known.length > 0 ? `the board has ${known.join(', ')}` : 'no board is known'}; or give shared, virtual or none.`,
      );
    }
    this.#ownUart(found);
  }

  #ownUart(uart: BoardUart): void {
    const window = { start: BigInt(uart.base), size: BigInt(uart.size) };
    const isDebugConsole = contains(window, { start: this.#system.debugConsole.address, size: 1n });
    const type = CONSOLE_TYPE[uart.type as keyof typeof CONSOLE_TYPE] ?? CONSOLE_TYPE.NONE;
    const owner = this.#scenario.cells.find((cell) =>
      cell.memoryRegions.some((region) => overlaps({ start: region.physStart, size: region.size }, window)),
    );
    if (owner && !isDebugConsole)
      throw refused(`${uart.name} already belongs to cell "${owner.name}": choose another UART, or shared.`);
    const flags = CONSOLE_FLAG.MMIO | (uart.type === '8250' && uart.stride === 1 ? 0 : CONSOLE_FLAG.REGDIST_4);
    this.#uartPage({ ...emptyConsole(), address: window.start, size: uart.size, type, flags }, isDebugConsole);
    if (!isDebugConsole && uart.spi !== undefined) this.#interrupt(uart.spi);
  }

  #uartPage(console: ConsoleDescriptor, shared: boolean): void {
    this.#cell.console = { ...console, divider: 0 };
    const start = console.address & ~(PAGE - 1n);
    const end = console.address + BigInt(Math.max(console.size, 1));
    const size = ((end - start + PAGE - 1n) / PAGE) * PAGE;
    const region: MemoryRegion = {
      physStart: start,
      virtStart: start,
      size,
      flags: MEM_FLAG.READ | MEM_FLAG.WRITE | MEM_FLAG.IO | (shared ? MEM_FLAG.ROOTSHARED : 0n),
    };
    this.#cell.memoryRegions.push(region);
    const root = this.#system.rootCell.memoryRegions;
    if (!shared && !root.some((other) => contains({ start: other.physStart, size: other.size }, { start, size }))) {
      root.push({ ...region });
      this.#changes.push(`a region for the UART at 0x${start.toString(16)}, so that root gets it back`);
    }
  }

  #ports(base: number): void {
    const range = { base, length: 8 };
    const owner = this.#scenario.cells.find((cell) =>
      cell.pioRegions.some((other) => other.base < base + 8 && base < other.base + other.length),
    );
    if (owner)
      throw refused(`Ports 0x${base.toString(16)} already belong to cell "${owner.name}": choose another UART.`);
    this.#cell.console = { ...emptyConsole(), address: BigInt(base), type: CONSOLE_TYPE['8250'] };
    this.#cell.pioRegions.push(range);
    const root = this.#system.rootCell.pioRegions;
    if (!root.some((other) => other.base <= base && other.base + other.length >= base + 8)) {
      root.push({ ...range });
      this.#changes.push(`ports 0x${base.toString(16)}-0x${(base + 7).toString(16)}, so that root gets them back`);
    }
  }

  // ---------------------------------------------------------------------------------------------------- interrupts, network

  /** Gives the cell an SPI, and root as well if it lacks it. */
  #interrupt(spi: number): void {
    setSpi(this.#cell.irqchips, this.#gicd(), spi);
    const root = this.#system.rootCell.irqchips;
    if (!root.some((chip) => pinsOf(chip).includes(spi + GIC_SPI_BASE))) {
      setSpi(root, this.#gicd(), spi);
      this.#changes.push(`SPI ${spi} in its irqchips`);
    }
  }

  #gicd(): bigint {
    const { platform } = this.#system;
    return platform.kind === 'arm' ? platform.gicdBase : 0n;
  }

  #network(): void {
    const { board } = this.#scenario;
    if (this.#system.pciMmconfigBase === 0n)
      throw refused(
        'The system has no PCI host (pci_mmconfig_base is 0), which a network link needs: add one, or leave out --network.',
      );
    const slot = this.#freeSlot();
    const start = this.#allocate(NET_SIZE, 'the network link');
    const device = (deviceId: number, regions: number): PciDevice => ({
      ...emptyPciDevice(),
      domain: this.#system.pciDomain === 0xffff ? 0 : this.#system.pciDomain,
      bdf: slot << 3,
      barMask: [0xfffff000, this.#isX86 ? 0xfffff000 : 0, 0, 0, 0, 0],
      numMsixVectors: this.#isX86 ? 2 : 0,
      shmemRegionsStart: regions,
      shmemDevId: deviceId,
      shmemPeers: 2,
      shmemProtocol: SHMEM_PROTOCOL.VETH,
    });
    const root = this.#system.rootCell;
    // Root's RAM no longer covers the shared pages under another region's flags: a region of its own comes in front.
    this.#cutFromRoot({ start, size: NET_SIZE });
    root.pciDevices.push(device(0, root.memoryRegions.length));
    root.memoryRegions.push(...netRegions(start, 0));
    this.#changes.push(
      `a virtual Ethernet device 00:${slot.toString(16).padStart(2, '0')}.0 with its memory at 0x${start.toString(16)}`,
    );
    this.#cell.pciDevices.push(device(1, this.#cell.memoryRegions.length));
    this.#cell.memoryRegions.push(...netRegions(start, 1));
    if (this.#isX86) return;
    const rootSpi = root.vpciIrqBase + (slot & 3);
    if (!root.irqchips.some((chip) => pinsOf(chip).includes(rootSpi + GIC_SPI_BASE)))
      setSpi(root.irqchips, this.#gicd(), rootSpi);
    const used = new Set([
      ...(board ? [...board.uarts, ...board.devices].flatMap(({ spi }) => (spi === undefined ? [] : [spi])) : []),
      ...(board?.pci.flatMap(({ intx }) => intx ?? []) ?? []),
      ...[root, ...this.#scenario.cells].flatMap(({ vpciIrqBase, pciDevices }) =>
        pciDevices.length > 0 ? [0, 1, 2, 3].map((line) => vpciIrqBase + line) : [],
      ),
      ...this.#scenario.cells.flatMap(({ irqchips }) => irqchips.flatMap(pinsOf).map((pin) => pin - GIC_SPI_BASE)),
    ]);
    const limit = board?.gic?.spis ?? 128;
    // From above, where devices are rare; aligned to four so that lines and slots match.
    for (let base = Math.floor((Math.min(limit, 128) - 4) / 4) * 4; base >= 0; base -= 4) {
      if ([0, 1, 2, 3].some((line) => used.has(base + line))) continue;
      this.#cell.vpciIrqBase = base;
      this.#interrupt(base + (slot & 3));
      return;
    }
    throw refused('There are no four free SPIs for the interrupts of a network link.');
  }

  #cutFromRoot(hole: Range): void {
    const root = this.#system.rootCell;
    const regions: MemoryRegion[] = [];
    let shift = 0;
    const moved = new Map<number, number>();
    root.memoryRegions.forEach((region, index) => {
      moved.set(index, index + shift);
      if (!isExecutable(region) || !overlaps({ start: region.physStart, size: region.size }, hole)) {
        regions.push(region);
        return;
      }
      const parts = subtract([{ start: region.physStart, size: region.size }], hole);
      shift += parts.length - 1;
      for (const { start, size } of parts) regions.push({ ...region, physStart: start, virtStart: start, size });
    });
    root.memoryRegions = regions;
    for (const device of root.pciDevices)
      device.shmemRegionsStart = moved.get(device.shmemRegionsStart) ?? device.shmemRegionsStart;
  }

  #freeSlot(): number {
    const used = new Set(
      [this.#system.rootCell, ...this.#scenario.cells].flatMap(({ pciDevices }) =>
        pciDevices.map(({ bdf }) => bdf >> 3),
      ),
    );
    for (let slot = 0; slot < 32; slot++) if (!used.has(slot)) return slot;
    throw refused('All 32 slots of PCI bus 0 are taken.');
  }
}

/** Sets an SPI's bit in the entry that covers it, or in a new one. */
function setSpi(chips: Irqchip[], address: bigint, spi: number): void {
  const id = spi + GIC_SPI_BASE;
  let chip = chips.find(({ address: at, pinBase }) => at === address && id >= pinBase && id < pinBase + 128);
  if (!chip) {
    chip = { address, id: 0, pinBase: GIC_SPI_BASE + Math.floor(spi / 128) * 128, pinBitmap: [0, 0, 0, 0] };
    chips.push(chip);
  }
  const offset = id - chip.pinBase;
  chip.pinBitmap[offset >> 5] = (chip.pinBitmap[offset >> 5]! | (1 << (offset & 31))) >>> 0;
}

const emptyConsole = (): ConsoleDescriptor => ({
  address: 0n,
  size: 0,
  type: CONSOLE_TYPE.NONE,
  flags: 0,
  divider: 0,
  gateNr: 0,
  clockReg: 0n,
});

/** A virtual device whose record has nothing filled in. */
export const emptyPciDevice = (): PciDevice => ({
  type: PCI_TYPE.IVSHMEM,
  iommu: 0,
  domain: 0,
  bdf: 0,
  barMask: [0, 0, 0, 0, 0, 0],
  capsStart: 0,
  numCaps: 0,
  numMsiVectors: 0,
  msiBits: 0,
  numMsixVectors: 0,
  msixRegionSize: 0,
  msixAddress: 0n,
  shmemRegionsStart: 0,
  shmemDevId: 0,
  shmemPeers: 0,
  shmemProtocol: 0,
});

const emptyCell = (name: string, architecture: number): CellConfig => ({
  signature: CELL_SIGNATURE,
  architecture,
  revision: CONFIG_REVISION,
  name,
  id: 0,
  flags: CELL_FLAG.PASSIVE_COMMREG,
  cpuSet: new Uint8Array(8),
  memoryRegions: [],
  cacheRegions: [],
  irqchips: [],
  pioRegions: [],
  pciDevices: [],
  pciCaps: [],
  streamIds: [],
  vpciIrqBase: 0,
  cpuResetAddress: 0n,
  msgReplyTimeout: 0n,
  console: emptyConsole(),
});
