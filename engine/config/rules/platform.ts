// The system configuration by itself and against the board: hypervisor memory, interrupt controller, PCI window, IOMMUs, and
// what Linux must leave alone. ABI reference, A.11, C.4, E.2, H.3, J.1.
import type { BoardDescription } from '../../board/description.ts';
import { iommuUnitsOf } from '../codec.ts';
import { IOMMU_TYPE } from '../model.ts';
import { contains, intersection, isExecutable, isIo, isLoadable, overlaps, type Range } from '../region.ts';
import { sizeText } from '../show.ts';
import { linuxMemory, reservationArguments } from '../reservation.ts';
import { hex, owned, rangeOf, regionTitle, type Fix, type Found, type Rule, type ScenarioView } from './rule.ts';

const PAGE = 0x1000n;
const MMCONFIG_ALIGNMENT = 1n << 20n;

/** Less cannot hold image, per-CPU data and page pool on any board. */
const HYPERVISOR_MIN = 1n << 20n;

const inSystem = (path: string): Pick<Found, 'config' | 'path'> => ({ config: 'system', path });
const ramOf = (board: BoardDescription): Range[] =>
  board.ram.map(({ base, size }) => ({ start: BigInt(base), size: BigInt(size) }));

/** Everything of the board that answers at an address, apart from RAM. */
export function boardWindows(board: BoardDescription): (Range & { name: string })[] {
  const window = (name: string, base: number, size: number) => ({ name, start: BigInt(base), size: BigInt(size) });
  const { gic } = board;
  return [
    ...[...board.uarts, ...board.devices, ...board.reserved].map(({ name, base, size }) => window(name, base, size)),
    ...board.pci.flatMap(({ ecam, ecamSize, windows }) => [
      window('PCI ECAM', ecam, ecamSize),
      ...windows.map(({ kind, base, size }) => window(`PCI ${kind} window`, base, size)),
    ]),
    ...(gic
      ? [
          window('GICD', gic.distributor, 0x10000),
          ...(gic.redistributor === undefined ? [] : [window('GICR', gic.redistributor, board.cpus.length * 0x20000)]),
          ...[gic.cpuInterface, gic.hypervisorInterface, gic.virtualCpuInterface]
            .filter((base) => base !== undefined)
            .map((base) => window('GIC', base, 0x2000)),
        ]
      : []),
  ];
}

export const platformRules: Rule[] = [
  {
    id: 'hypervisor-memory',
    severity: 'error',
    title: 'Hypervisor memory that cannot be used',
    check: ({ hypervisor, board, system }) => {
      const ranges = [owned('hypervisor', hypervisor)];
      const place = inSystem('hypervisorMemory');
      if (hypervisor.size < HYPERVISOR_MIN || (hypervisor.start | hypervisor.size) % PAGE !== 0n)
        return [
          {
            ...place,
            message: `Hypervisor memory ${rangeOf(hypervisor)} has ${sizeText(hypervisor.size)}: it must be whole pages and hold the hypervisor, its data for every CPU and a page pool; 4 MiB to 6 MiB are customary.`,
            ranges,
          },
        ];
      if (board && !ramOf(board).some((ram) => contains(ram, hypervisor)))
        return [
          {
            ...place,
            message: `Hypervisor memory ${rangeOf(hypervisor)} is not in the RAM of the board (${ramOf(board).map(rangeOf).join(', ')}): move it there.`,
            ranges: [...ranges, ...ramOf(board).map((ram) => owned('RAM', ram))],
          },
        ];
      if (system.pciMmconfigBase !== 0n) {
        const window = { start: system.pciMmconfigBase, size: BigInt(system.pciMmconfigEndBus + 1) << 20n };
        if (overlaps(window, hypervisor))
          return [
            {
              ...place,
              message: `Hypervisor memory ${rangeOf(hypervisor)} overlaps the PCI window ${rangeOf(window)}: move one of them.`,
              ranges: [...ranges, owned('PCI MMCONFIG window', window)],
            },
          ];
      }
      return [];
    },
  },
  {
    id: 'gic-version',
    severity: 'error',
    title: 'An interrupt controller that the hypervisor does not know',
    check: ({ system: { platform }, board }) => {
      if (platform.kind !== 'arm') return [];
      const { gicVersion, maintenanceIrq } = platform;
      const fix = (version: 2 | 3): Fix => ({
        title: `Set gic_version to ${version}`,
        change: ({ system }) => {
          if (system.platform.kind === 'arm') system.platform.gicVersion = version;
        },
      });
      if (gicVersion !== 2 && gicVersion !== 3)
        return [
          {
            ...inSystem('platform.gicVersion'),
            message: `gic_version is ${gicVersion}; expected 2 or 3: enabling fails${board?.gic ? `, the board has version ${board.gic.version}` : ''}.`,
            ...(board?.gic && { fix: fix(board.gic.version) }),
          },
        ];
      if (board?.gic && board.gic.version !== gicVersion)
        return [
          {
            ...inSystem('platform.gicVersion'),
            message: `gic_version is ${gicVersion}; the board has version ${board.gic.version}, so enabling fails with ENODEV: set it.`,
            fix: fix(board.gic.version),
          },
        ];
      if (maintenanceIrq < 16 || maintenanceIrq > 31)
        return [
          {
            ...inSystem('platform.maintenanceIrq'),
            message: `maintenance_irq is ${maintenanceIrq}; it is the interrupt id of a private interrupt (16 to 31), on most boards 25: set it.`,
            ranges: [{ owner: 'maintenance_irq', start: BigInt(maintenanceIrq), size: 1n }],
          },
        ];
      return [];
    },
  },
  {
    id: 'gic-address',
    severity: 'error',
    title: 'Interrupt controller addresses that are not those of the board',
    check: ({ system: { platform }, board }) => {
      if (platform.kind !== 'arm' || !board?.gic) return [];
      const { gic } = board;
      const expected = [
        ['gicdBase', 'gicd_base', gic.distributor],
        ['giccBase', 'gicc_base', gic.cpuInterface],
        ['gichBase', 'gich_base', gic.hypervisorInterface],
        ['gicvBase', 'gicv_base', gic.virtualCpuInterface],
        ['gicrBase', 'gicr_base', gic.redistributor],
      ] as const;
      return expected.flatMap(([key, c, base]) =>
        base === undefined || platform[key] === BigInt(base)
          ? []
          : [
              {
                ...inSystem(`platform.${key}`),
                message: `${c} is ${hex(platform[key])}; the board's is ${hex(base)}: set it.`,
                ranges: [
                  { owner: c, start: platform[key], size: PAGE },
                  { owner: 'board', start: BigInt(base), size: PAGE },
                ],
                fix: {
                  title: `Set ${c} to ${hex(base)}`,
                  change: ({ system }) => {
                    if (system.platform.kind === 'arm') system.platform[key] = BigInt(base);
                  },
                },
              },
            ],
      );
    },
  },
  {
    id: 'mmconfig-window',
    severity: 'error',
    title: 'A PCI window in the way',
    check: ({ mmconfig, system, board, all, scenario }) => {
      if (!mmconfig) return [];
      const ranges = [owned('PCI MMCONFIG window', mmconfig)];
      if (mmconfig.start % MMCONFIG_ALIGNMENT !== 0n)
        return [
          {
            ...inSystem('pciMmconfigBase'),
            message: `pci_mmconfig_base ${hex(mmconfig.start)} must be a multiple of 1 MiB: bus numbers are address bits; move it.`,
            ranges,
          },
        ];
      if (!board) return [];
      // RAM that nobody has may lie beneath: no cell maps it, so every access to the window is intercepted.
      const used =
        linuxMemory(board, scenario.kernelArguments ?? board.kernelArguments).some((bank) =>
          overlaps(bank, mmconfig),
        ) || all.some(({ regions }) => regions.some(({ hasMemory, phys }) => hasMemory && overlaps(phys, mmconfig)));
      const ram = used ? ramOf(board).find((bank) => overlaps(bank, mmconfig)) : undefined;
      if (system.pciIsVirtual === 0) {
        const host = board.pci.find(({ ecam, ecamSize }) =>
          overlaps({ start: BigInt(ecam), size: BigInt(ecamSize) }, mmconfig),
        );
        if (host) return [];
        return [
          {
            ...inSystem('pciMmconfigBase'),
            message: `The PCI window ${rangeOf(mmconfig)} is said to be physical, but the board has no configuration space there: set pci_is_virtual, or the address of the board's ECAM.`,
            ranges,
          },
        ];
      }
      const taken = boardWindows(board).find(
        (window) => !/^PCI .* window$/.test(window.name) && overlaps(window, mmconfig),
      );
      const owner = ram ? { name: 'RAM', ...ram } : taken;
      if (!owner) return [];
      return [
        {
          ...inSystem('pciMmconfigBase'),
          message: `The virtual PCI window ${rangeOf(mmconfig)} overlaps ${owner.name} at ${rangeOf(owner)}: put it where the board has nothing.`,
          ranges: [...ranges, owned(owner.name, owner)],
        },
      ];
    },
  },
  {
    id: 'iommu-units',
    severity: 'error',
    title: 'IOMMU units that do not fit the machine',
    check: ({ system, isX86 }) => {
      const used = iommuUnitsOf(system);
      const found: Found[] = used.flatMap((unit, index) => {
        const fits = isX86
          ? unit.type === IOMMU_TYPE.AMD || unit.type === IOMMU_TYPE.INTEL
          : unit.type >= IOMMU_TYPE.SMMUV3 && unit.type <= IOMMU_TYPE.ARM_MMU500;
        if (fits && unit.size > 0) return [];
        return [
          {
            ...inSystem(`iommuUnits[${index}]`),
            message: fits
              ? `IOMMU ${index} at ${hex(unit.base)} has size 0, so nothing intercepts it: set its size.`
              : `IOMMU ${index} at ${hex(unit.base)} has type ${unit.type}, which this architecture does not have: expected ${isX86 ? 'AMD or INTEL' : 'SMMUV3, PVU or ARM_MMU500'}.`,
            ranges: [owned(`IOMMU ${index}`, { start: unit.base, size: BigInt(unit.size) })],
          },
        ];
      });
      const hidden = system.iommuUnits.findIndex((unit, index) => index > used.length && unit.base !== 0n);
      if (hidden < 0) return found;
      return [
        ...found,
        {
          ...inSystem(`iommuUnits[${used.length}]`),
          message: `IOMMU ${used.length} has base 0, which ends the list, so IOMMU ${hidden} at ${hex(system.iommuUnits[hidden]!.base)} is never used: close the gap.`,
        },
      ];
    },
  },
  {
    id: 'board-architecture',
    severity: 'error',
    title: 'A system configuration for another architecture than the board',
    check: ({ system, board }) => {
      if (!board) return [];
      const expected = { x86: 0, arm: 1, arm64: 2 }[board.architecture];
      if (system.architecture === expected) return [];
      return [
        {
          ...inSystem('architecture'),
          message: `The system configuration has architecture ${system.architecture}; the board is ${board.architecture} (${expected}): use the configuration of this board.`,
        },
      ];
    },
  },
  {
    id: 'board-reserved',
    severity: 'error',
    title: 'Memory that firmware or hardware keeps',
    check: ({ all, board, hypervisor }) => {
      const reserved =
        board?.reserved.map(({ name, base, size }) => ({ name, start: BigInt(base), size: BigInt(size) })) ?? [];
      return reserved.flatMap((range) => [
        ...(overlaps(range, hypervisor)
          ? [
              {
                ...inSystem('hypervisorMemory'),
                message: `Hypervisor memory ${rangeOf(hypervisor)} overlaps ${range.name} at ${rangeOf(range)}, which the board reserves: move it.`,
                ranges: [owned('hypervisor', hypervisor), owned(range.name, range)],
              },
            ]
          : []),
        ...all.flatMap(({ regions, isRoot }) =>
          regions
            // Root may well be given what its Linux knows to leave alone.
            .filter(({ hasMemory, phys }) => !isRoot && hasMemory && overlaps(phys, range))
            .map((view) => ({
              config: view.owner.config,
              path: view.path,
              message: `${regionTitle(view)} at ${rangeOf(view.phys)} overlaps ${range.name} at ${rangeOf(range)}, which the board reserves: move it.`,
              ranges: [owned(regionTitle(view), view.phys), owned(range.name, range)],
            })),
        ),
      ]);
    },
  },
  {
    id: 'board-memory',
    severity: 'error',
    title: 'RAM that the board does not have',
    check: ({ all, board }) =>
      !board
        ? []
        : all.flatMap(({ regions }) =>
            regions
              .filter(({ hasMemory, region, phys }) => {
                const isRam = isExecutable(region) || isLoadable(region);
                return hasMemory && isRam && !isIo(region) && !coveredByRam(phys, board);
              })
              .map((view) => ({
                config: view.owner.config,
                path: view.path,
                message: `${regionTitle(view)} at ${rangeOf(view.phys)} is not in the RAM of the board (${ramOf(board).map(rangeOf).join(', ')}): correct its address and size.`,
                ranges: [owned(regionTitle(view), view.phys), ...ramOf(board).map((ram) => owned('RAM', ram))],
              })),
          ),
  },
  {
    id: 'board-device',
    severity: 'warning',
    title: 'A device region where the board has no device',
    check: ({ all, board, isX86 }) =>
      !board || isX86
        ? []
        : all.flatMap(({ regions }) =>
            regions
              .filter(({ hasMemory, region }) => hasMemory && isIo(region))
              .flatMap((view) => {
                const ram = ramOf(board).find((bank) => overlaps(bank, view.phys));
                const place = { config: view.owner.config, path: view.path };
                if (ram)
                  return [
                    {
                      ...place,
                      message: `${regionTitle(view)} at ${rangeOf(view.phys)} is marked IO but overlaps RAM at ${rangeOf(intersection(ram, view.phys)!)}: caches and device access do not mix; correct the range, or remove IO.`,
                      ranges: [owned(regionTitle(view), view.phys), owned('RAM', ram)],
                    },
                  ];
                if (boardWindows(board).some((window) => overlaps(window, view.phys))) return [];
                return [
                  {
                    ...place,
                    message: `${regionTitle(view)} at ${rangeOf(view.phys)} touches no device of the board: check the address.`,
                    ranges: [owned(regionTitle(view), view.phys)],
                  },
                ];
              }),
          ),
  },
  {
    id: 'reservation',
    severity: 'error',
    title: 'Memory that Linux would use',
    check: (view) => {
      const { board, hypervisor, cells } = view;
      if (!board) return [];
      const commandLine = view.scenario.kernelArguments ?? board.kernelArguments;
      const linux = linuxMemory(board, commandLine);
      const needed = neededFromLinux(view);
      const spelledOut = reservationArguments(board, needed).join(' ');
      const advice = `boot it with "${spelledOut}" instead of "${commandLine}"`;
      const taken = (range: Range) => linux.find((bank) => overlaps(bank, range));
      const found: Found[] = [];
      const hypervisorIn = taken(hypervisor);
      if (hypervisorIn)
        found.push({
          ...inSystem('hypervisorMemory'),
          message: `Linux uses ${rangeOf(hypervisorIn)}, which holds the hypervisor's memory ${rangeOf(hypervisor)}, so enabling fails: ${advice}.`,
          ranges: [owned('Linux', hypervisorIn), owned('hypervisor', hypervisor)],
        });
      for (const { regions } of cells)
        for (const region of regions) {
          const bank = region.hasMemory && !isIo(region.region) ? taken(region.phys) : undefined;
          if (bank)
            found.push({
              config: region.owner.config,
              path: region.path,
              message: `${regionTitle(region)} at ${rangeOf(region.phys)} lies in ${rangeOf(bank)}, which Linux in the root cell uses: ${advice}, or move the region.`,
              ranges: [owned(regionTitle(region), region.phys), owned('Linux', bank)],
            });
        }
      return found;
    },
  },
];

/** RAM that must be kept from the root's Linux: the hypervisor's and that of every cell. */
export function neededFromLinux({ hypervisor, cells }: Pick<ScenarioView, 'hypervisor' | 'cells'>): Range[] {
  return [
    hypervisor,
    ...cells.flatMap(({ regions }) =>
      regions.filter(({ hasMemory, region }) => hasMemory && !isIo(region)).map(({ phys }) => phys),
    ),
  ];
}

function coveredByRam(range: Range, board: BoardDescription): boolean {
  let rest = range.size;
  for (const bank of ramOf(board)) rest -= intersection(bank, range)?.size ?? 0n;
  return rest <= 0n;
}
