// x86: ports and cache ways. ABI reference, A.5, A.7, C.9, C.10.
import { CACHE_TYPE } from '../model.ts';
import { contains, overlaps, type Range } from '../region.ts';
import { cellFix, cellTitle, overlappingPairs, owned, pairs, rangeOf, type CellView, type Rule } from './rule.ts';

interface PioView {
  view: CellView;
  index: number;
  range: Range;
}

const pioOf = (view: CellView): PioView[] =>
  view.cell.pioRegions.map(({ base, length }, index) => ({
    view,
    index,
    range: { start: BigInt(base), size: BigInt(length) },
  }));
const pioTitle = ({ view, index }: PioView): string => `PIO region ${index} of ${cellTitle(view)}`;
const pioPlace = ({ view, index }: PioView) => ({ config: view.config, path: `${view.prefix}pioRegions[${index}]` });
const removePio = (entry: PioView) =>
  cellFix('Remove the entry', entry.view, (cell) => cell.pioRegions.splice(entry.index, 1));

const PORTS_END = 0x10000n;
const PCI_CONFIG_PORTS: Range = { start: 0xcf8n, size: 8n };

interface CacheView {
  view: CellView;
  index: number;
  range: Range;
  type: number;
  flags: number;
}
const cachesOf = (view: CellView): CacheView[] =>
  view.cell.cacheRegions.map(({ start, size, type, flags }, index) => ({
    view,
    index,
    range: { start: BigInt(start), size: BigInt(size) },
    type,
    flags,
  }));
const cachePlace = ({ view, index }: CacheView) => ({
  config: view.config,
  path: `${view.prefix}cacheRegions[${index}]`,
});
const ROOTSHARED = 1;
/** Longest capacity mask: 32 bits (Intel SDM volume 3, 17.19, CBM length). */
const MASK_BITS = 32n;

export const x86Rules: Rule[] = [
  {
    id: 'pio-not-x86',
    severity: 'warning',
    title: 'Ports on a machine without ports',
    check: ({ all, isX86 }) =>
      isX86
        ? []
        : all.flatMap(pioOf).map((entry) => ({
            ...pioPlace(entry),
            message: `${pioTitle(entry)} (${rangeOf(entry.range)}) has no effect: only x86 has ports; remove it.`,
            ranges: [owned(pioTitle(entry), entry.range)],
            fix: removePio(entry),
          })),
  },
  {
    id: 'pio-twice',
    severity: 'error',
    title: 'Ports in two cells',
    check: ({ cells }) =>
      overlappingPairs(
        cells.flatMap(pioOf),
        ({ range }) => range,
        (a, b) => a.view !== b.view,
      ).map(([a, b]) => ({
        ...pioPlace(b),
        message: `Ports ${rangeOf(b.range)} of ${pioTitle(b)} also belong to ${pioTitle(a)} (${rangeOf(a.range)}), and nothing refuses that: give them to one cell.`,
        ranges: [owned(pioTitle(a), a.range), owned(pioTitle(b), b.range)],
      })),
  },
  {
    id: 'pio-not-in-root',
    severity: 'warning',
    title: 'Ports that root does not have',
    check: ({ cells, root, isX86 }) =>
      !isX86
        ? []
        : cells
            .flatMap(pioOf)
            .filter(({ range }) => range.size > 0n && !pioOf(root).some((other) => contains(other.range, range)))
            .map((entry) => ({
              ...pioPlace(entry),
              message: `Ports ${rangeOf(entry.range)} of ${pioTitle(entry)} are not in the root configuration, so they are not given back when the cell is destroyed: add them there.`,
              ranges: [owned(pioTitle(entry), entry.range)],
              fix: {
                title: 'Add them to the root configuration',
                change: ({ system }) => {
                  system.rootCell.pioRegions.push({
                    base: Number(entry.range.start),
                    length: Number(entry.range.size),
                  });
                },
              },
            })),
  },
  {
    id: 'pio-range',
    severity: 'error',
    title: 'Ports that cannot be given',
    check: ({ all }) =>
      all.flatMap(pioOf).flatMap((entry) => {
        const { range } = entry;
        const ranges = [owned(pioTitle(entry), range)];
        if (range.size === 0n)
          return [
            {
              ...pioPlace(entry),
              message: `${pioTitle(entry)} is empty: remove it, or give it a length.`,
              ranges,
              fix: removePio(entry),
            },
          ];
        if (range.start + range.size > PORTS_END)
          return [
            {
              ...pioPlace(entry),
              message: `${pioTitle(entry)} ends behind port 0xffff (${rangeOf(range)}): correct base and length; both are numbers of ports.`,
              ranges,
            },
          ];
        if (overlaps(range, PCI_CONFIG_PORTS))
          return [
            {
              ...pioPlace(entry),
              message: `${pioTitle(entry)} (${rangeOf(range)}) covers the PCI configuration ports ${rangeOf(PCI_CONFIG_PORTS)}, which the hypervisor must intercept: leave them out.`,
              ranges: [...ranges, owned('PCI configuration', PCI_CONFIG_PORTS)],
            },
          ];
        return [];
      }),
  },
  {
    id: 'cache-region',
    severity: 'error',
    title: 'A cache region that cannot be set up',
    check: ({ all }) =>
      all.flatMap((view) => {
        const caches = cachesOf(view);
        const found = caches.flatMap((entry) => {
          const { range, type, index } = entry;
          const ranges = [owned(`cache region ${index} of ${cellTitle(view)}`, range)];
          if (type !== CACHE_TYPE.BOTH)
            return [
              {
                ...cachePlace(entry),
                message: `Cache region ${index} of ${cellTitle(view)} has type ${type}; only JAILHOUSE_CACHE_L3 (3, code and data) is supported: set it.`,
                ranges,
                fix: cellFix('Use code and data', view, (cell) => {
                  cell.cacheRegions[index]!.type = CACHE_TYPE.BOTH;
                }),
              },
            ];
          if (range.size === 0n || range.start + range.size > MASK_BITS)
            return [
              {
                ...cachePlace(entry),
                message: `Cache region ${index} of ${cellTitle(view)} takes ways ${rangeOf(range)}; the capacity mask has at most ${MASK_BITS} bits and a region at least one: correct start and size.`,
                ranges,
              },
            ];
          return [];
        });
        if (view.isRoot || caches.length < 2) return found;
        const [, second] = caches;
        return [
          ...found,
          {
            ...cachePlace(second!),
            message: `${cellTitle(view)} has ${caches.length} cache regions; a cell can have one contiguous one: join them.`,
            ranges: caches.map(({ range, index }) => owned(`cache region ${index}`, range)),
          },
        ];
      }),
  },
  {
    id: 'cache-twice',
    severity: 'error',
    title: 'Cache ways in two cells',
    check: ({ cells }) =>
      [...pairs(cells.flatMap(cachesOf))]
        .filter(([a, b]) => a.view !== b.view && overlaps(a.range, b.range))
        .filter(([a, b]) => !(a.flags & b.flags & ROOTSHARED))
        .map(([a, b]) => ({
          ...cachePlace(b),
          message: `Cache ways ${rangeOf(b.range)} of ${cellTitle(b.view)} overlap ${rangeOf(a.range)} of ${cellTitle(a.view)}: separate them, or the cells disturb each other.`,
          ranges: [owned(cellTitle(a.view), a.range), owned(cellTitle(b.view), b.range)],
        })),
  },
  {
    id: 'cache-root-left',
    severity: 'error',
    title: 'No contiguous cache ways left for root',
    check: ({ cells, root }) => {
      const given = cachesOf(root);
      const taken = cells.flatMap(cachesOf).filter(({ flags }) => !(flags & ROOTSHARED));
      if (given.length === 0 || taken.length === 0) return [];
      let left = given.reduce((mask, { range }) => mask | bitsOf(range), 0n);
      for (const { range } of taken) left &= ~bitsOf(range);
      if (left !== 0n) return [];
      const last = taken[taken.length - 1]!;
      return [
        {
          ...cachePlace(last),
          message: `The cells take all cache ways ${given.map(({ range }) => rangeOf(range)).join(', ')} of the root cell, which must keep one: make a region smaller.`,
          ranges: [...given, ...taken].map(({ view, range }) => owned(cellTitle(view), range)),
        },
      ];
    },
  },
];

const bitsOf = ({ start, size }: Range): bigint => (start + size > MASK_BITS ? 0n : ((1n << size) - 1n) << start);
