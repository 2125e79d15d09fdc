// Memory regions by themselves and against each other. What the hypervisor does with them: ABI reference, A.3, B.5 (create,
// set loadable, destroy), B.6, B.8; what users get wrong: J.4, J.5.
import { MEM_FLAG } from '../model.ts';
import {
  contains,
  intersection,
  isCommRegion,
  isExecutable,
  isIo,
  isLoadable,
  isPlaceholder,
  isRootShared,
  isSubPage,
  overlaps,
} from '../region.ts';
import { ivshmemSectionOf } from '../purpose.ts';
import {
  cellFix,
  cellTitle,
  hex,
  overlappingPairs,
  owned,
  rangeOf,
  regionFix,
  regionTitle,
  type Fix,
  type Found,
  type RegionView,
  type Rule,
  type ScenarioView,
} from './rule.ts';

const PAGE = 0x1000n;
const HUGE_PAGE = 0x200000n;
const WIDTHS = MEM_FLAG.IO_8 | MEM_FLAG.IO_16 | MEM_FLAG.IO_32 | MEM_FLAG.IO_64;
const SUB_PAGE_FLAGS = WIDTHS | MEM_FLAG.IO_UNALIGNED;

const at = ({ owner: { config }, path }: RegionView, field = ''): Pick<Found, 'config' | 'path'> => ({
  config,
  path: field === '' ? path : `${path}.${field}`,
});

/** Both regions with their physical ranges, for a finding about two of them. */
const both = (a: RegionView, b: RegionView) => [owned(regionTitle(a), a.phys), owned(regionTitle(b), b.phys)];

/** Ends a region in front of, or begins it behind, a range that it must not touch, if something is left of it. */
export function shrinkFix(view: RegionView, other: { start: bigint; size: bigint }): Fix | undefined {
  const { phys } = view;
  const end = phys.start + phys.size;
  const otherEnd = other.start + other.size;
  if (phys.start < other.start && end <= otherEnd)
    return regionFix(`End it at ${hex(other.start)}`, view, (region) => {
      region.size = other.start - region.physStart;
    });
  if (phys.start >= other.start && end > otherEnd)
    return regionFix(`Begin it at ${hex(otherEnd)}`, view, (region) => {
      const cut = otherEnd - region.physStart;
      region.physStart += cut;
      region.virtStart += cut;
      region.size -= cut;
    });
  return undefined;
}

const withFix = (found: Found, fix: Fix | undefined): Found => (fix ? { ...found, fix } : found);

/** What cells take for themselves and root does not have. */
const outsideRoot = ({ cells, root }: ScenarioView): RegionView[] =>
  cells.flatMap(({ regions }) =>
    regions.filter(
      ({ hasMemory, region, phys }) => hasMemory && !isRootShared(region) && !coveredBy(phys, root.regions),
    ),
  );

const addToRoot = ({ region: { physStart, size, flags } }: RegionView): Fix => ({
  title: 'Add it to the root configuration',
  change: ({ system }) => {
    const kept = flags & ~(MEM_FLAG.LOADABLE | MEM_FLAG.ROOTSHARED);
    system.rootCell.memoryRegions.push({ physStart, virtStart: physStart, size, flags: kept });
  },
});

export const memoryRules: Rule[] = [
  {
    id: 'memory-overlap-virtual',
    severity: 'error',
    title: 'Two regions of a cell at the same guest address',
    check: ({ all }) =>
      all.flatMap((cell) =>
        overlappingPairs(cell.regions, ({ virt }) => virt).map(([a, b]) => ({
          ...at(b, 'virtStart'),
          message:
            `${regionTitle(b)} at guest ${rangeOf(b.virt)} overlaps region ${a.index} at guest ${rangeOf(a.virt)}: ` +
            `the later one replaces the earlier one there, so move one of them.`,
          ranges: [owned(regionTitle(a), a.virt), owned(regionTitle(b), b.virt)],
        })),
      ),
  },
  {
    id: 'memory-overlap-physical',
    severity: 'warning',
    title: 'The same memory twice in one cell',
    check: ({ all }) =>
      all.flatMap((cell) =>
        overlappingPairs(
          cell.regions.filter(({ hasMemory }) => hasMemory),
          ({ phys }) => phys,
          (a, b) => !overlaps(a.virt, b.virt),
        ).map(([a, b]) => ({
          ...at(b, 'physStart'),
          message:
            `${regionTitle(b)} takes physical ${rangeOf(b.phys)}, which region ${a.index} also maps ` +
            `(${rangeOf(a.phys)}) at another guest address: leave the range out of one of them.`,
          ranges: both(a, b),
        })),
      ),
  },
  {
    id: 'memory-overlap-hypervisor',
    severity: 'error',
    title: "A region in the hypervisor's memory",
    check: ({ all, hypervisor }) =>
      all.flatMap(({ regions }) =>
        regions
          .filter(({ hasMemory, phys }) => hasMemory && overlaps(phys, hypervisor))
          .map((view) =>
            withFix(
              {
                ...at(view),
                message:
                  `${regionTitle(view)} at ${rangeOf(view.phys)} overlaps the hypervisor's memory ` +
                  `${rangeOf(hypervisor)}: keep it out of there.`,
                ranges: [owned(regionTitle(view), view.phys), owned('hypervisor', hypervisor)],
              },
              shrinkFix(view, hypervisor),
            ),
          ),
      ),
  },
  {
    id: 'memory-shared-between-cells',
    severity: 'error',
    title: 'Memory or devices of one cell in another one',
    check: ({ cells }) =>
      overlappingPairs(
        cells.flatMap(({ regions }) => regions.filter(({ hasMemory }) => hasMemory)),
        ({ phys }) => phys,
        (a, b) => a.owner !== b.owner && !(isRootShared(a.region) && isRootShared(b.region)),
      ).map(([a, b]) => {
        const common = intersection(a.phys, b.phys)!;
        const devices = isIo(a.region) || isIo(b.region);
        return {
          ...at(b),
          message:
            `${rangeOf(common)} belongs to ${regionTitle(a)} (${rangeOf(a.phys)}) and to ${regionTitle(b)} ` +
            `(${rangeOf(b.phys)}), and nothing keeps the two apart: ` +
            (devices ? 'give the device to one cell, or mark both regions ROOTSHARED.' : 'move one of them.'),
          ranges: both(a, b),
          ...(devices && {
            fix: {
              title: 'Mark both regions ROOTSHARED',
              change: (scenario) => {
                for (const { owner, index } of [a, b])
                  scenario.cells[owner.config as number]!.memoryRegions[index]!.flags |= MEM_FLAG.ROOTSHARED;
              },
            } satisfies Fix,
          }),
        };
      }),
  },
  {
    id: 'memory-not-loadable',
    severity: 'error',
    title: 'Memory that root cannot load',
    check: (view) =>
      outsideRoot(view)
        .filter(({ region }) => isLoadable(region))
        .map((region) => ({
          ...at(region),
          message:
            `${regionTitle(region)} at ${rangeOf(region.phys)} is LOADABLE, but not wholly in the regions of the root cell, which ` +
            'therefore can neither load it nor get it back: add it to the root configuration.',
          ranges: [owned(regionTitle(region), region.phys)],
          fix: addToRoot(region),
        })),
  },
  {
    id: 'memory-not-returned',
    severity: 'warning',
    title: 'Memory that root never gets back',
    check: (view) =>
      outsideRoot(view)
        .filter(({ region }) => !isLoadable(region))
        .map((region) => ({
          ...at(region),
          message:
            `${regionTitle(region)} at ${rangeOf(region.phys)} is not wholly in the regions of the root cell, so it is not given ` +
            'back when the cell is destroyed: add it to the root configuration.',
          ranges: [owned(regionTitle(region), region.phys)],
          fix: addToRoot(region),
        })),
  },
  {
    id: 'memory-root-not-identity',
    severity: 'error',
    title: 'Root memory at another guest address',
    check: ({ root }) =>
      root.regions
        .filter(({ hasMemory, region }) => hasMemory && region.physStart !== region.virtStart)
        .map((view) => ({
          ...at(view, 'virtStart'),
          message:
            `${regionTitle(view)} maps physical ${rangeOf(view.phys)} to guest ${hex(view.region.virtStart)}: ` +
            'the hypervisor takes memory from root by its physical address, so make both the same.',
          ranges: [owned(regionTitle(view), view.phys), owned(`${regionTitle(view)}, guest`, view.virt)],
          fix: regionFix(`Set virt_start to ${hex(view.region.physStart)}`, view, (region) => {
            region.virtStart = region.physStart;
          }),
        })),
  },
  {
    id: 'memory-alignment',
    severity: 'error',
    title: 'A region that does not begin and end on pages',
    check: ({ all }) =>
      all.flatMap(({ regions }) =>
        regions.flatMap((view) => {
          const { region, phys } = view;
          if (region.size === 0n) return [];
          const place = { ...at(view), ranges: [owned(regionTitle(view), phys)] };
          if (isSubPage(region) && isExecutable(region))
            return [
              {
                ...place,
                message:
                  `${regionTitle(view)} at ${rangeOf(phys)} is not made of whole 4 KiB pages, so it is trapped ` +
                  'access by access and nothing runs there: align virt_start and size to 0x1000.',
              },
            ];
          if (!isSubPage(region) && !isCommRegion(region) && region.physStart % PAGE !== 0n)
            return [
              {
                ...place,
                message: `${regionTitle(view)} begins at physical ${hex(region.physStart)}, inside a 4 KiB page: align phys_start to 0x1000.`,
              },
            ];
          return [];
        }),
      ),
  },
  {
    id: 'memory-subpage-width',
    severity: 'error',
    title: 'A sub-page region that permits no access width',
    check: ({ all }) =>
      all.flatMap(({ regions }) =>
        regions
          .filter(
            ({ region }) =>
              region.size > 0n && isSubPage(region) && !isExecutable(region) && (region.flags & WIDTHS) === 0n,
          )
          .map((view) => ({
            ...at(view, 'flags'),
            message:
              `${regionTitle(view)} at ${rangeOf(view.phys)} is smaller than a page, and without IO_8, IO_16, IO_32 or ` +
              'IO_64 every access to it stops the CPU: add the widths that the device takes.',
            ranges: [owned(regionTitle(view), view.phys)],
            fix: regionFix('Permit 32-bit access', view, (region) => {
              region.flags |= MEM_FLAG.IO_32;
            }),
          })),
      ),
  },
  {
    id: 'memory-subpage-flags',
    severity: 'warning',
    title: 'Access widths on whole pages',
    check: ({ all }) =>
      all.flatMap(({ regions }) =>
        regions
          .filter(({ region }) => region.size > 0n && !isSubPage(region) && (region.flags & SUB_PAGE_FLAGS) !== 0n)
          .map((view) => ({
            ...at(view, 'flags'),
            message:
              `${regionTitle(view)} at ${rangeOf(view.phys)} is made of whole pages, where access widths have no ` +
              'effect: remove them, or give only the registers that the cell needs.',
            ranges: [owned(regionTitle(view), view.phys)],
            fix: regionFix('Remove the access widths', view, (region) => {
              region.flags &= ~SUB_PAGE_FLAGS;
            }),
          })),
      ),
  },
  {
    id: 'memory-subpage-root-keeps',
    severity: 'warning',
    title: 'A sub-page region that root keeps as well',
    check: ({ cells, root }) =>
      cells.flatMap(({ regions }) =>
        regions
          .filter(({ hasMemory, region }) => hasMemory && isSubPage(region) && !isRootShared(region))
          .flatMap((view) => {
            const page = root.regions.find((other) => !isSubPage(other.region) && overlaps(other.phys, view.phys));
            return page
              ? [
                  {
                    ...at(view, 'flags'),
                    message:
                      `${regionTitle(view)} at ${rangeOf(view.phys)} is smaller than a page, and root has the whole page in ` +
                      `region ${page.index} (${rangeOf(page.phys)}): root keeps access, so say so with ROOTSHARED.`,
                    ranges: both(view, page),
                    fix: regionFix('Mark it ROOTSHARED', view, (region) => {
                      region.flags |= MEM_FLAG.ROOTSHARED;
                    }),
                  },
                ]
              : [];
          }),
      ),
  },
  {
    id: 'memory-hugepage',
    severity: 'warning',
    title: 'Large memory that cannot use huge pages',
    check: ({ all }) =>
      all.flatMap(({ regions }) =>
        regions
          .filter(
            ({ hasMemory, region }) =>
              hasMemory &&
              region.size >= 2n * HUGE_PAGE &&
              (region.flags & MEM_FLAG.NO_HUGEPAGES) === 0n &&
              (region.physStart - region.virtStart) % HUGE_PAGE !== 0n,
          )
          .map((view) => ({
            ...at(view, 'virtStart'),
            message:
              `${regionTitle(view)} maps physical ${rangeOf(view.phys)} to guest ${hex(view.region.virtStart)}, which lie ` +
              'differently in their 2 MiB pages, so that every 4 KiB need an entry: shift one of them, or say NO_HUGEPAGES.',
            ranges: [owned(regionTitle(view), view.phys)],
          })),
      ),
  },
  {
    id: 'memory-loadable-shared',
    severity: 'error',
    title: 'LOADABLE together with ROOTSHARED',
    check: ({ cells }) =>
      cells.flatMap(({ regions }) =>
        regions
          .filter(({ region }) => isLoadable(region) && isRootShared(region))
          .map((view) => ({
            ...at(view, 'flags'),
            message:
              `${regionTitle(view)} at ${rangeOf(view.phys)} is LOADABLE and ROOTSHARED: root loses it when the cell starts ` +
              'and never gets it back; keep one of the two flags.',
            ranges: [owned(regionTitle(view), view.phys)],
            fix: regionFix('Remove ROOTSHARED', view, (region) => {
              region.flags &= ~MEM_FLAG.ROOTSHARED;
            }),
          })),
      ),
  },
  {
    id: 'memory-empty',
    severity: 'warning',
    title: 'A region without content',
    check: ({ all }) =>
      all.flatMap((cell) =>
        cell.regions
          .filter(({ region, index }) => region.size === 0n && !ivshmemSectionOf(cell.cell, index))
          .map((view) => ({
            ...at(view),
            message:
              `${regionTitle(view)} has size 0 (${isPlaceholder(view.region) ? 'the array is larger than what is written in it' : `at ${hex(view.region.physStart)}`}) ` +
              'and holds no place for shared memory: remove the entry, or give it a size.',
            ranges: [owned(regionTitle(view), view.phys)],
            fix: cellFix('Remove the entry', cell, (copy) => {
              copy.memoryRegions.splice(view.index, 1);
              for (const device of copy.pciDevices)
                if (device.shmemRegionsStart > view.index) device.shmemRegionsStart--;
            }),
          })),
      ),
  },
  {
    id: 'memory-no-access',
    severity: 'error',
    title: 'A region that permits nothing',
    check: ({ all }) =>
      all.flatMap(({ regions }) =>
        regions
          .filter(
            ({ region }) =>
              region.size > 0n && (region.flags & (MEM_FLAG.READ | MEM_FLAG.WRITE | MEM_FLAG.EXECUTE)) === 0n,
          )
          .map((view) => ({
            ...at(view, 'flags'),
            message:
              `${regionTitle(view)} at ${rangeOf(view.phys)} is neither READ nor WRITE nor EXECUTE: every access stops the ` +
              'CPU; add the flags, or remove the region.',
            ranges: [owned(regionTitle(view), view.phys)],
            fix: regionFix('Permit reading', view, (region) => {
              region.flags |= MEM_FLAG.READ;
            }),
          })),
      ),
  },
  {
    id: 'memory-wraps',
    severity: 'error',
    title: 'A region beyond the end of the address space',
    check: ({ all }) =>
      all.flatMap(({ regions }) =>
        regions
          .filter(({ phys, virt }) => [phys, virt].some(({ start, size }) => start + size > ADDRESS_END))
          .map((view) => ({
            ...at(view, 'size'),
            message:
              `${regionTitle(view)}, physical ${rangeOf(view.phys)}, guest ${rangeOf(view.virt)}, ends beyond the 48 bits ` +
              'that page tables translate: check address and size.',
            ranges: [owned(regionTitle(view), view.phys)],
          })),
      ),
  },
  {
    id: 'memory-no-loadable',
    severity: 'warning',
    title: 'A cell into which nothing can be loaded',
    check: ({ cells }) =>
      cells
        .filter(({ regions }) => !regions.some(({ region }) => isLoadable(region) && region.size > 0n))
        .map((cell) => ({
          config: cell.config,
          path: 'memoryRegions',
          message: `No region of ${cellTitle(cell)} is LOADABLE, so \`jailhouse cell load\` has nowhere to put an image: add the flag to its RAM.`,
        })),
  },
  {
    id: 'memory-reset-address',
    severity: 'error',
    title: 'The first instruction lies outside loadable memory',
    check: ({ cells }) =>
      cells
        .filter(({ regions }) => regions.some(({ region }) => isLoadable(region) && region.size > 0n))
        .filter(({ regions, cell: { cpuResetAddress: reset } }) => {
          const target = regions.find(({ virt }) => contains(virt, { start: reset, size: 1n }));
          return !target || !isLoadable(target.region) || !isExecutable(target.region);
        })
        .map((cell) => {
          const reset = cell.cell.cpuResetAddress;
          const code = cell.regions.find(({ region }) => isLoadable(region) && isExecutable(region));
          const found: Found = {
            config: cell.config,
            path: 'cpuResetAddress',
            message:
              `CPUs of ${cellTitle(cell)} begin at guest ${hex(reset)}, where no region is both LOADABLE and EXECUTE: ` +
              (code ? `region ${code.index} is, at guest ${rangeOf(code.virt)}.` : 'add these flags to its RAM.'),
            ranges: [
              owned('cpu_reset_address', { start: reset, size: 1n }),
              ...(code ? [owned(regionTitle(code), code.virt)] : []),
            ],
          };
          return withFix(
            found,
            code &&
              cellFix(`Begin at ${hex(code.region.virtStart)}`, cell, (copy) => {
                copy.cpuResetAddress = code.region.virtStart;
              }),
          );
        }),
  },
];

const ADDRESS_END = 1n << 48n;

/** All of a range lies in the regions taken together. */
function coveredBy(range: { start: bigint; size: bigint }, regions: readonly RegionView[]): boolean {
  let { start } = range;
  const end = range.start + range.size;
  for (;;) {
    if (start >= end) return true;
    const next = regions.find(
      ({ hasMemory, phys }) => hasMemory && phys.start <= start && phys.start + phys.size > start,
    );
    if (!next) return false;
    start = next.phys.start + next.phys.size;
  }
}
