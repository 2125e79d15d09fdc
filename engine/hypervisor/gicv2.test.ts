// A board with a GICv2, laid out like a Raspberry Pi 4 (ABI reference, H.1, H.2): other windows, other figures.
import { describe, expect, it } from 'vitest';
import type { BoardDescription } from '../board/index.ts';
import { cpuSetOf, MEM_FLAG, type CellConfig, type SystemConfig } from '../config/index.ts';
import { MiB, pa } from '../util/units.ts';
import { fakeMachine, qemuArm64 } from './testing/fake-machine.ts';
import { inmateDemo, ivshmem, PL011, region, rootConfig } from './testing/sample-configs.ts';
import { session } from './testing/session.ts';

const { READ, WRITE, EXECUTE, DMA, IO, COMM_REGION, LOADABLE, ROOTSHARED } = MEM_FLAG;
const GIC = { D: 0xff84_1000, C: 0xff84_2000, H: 0xff84_4000, V: 0xff84_6000 };
const UART = 0xfe21_5000;

function board(): BoardDescription {
  const virt = qemuArm64();
  return {
    ...virt,
    name: 'four-cores',
    cpus: virt.cpus.slice(0, 4).map((cpu) => ({ ...cpu, model: 'cortex-a72' })),
    ram: [{ name: 'RAM', base: pa(0), size: 512 * MiB }],
    gic: {
      version: 2,
      distributor: pa(GIC.D),
      cpuInterface: pa(GIC.C),
      hypervisorInterface: pa(GIC.H),
      virtualCpuInterface: pa(GIC.V),
      spis: 192,
      maintenanceIrq: 25,
    },
    uarts: [{ ...virt.uarts[0]!, base: pa(UART) }],
    devices: [],
  };
}

function sections(id: number, shared: bigint) {
  const output = (n: number) =>
    region(0x1fafa000 + n * 0x2000, 0x1fafa000 + n * 0x2000, 0x2000, READ | shared | (n === id ? WRITE : 0n));
  return [
    region(0x1faf0000, 0x1faf0000, 0x1000, READ | shared),
    region(0x1faf1000, 0x1faf1000, 0x9000, READ | WRITE | shared),
    output(0),
    output(1),
    output(2),
  ];
}

function system(): SystemConfig {
  const base = rootConfig(4);
  return {
    ...base,
    hypervisorMemory: region(0x1fc00000, 0, 4 * MiB, 0n),
    debugConsole: { ...PL011, address: BigInt(UART) },
    pciMmconfigBase: 0xff900000n,
    platform: {
      kind: 'arm',
      maintenanceIrq: 25,
      gicVersion: 2,
      padding: new Uint8Array(2),
      gicdBase: BigInt(GIC.D),
      giccBase: BigInt(GIC.C),
      gichBase: BigInt(GIC.H),
      gicvBase: BigInt(GIC.V),
      gicrBase: 0n,
    },
    rootCell: {
      ...base.rootCell,
      name: 'four-cores',
      memoryRegions: [
        ...sections(0, 0n),
        region(0x1fb00000, 0x1fb00000, 0x1000, READ),
        region(0, 0, 0, 0n),
        region(0x1fb01000, 0x1fb01000, 0x7f000, READ | WRITE),
        region(0x1fb80000, 0x1fb80000, 0x7f000, READ),
        region(0xfd500000, 0xfd500000, 0x1b00000, READ | WRITE | IO),
        region(0x600000000, 0x600000000, 0x4000000, READ | WRITE | IO),
        region(0, 0, 0x1fa10000, READ | WRITE | EXECUTE | DMA),
        region(0x20000000, 0x20000000, 3520 * MiB, READ | WRITE | EXECUTE | DMA),
        region(0x100000000, 0x100000000, 4096 * MiB, READ | WRITE | EXECUTE | DMA),
      ],
      irqchips: [
        { address: BigInt(GIC.D), id: 0, pinBase: 32, pinBitmap: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff] },
      ],
      pciDevices: [ivshmem(0, 0, 0, 3), ivshmem(8, 5, 0, 2, 1)],
    },
  };
}

const inmate = (change: Partial<CellConfig> = {}) =>
  inmateDemo({
    cpuSet: cpuSetOf([1, 2]),
    memoryRegions: [
      ...sections(1, ROOTSHARED),
      region(UART, UART, 0x1000, READ | WRITE | IO | ROOTSHARED),
      region(0x1fa00000, 0, 0x10000, READ | WRITE | EXECUTE | LOADABLE),
      region(0, 0x80000000, 0x1000, READ | WRITE | COMM_REGION),
    ],
    irqchips: [{ address: BigInt(GIC.D), id: 0, pinBase: 32, pinBitmap: [0x300, 0, 0, 0x10000] }],
    ...change,
  });

function setUp() {
  const s = session({ machine: fakeMachine(board()), system: system() });
  expect(s.result).toBe(0);
  const boot = s.printed();
  expect(s.create(inmate())).toBe(0);
  return { ...s, boot };
}

describe('a GICv2 board', () => {
  it('has the figures of a 4-CPU GICv2 board', () => {
    const s = setUp();
    expect(s.boot).toContain('Page pool usage after early setup: mem 39/994, remap 0/131072');
    expect(s.boot).toContain('Page pool usage after late setup: mem 61/994, remap 5/131072');
    expect(s.printed()).toContain('Page pool usage after cell creation: mem 75/994, remap 5/131072');
  });

  it('shows cells the virtual CPU interface where the physical one is', () => {
    const s = setUp();
    s.start(1);
    const cpu = s.machine.cpu(1);
    cpu.access(GIC.C, 4, true, 1);
    cpu.access(GIC.C + 4, 4, true, 0xf0);
    expect(cpu.access(GIC.C + 4, 4, false).lo).toBe(0xf0);
    expect(s.hv.cpu(1)!.counters.value(1)).toBe(0);
  });

  it('routes SPIs by target byte, within the cell only', () => {
    const s = setUp();
    s.start(1);
    const cpu = s.machine.cpu(1);
    cpu.access(GIC.D + 0x800 + 40, 1, true, 0b100);
    expect(s.machine.gic.readDistributor(0x828, 1)).toBe(0b100);
    cpu.access(GIC.D + 0x800 + 60, 4, true, 0x04040404);
    expect(s.machine.gic.readDistributor(0x83c, 4)).toBe(0);
    s.printed();
    cpu.access(GIC.D + 0x800 + 41, 1, true, 0b1001);
    expect(s.printed()[0]).toBe('Attempt to route IRQ41 outside of cell');
  });

  it('emulates GICD_SGIR: list, all others, self', () => {
    const s = setUp();
    s.start(1);
    s.machine.cpu(1).smc(0xc4000003, 2n, 0n, 0n);
    const cpu = s.machine.cpu(1);
    const pending = (id: number) => s.machine.gic.virtualPending(id);
    const send = (value: number) => {
      cpu.access(GIC.D + 0xf00, 4, true, value);
      s.machine.run(s.machine.now);
    };
    for (const id of [1, 2]) {
      s.machine.bus.owner = { name: 'inmate-demo', cpu: id };
      s.machine.gic.virtualInterface.write(0, 4, 1);
      s.machine.gic.virtualInterface.write(4, 4, 0xf0);
    }
    send((0b1111 << 16) | 5);
    expect([0, 1, 2, 3].map(pending)).toEqual([false, true, true, false]);
    s.machine.gic.resetVirtual(1);
    s.machine.gic.resetVirtual(2);
    send((1 << 24) | 6);
    expect([1, 2].map(pending)).toEqual([false, true]);
    s.machine.gic.resetVirtual(2);
    send((2 << 24) | 7);
    expect([1, 2].map(pending)).toEqual([true, false]);
  });

  it('points a cell’s SPIs at its first CPU', () => {
    const s = setUp();
    expect(s.machine.gic.readDistributor(0x800 + 40, 1)).toBe(0);
    s.machine.gic.writeDistributor(0x800 + 41, 1, 0b1001);
    s.destroy(1);
    expect(s.create(inmate(), 1)).toBe(0);
    expect(s.machine.gic.readDistributor(0x800 + 41, 1)).toBe(0b10);
  });
});
