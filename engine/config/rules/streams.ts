// Stream ids: whose DMA an Arm IOMMU translates by whose tables. ABI reference, A.10, C.7.
import { iommuUnitsOf } from '../codec.ts';
import { IOMMU_TYPE } from '../model.ts';
import { PAIRS_MAX, cellFix, cellTitle, hex, type CellView, type Rule, type ScenarioView } from './rule.ts';

const hasUnit = ({ system }: ScenarioView, type: number): boolean =>
  iommuUnitsOf(system).some((unit) => unit.type === type);

/** Every id, as value and mask of the bits that do not count (MMU-500 only). */
function streamsOf(view: CellView, matching: boolean) {
  return view.cell.streamIds.map((raw, index) => ({
    view,
    index,
    raw,
    id: matching ? raw & 0x7fff : raw,
    mask: matching ? (raw >>> 16) & 0x7fff : 0,
  }));
}
type Stream = ReturnType<typeof streamsOf>[number];

/** Relevant pairs that match the same device, at most PAIRS_MAX: equal ids by look-up, those with masks against all. */
function clashes(streams: readonly Stream[], relevant: (a: Stream, b: Stream) => boolean): [Stream, Stream][] {
  const found: [Stream, Stream][] = [];
  const exact = new Map<number, Stream[]>();
  const masked: Stream[] = [];
  const compare = (others: readonly Stream[], stream: Stream): void => {
    for (const other of others) {
      if (found.length >= PAIRS_MAX) return;
      if (((stream.id ^ other.id) & ~(stream.mask | other.mask)) === 0 && relevant(other, stream))
        found.push([other, stream]);
    }
  };
  streams.forEach((stream, index) => {
    if (stream.mask !== 0) {
      compare(streams.slice(0, index), stream);
      masked.push(stream);
      return;
    }
    const same = exact.get(stream.id) ?? [];
    compare(same, stream);
    compare(masked, stream);
    same.push(stream);
    exact.set(stream.id, same);
  });
  return found;
}

/** What a cell takes from root is meant to be in both. */
const isConflict = (a: Stream, b: Stream): boolean => a.view === b.view || !(a.view.isRoot || b.view.isRoot);

const place = ({ view, index }: Stream) => ({ config: view.config, path: `${view.prefix}streamIds[${index}]` });
const text = ({ id, mask }: Stream): string => (mask === 0 ? hex(id) : `${hex(id)} (mask ${hex(mask)})`);

export const streamRules: Rule[] = [
  {
    id: 'stream-twice',
    severity: 'error',
    title: 'A stream id twice',
    check: (view) => {
      const matching = hasUnit(view, IOMMU_TYPE.ARM_MMU500);
      const streams = view.all.flatMap((cell) => streamsOf(cell, matching));
      return clashes(streams, isConflict).map(([a, b]) => ({
        ...place(b),
        message:
          a.view === b.view
            ? `Stream id ${text(b)} of ${cellTitle(b.view)} matches the same device as ${text(a)} there: remove one.`
            : `Stream id ${text(b)} of ${cellTitle(b.view)} also belongs to ${cellTitle(a.view)} (${text(a)}): one device can do DMA for one cell only; give it to one.`,
        ranges: [
          { owner: cellTitle(a.view), start: BigInt(a.id), size: 1n },
          { owner: cellTitle(b.view), start: BigInt(b.id), size: 1n },
        ],
        fix: cellFix(`Take it from ${b.view.name}`, b.view, (cell) => cell.streamIds.splice(b.index, 1)),
      }));
    },
  },
  {
    id: 'stream-without-iommu',
    severity: 'warning',
    title: 'Stream ids without an IOMMU',
    check: (view) => {
      const types = [IOMMU_TYPE.SMMUV3, IOMMU_TYPE.TI_PVU, IOMMU_TYPE.ARM_MMU500];
      if (types.some((type) => hasUnit(view, type))) return [];
      return view.all
        .filter(({ cell }) => cell.streamIds.length > 0)
        .map((cell) => ({
          config: cell.config,
          path: `${cell.prefix}streamIds`,
          message: `${cellTitle(cell)} has ${cell.cell.streamIds.length} stream ids, and the system configuration has no Arm IOMMU that knows them: add the unit to iommu_units, or remove them.`,
        }));
    },
  },
  {
    id: 'stream-not-in-root',
    severity: 'warning',
    title: 'A stream id that root does not have',
    check: (view) => {
      // An MMU-500 gives a stream back only to an identical entry of root.
      if (!hasUnit(view, IOMMU_TYPE.ARM_MMU500)) return [];
      return view.cells
        .flatMap((cell) => streamsOf(cell, true))
        .filter(({ raw }) => !view.root.cell.streamIds.includes(raw))
        .map((stream) => ({
          ...place(stream),
          message: `Stream id ${text(stream)} of ${cellTitle(stream.view)} is not in the root configuration with the same mask: when the cell is destroyed, DMA of the device faults; add it there.`,
          fix: {
            title: 'Add it to the root configuration',
            change: ({ system }) => {
              system.rootCell.streamIds.push(stream.raw);
            },
          },
        }));
    },
  },
];
