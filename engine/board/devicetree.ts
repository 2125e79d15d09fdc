// The device tree that a board gives to a kernel on the bare board: what QEMU's virt machine describes, made from the
// board description. Source: Devicetree Specification v0.4 chapter 3; the bindings of the Linux kernel named at each node.
import type { BoardDescription } from './description.ts';
import { REDISTRIBUTOR_STRIDE } from './load.ts';
import { cells, string, twoCells } from './dtb.ts';
import type { DeviceTree, DeviceTreeNode, DeviceTreeProperty } from './dtb.ts';

/** What the loader adds to the board: /chosen (3.6). */
export interface BootParameters {
  commandLine?: string;
  /** Physical range of the initial RAM disk. */
  initrd?: { start: number; end: number };
  /** Use only the first `cpus` CPUs of the board. */
  cpus?: number;
  /** Seeds the kernel's random numbers; the same seed gives the same run. Left out: the kernel has to find its own. */
  rngSeed?: Uint8Array;
}

/** Interrupt specifier of the GIC binding: SPI or PPI, number, trigger. */
const SPI = 0;
const PPI = 1;
const TRIGGER = { EDGE_RISING: 1, LEVEL_HIGH: 4 } as const;

const PHANDLE = { CLOCK: 0x8000, GIC: 0x8001, GPIO: 0x8002, MSI: 0x8003, CPU: 0x8100 } as const;
/** Linux input event code of the power key. */
const KEY_POWER = 116;
/** Pin of the PL061 to which QEMU's virt machine wires its power button. */
const POWER_BUTTON_PIN = 3;

const p = (name: string, value: Uint8Array): DeviceTreeProperty => ({ name, value });
const flag = (name: string): DeviceTreeProperty => p(name, new Uint8Array(0));
const node = (name: string, properties: DeviceTreeProperty[], children: DeviceTreeNode[] = []): DeviceTreeNode => ({
  name,
  properties,
  children,
});
const oneOrTwoCells = (value: number): number[] => (value < 2 ** 32 ? [value] : [...twoCells(value)]);
const hex = (value: number): string => value.toString(16);
const reg = (...ranges: readonly { base: number; size: number }[]): DeviceTreeProperty =>
  p('reg', cells(...ranges.flatMap(({ base, size }) => [...twoCells(base), ...twoCells(size)])));
const interrupt = (kind: number, number: number, trigger: number): [number, number, number] => [kind, number, trigger];

/** PrimeCell nodes: `arm,primecell` beside the part, clocked by the APB clock (bindings/arm/primecell.yaml). */
function primeCell(
  part: string,
  { base, size, spi }: { base: number; size: number; spi?: number },
  ...more: DeviceTreeProperty[]
): DeviceTreeNode {
  return node(`${part}@${hex(base)}`, [
    p('compatible', string(`arm,${part}`, 'arm,primecell')),
    reg({ base, size }),
    ...(spi === undefined ? [] : [p('interrupts', cells(...interrupt(SPI, spi, TRIGGER.LEVEL_HIGH)))]),
    p('clocks', cells(PHANDLE.CLOCK)),
    p('clock-names', string('apb_pclk')),
    ...more,
  ]);
}

function cpuNodes(board: BoardDescription, count: number): DeviceTreeNode {
  const cpus = board.cpus.slice(0, count);
  // Affinity above 32 bits needs a second cell (bindings/arm/cpus.yaml).
  const wide = cpus.some((cpu) => cpu.affinity >= 2 ** 32);
  const clusters = [...new Set(cpus.map((cpu) => cpu.cluster))];
  return node(
    'cpus',
    [p('#address-cells', cells(wide ? 2 : 1)), p('#size-cells', cells(0))],
    [
      ...cpus.map((cpu) =>
        node(`cpu@${hex(cpu.affinity)}`, [
          p('device_type', string('cpu')),
          p('compatible', string(`arm,${cpu.model}`)),
          p('reg', wide ? cells(...twoCells(cpu.affinity)) : cells(cpu.affinity)),
          ...(board.psci ? [p('enable-method', string('psci'))] : []),
          p('phandle', cells(PHANDLE.CPU + cpu.id)),
        ]),
      ),
      node(
        'cpu-map',
        [],
        [
          node(
            'socket0',
            [],
            clusters.map((cluster, n) =>
              node(
                `cluster${n}`,
                [],
                cpus
                  .filter((cpu) => cpu.cluster === cluster)
                  .map((cpu, core) => node(`core${core}`, [p('cpu', cells(PHANDLE.CPU + cpu.id))])),
              ),
            ),
          ),
        ],
      ),
    ],
  );
}

/** bindings/interrupt-controller/arm,gic-v3.yaml and arm,gic.yaml. */
function gicNode(board: BoardDescription, cpus: number): DeviceTreeNode[] {
  const { gic } = board;
  if (!gic) return [];
  const windows =
    gic.version === 3
      ? [
          { base: gic.distributor, size: 0x10000 },
          { base: gic.redistributor!, size: cpus * REDISTRIBUTOR_STRIDE },
        ]
      : [
          { base: gic.distributor, size: 0x10000 },
          { base: gic.cpuInterface!, size: 0x10000 },
        ];
  // bindings/interrupt-controller/arm,gic.yaml, "v2m": message signalled interrupts.
  const frames = board.devices.filter((device) => device.type === 'gic-v2m');
  return [
    node(
      `intc@${hex(gic.distributor)}`,
      [
        p('compatible', string(gic.version === 3 ? 'arm,gic-v3' : 'arm,cortex-a15-gic')),
        flag('interrupt-controller'),
        p('#interrupt-cells', cells(3)),
        p('#address-cells', cells(2)),
        p('#size-cells', cells(2)),
        flag('ranges'),
        reg(...windows),
        ...(gic.version === 3 ? [p('#redistributor-regions', cells(1))] : []),
        p('phandle', cells(PHANDLE.GIC)),
      ],
      frames.map((frame, n) =>
        node(`v2m@${hex(frame.base)}`, [
          p('compatible', string('arm,gic-v2m-frame')),
          flag('msi-controller'),
          reg(frame),
          p('phandle', cells(PHANDLE.MSI + n)),
        ]),
      ),
    ),
  ];
}

/** GICv2 carries the CPUs that a private interrupt goes to in bits 15:8 of its trigger. */
const privateMask = ({ gic }: BoardDescription, cpus: number): number =>
  gic?.version === 2 ? ((1 << cpus) - 1) << 8 : 0;

/** bindings/timer/arm,arch_timer.yaml: secure, non-secure, virtual, hypervisor. */
function timerNode(board: BoardDescription, cpus: number): DeviceTreeNode[] {
  const { timers } = board;
  if (!timers) return [];
  const { securePhysical, physical, virtual, hypervisor } = timers.ppis;
  const mask = privateMask(board, cpus);
  return [
    node('timer', [
      p('compatible', string('arm,armv8-timer', 'arm,armv7-timer')),
      flag('always-on'),
      p(
        'interrupts',
        cells(
          ...[securePhysical, physical, virtual, hypervisor].flatMap((intid) =>
            interrupt(PPI, intid - 16, TRIGGER.LEVEL_HIGH | mask),
          ),
        ),
      ),
    ]),
  ];
}

/** bindings/arm/pmu.yaml: a private interrupt of every CPU. */
function performanceMonitorsNode(board: BoardDescription, cpus: number): DeviceTreeNode[] {
  const { performanceMonitors } = board;
  if (!performanceMonitors) return [];
  const trigger = TRIGGER.LEVEL_HIGH | privateMask(board, cpus);
  return [
    node('pmu', [
      p('compatible', string('arm,armv8-pmuv3')),
      p('interrupts', cells(...interrupt(PPI, performanceMonitors.ppi - 16, trigger))),
    ]),
  ];
}

/** Device types that have a node, and how it looks. Others stay unmentioned: a kernel can not use what it does not see. */
const DEVICE_NODES: Readonly<
  Record<string, (device: { base: number; size: number; spi?: number }) => DeviceTreeNode[]>
> = {
  pl031: (device) => [primeCell('pl031', device)],
  pl061: (device) => [
    primeCell('pl061', device, p('#gpio-cells', cells(2)), flag('gpio-controller'), p('phandle', cells(PHANDLE.GPIO))),
    node(
      'gpio-keys',
      [p('compatible', string('gpio-keys'))],
      [
        node('poweroff', [
          p('label', string('GPIO Key Poweroff')),
          p('linux,code', cells(KEY_POWER)),
          p('gpios', cells(PHANDLE.GPIO, POWER_BUTTON_PIN, 0)),
        ]),
      ],
    ),
  ],
  'fw-cfg': ({ base, size }) => [
    node(`fw-cfg@${hex(base)}`, [
      p('compatible', string('qemu,fw-cfg-mmio')),
      reg({ base, size }),
      flag('dma-coherent'),
    ]),
  ],
  'virtio-mmio': ({ base, size, spi }) => [
    node(`virtio_mmio@${hex(base)}`, [
      p('compatible', string('virtio,mmio')),
      reg({ base, size }),
      ...(spi === undefined ? [] : [p('interrupts', cells(...interrupt(SPI, spi, TRIGGER.EDGE_RISING)))]),
      flag('dma-coherent'),
    ]),
  ],
};

/** bindings/mtd/mtd-physmap.yaml: all banks in one node. */
function flashNode(board: BoardDescription): DeviceTreeNode[] {
  const banks = board.devices.filter((device) => device.type === 'cfi-flash');
  if (banks.length === 0) return [];
  return [
    node(`flash@${hex(banks[0]!.base)}`, [
      p('compatible', string('cfi-flash')),
      reg(...banks),
      p('bank-width', cells(4)),
    ]),
  ];
}

/** bindings/pci/host-generic-pci.yaml. */
function pciNodes(board: BoardDescription): DeviceTreeNode[] {
  const kinds = { io: 0x0100_0000, mem32: 0x0200_0000, mem64: 0x0300_0000 } as const;
  return board.pci
    .filter((host) => !host.virtual)
    .map((host) => {
      const mapping = (host.intx ?? []).length === 4 ? interruptMap(host.intx!) : [];
      return node(`pcie@${hex(host.windows.find(({ kind }) => kind === 'mem32')?.base ?? host.ecam)}`, [
        p('compatible', string('pci-host-ecam-generic')),
        p('device_type', string('pci')),
        p('#address-cells', cells(3)),
        p('#size-cells', cells(2)),
        p('#interrupt-cells', cells(1)),
        p('linux,pci-domain', cells(host.domain)),
        p('bus-range', cells(0, host.buses - 1)),
        reg({ base: host.ecam, size: host.ecamSize }),
        p(
          'ranges',
          cells(
            ...host.windows.flatMap(({ kind, base, size }) => [
              kinds[kind],
              // I/O space starts at 0 on the bus side; memory is mapped one to one.
              ...twoCells(kind === 'io' ? 0 : base),
              ...twoCells(base),
              ...twoCells(size),
            ]),
          ),
        ),
        flag('dma-coherent'),
        // bindings/pci/pci-msi.txt: every function's messages go to the one frame.
        ...(board.devices.some((device) => device.type === 'gic-v2m')
          ? [p('msi-map', cells(0, PHANDLE.MSI, 0, 0x10000))]
          : []),
        ...(mapping.length > 0
          ? [p('interrupt-map-mask', cells(0x1800, 0, 0, 7)), p('interrupt-map', cells(...mapping))]
          : []),
      ]);
    });
}

/** INTA to INTD swizzled over four device numbers (PCI-to-PCI Bridge Architecture Specification, 9.1). */
function interruptMap(intx: readonly number[]): number[] {
  return [0, 1, 2, 3].flatMap((device) =>
    [0, 1, 2, 3].flatMap((pin) => [
      ...[device << 11, 0, 0, pin + 1, PHANDLE.GIC, 0, 0],
      ...interrupt(SPI, intx[(device + pin) % 4]!, TRIGGER.LEVEL_HIGH),
    ]),
  );
}

/** Compatible strings and function ids of the PSCI binding (bindings/arm/psci.yaml). */
function psciNode(board: BoardDescription): DeviceTreeNode[] {
  if (!board.psci) return [];
  return [
    node('psci', [
      p('compatible', string('arm,psci-1.0', 'arm,psci-0.2', 'arm,psci')),
      p('method', string(board.psci)),
      p('cpu_suspend', cells(0xc4000001)),
      p('cpu_off', cells(0x84000002)),
      p('cpu_on', cells(0xc4000003)),
    ]),
  ];
}

function chosenNode(board: BoardDescription, boot: BootParameters): DeviceTreeNode {
  const console = board.uarts.find((uart) => uart.type === 'PL011');
  return node('chosen', [
    ...(boot.commandLine === undefined ? [] : [p('bootargs', string(boot.commandLine))]),
    ...(boot.initrd
      ? [
          // One cell where it suffices: there are readers that know no other form.
          p('linux,initrd-start', cells(...oneOrTwoCells(boot.initrd.start))),
          p('linux,initrd-end', cells(...oneOrTwoCells(boot.initrd.end))),
        ]
      : []),
    ...(console ? [p('stdout-path', string(`/pl011@${hex(console.base)}`))] : []),
    ...(boot.rngSeed ? [p('rng-seed', boot.rngSeed)] : []),
  ]);
}

/** The tree for an arm64 board. */
export function boardDeviceTree(board: BoardDescription, boot: BootParameters = {}): DeviceTree {
  const cpus = Math.min(boot.cpus ?? board.cpus.length, board.cpus.length);
  const clockHz = board.uarts.find((uart) => uart.clockHz !== undefined)?.clockHz ?? 24_000_000;
  const root = node(
    '',
    [
      p('compatible', string('linux,dummy-virt')),
      p('model', string('linux,dummy-virt')),
      p('#address-cells', cells(2)),
      p('#size-cells', cells(2)),
      p('interrupt-parent', cells(PHANDLE.GIC)),
    ],
    [
      chosenNode(board, boot),
      ...board.ram.map(({ base, size }) =>
        node(`memory@${hex(base)}`, [p('device_type', string('memory')), reg({ base, size })]),
      ),
      ...reservedMemory(board),
      cpuNodes(board, cpus),
      ...psciNode(board),
      ...gicNode(board, cpus),
      ...timerNode(board, cpus),
      ...performanceMonitorsNode(board, cpus),
      node('apb-pclk', [
        p('compatible', string('fixed-clock')),
        p('#clock-cells', cells(0)),
        p('clock-frequency', cells(clockHz)),
        p('clock-output-names', string('clk24mhz')),
        p('phandle', cells(PHANDLE.CLOCK)),
      ]),
      ...board.uarts
        .filter((uart) => uart.type === 'PL011')
        .map((uart) =>
          node(`pl011@${hex(uart.base)}`, [
            p('compatible', string('arm,pl011', 'arm,primecell')),
            reg(uart),
            ...(uart.spi === undefined
              ? []
              : [p('interrupts', cells(...interrupt(SPI, uart.spi, TRIGGER.LEVEL_HIGH)))]),
            p('clocks', cells(PHANDLE.CLOCK, PHANDLE.CLOCK)),
            p('clock-names', string('uartclk', 'apb_pclk')),
          ]),
        ),
      ...board.devices.flatMap((device) => DEVICE_NODES[device.type]?.(device) ?? []),
      ...flashNode(board),
      ...pciNodes(board),
    ],
  );
  return { root, reservations: [], bootCpu: board.cpus[0]?.affinity ?? 0 };
}

/** bindings/reserved-memory: ranges that firmware or hardware keeps. */
function reservedMemory(board: BoardDescription): DeviceTreeNode[] {
  if (board.reserved.length === 0) return [];
  return [
    node(
      'reserved-memory',
      [p('#address-cells', cells(2)), p('#size-cells', cells(2)), flag('ranges')],
      board.reserved.map(({ name, base, size }) => node(`${name}@${hex(base)}`, [reg({ base, size }), flag('no-map')])),
    ),
  ];
}
