// Configurations for tests: the reference's qemu-arm64 root and inmate-demo as models, after the figures of its public
// description. Source: ABI reference, H.1-H.3.
import {
  CELL_FLAG,
  CONFIG_REVISION,
  CONSOLE_FLAG,
  CONSOLE_TYPE,
  cpuSetOf,
  emptyPciDevice,
  MEM_FLAG,
  SYSTEM_FLAG,
  type CellConfig,
  type ConsoleDescriptor,
  type MemoryRegion,
  type PciDevice,
  type SystemConfig,
} from '../../config/index.ts';

const { READ, WRITE, EXECUTE, DMA, IO, COMM_REGION, LOADABLE, ROOTSHARED } = MEM_FLAG;
const ARM64 = 2;

export const region = (physStart: number, virtStart: number, size: number, flags: bigint): MemoryRegion => ({
  physStart: BigInt(physStart),
  virtStart: BigInt(virtStart),
  size: BigInt(size),
  flags,
});

export const PL011: ConsoleDescriptor = {
  address: 0x0900_0000n,
  size: 0x1000,
  type: CONSOLE_TYPE.PL011,
  flags: CONSOLE_FLAG.MMIO | CONSOLE_FLAG.REGDIST_4,
  divider: 0,
  gateNr: 0,
  clockReg: 0n,
};

export const ivshmem = (bdf: number, start: number, id: number, peers: number, protocol = 0): PciDevice => ({
  ...emptyPciDevice(),
  domain: 1,
  bdf,
  barMask: [0xfffff000, 0, 0, 0, 0, 0],
  shmemRegionsStart: start,
  shmemDevId: id,
  shmemPeers: peers,
  shmemProtocol: protocol,
});

/** State table, common section, three output sections; peer `id` writes its own. Root regions are not ROOTSHARED. */
function demoSections(id: number, shared: bigint): MemoryRegion[] {
  const output = (n: number) =>
    region(0x7fafa000 + n * 0x2000, 0x7fafa000 + n * 0x2000, 0x2000, READ | shared | (n === id ? WRITE : 0n));
  return [
    region(0x7faf0000, 0x7faf0000, 0x1000, READ | shared),
    region(0x7faf1000, 0x7faf1000, 0x9000, READ | WRITE | shared),
    output(0),
    output(1),
    output(2),
  ];
}

const netSections = (id: number, shared: bigint): MemoryRegion[] => [
  region(0x7fb00000, 0x7fb00000, 0x1000, READ | shared),
  region(0, 0, 0, 0n),
  region(0x7fb01000, 0x7fb01000, 0x7f000, READ | shared | (id === 0 ? WRITE : 0n)),
  region(0x7fb80000, 0x7fb80000, 0x7f000, READ | shared | (id === 1 ? WRITE : 0n)),
];

const descriptor = { signature: 'JHCLL', architecture: ARM64, revision: CONFIG_REVISION, id: 0, flags: 0 };
const empty = {
  cacheRegions: [],
  pioRegions: [],
  pciCaps: [],
  streamIds: [],
  cpuResetAddress: 0n,
  msgReplyTimeout: 0n,
};

export function rootConfig(cpus = 16): SystemConfig {
  const numbers = Array.from({ length: cpus }, (_, id) => id);
  return {
    signature: 'JHSYS',
    architecture: ARM64,
    revision: CONFIG_REVISION,
    flags: SYSTEM_FLAG.VIRTUAL_DEBUG_CONSOLE,
    hypervisorMemory: region(0x7fc00000, 0, 0x400000, 0n),
    debugConsole: PL011,
    pciMmconfigBase: 0x08e00000n,
    pciMmconfigEndBus: 0,
    pciIsVirtual: 1,
    pciDomain: 1,
    iommuUnits: Array.from({ length: 8 }, () => ({ type: 0, base: 0n, size: 0, specific: new Uint8Array(12) })),
    platform: {
      kind: 'arm',
      maintenanceIrq: 25,
      gicVersion: 3,
      padding: new Uint8Array(2),
      gicdBase: 0x08000000n,
      giccBase: 0n,
      gichBase: 0n,
      gicvBase: 0n,
      gicrBase: 0x080a0000n,
    },
    rootCell: {
      ...descriptor,
      ...empty,
      signature: '',
      architecture: 0,
      revision: 0,
      name: 'qemu-arm64',
      cpuSet: cpuSetOf(numbers),
      memoryRegions: [
        ...demoSections(0, 0n),
        ...netSections(0, 0n),
        region(0x09000000, 0x09000000, 0x37000000, READ | WRITE | IO),
        region(0x40000000, 0x40000000, 0x3fa10000, READ | WRITE | EXECUTE | DMA),
        region(0x4010000000, 0x4010000000, 0x10000000, READ | WRITE | IO),
      ],
      irqchips: [
        { address: 0x08000000n, id: 0, pinBase: 32, pinBitmap: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff] },
      ],
      pciDevices: [ivshmem(0, 0, 0, 3), ivshmem(8, 5, 0, 2, 1)],
      vpciIrqBase: 96,
      console: { ...PL011, address: 0n, size: 0, type: 0, flags: 0 },
    },
  };
}

/** CPU 1, the shared ivshmem demo, UART page, 64 KiB of RAM at 0, comm region. */
export function inmateDemo(change: Partial<CellConfig> = {}): CellConfig {
  return {
    ...descriptor,
    ...empty,
    name: 'inmate-demo',
    flags: CELL_FLAG.PASSIVE_COMMREG,
    cpuSet: cpuSetOf([1]),
    memoryRegions: [
      ...demoSections(1, ROOTSHARED),
      region(0x09000000, 0x09000000, 0x1000, READ | WRITE | IO | ROOTSHARED),
      region(0x7fa00000, 0, 0x10000, READ | WRITE | EXECUTE | LOADABLE),
      region(0, 0x80000000, 0x1000, READ | WRITE | COMM_REGION),
    ],
    irqchips: [{ address: 0x08000000n, id: 0, pinBase: 32, pinBitmap: [0, 0, 0, 0x10000] }],
    pciDevices: [ivshmem(0, 0, 1, 3)],
    vpciIrqBase: 112,
    console: PL011,
    ...change,
  };
}

/** A cell with CPUs and 64 KiB of its own RAM, and nothing shared: as many as a test wants. */
export function plainCell(name: string, cpus: number[], ramAt: number, change: Partial<CellConfig> = {}): CellConfig {
  return inmateDemo({
    name,
    cpuSet: cpuSetOf(cpus, 8),
    memoryRegions: [
      region(0x09000000, 0x09000000, 0x1000, READ | WRITE | IO | ROOTSHARED),
      region(ramAt, 0, 0x10000, READ | WRITE | EXECUTE | LOADABLE),
      region(0, 0x80000000, 0x1000, READ | WRITE | COMM_REGION),
    ],
    irqchips: [],
    pciDevices: [],
    ...change,
  });
}
