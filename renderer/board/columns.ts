// The floor plan as data: one column for the board, one for the hypervisor, one a cell, each with its blocks by physical address.
// What cells take from the root shows as a ghost in the root's column (ABI reference, B.6: everything that is neither ROOTSHARED
// nor the comm region is unmapped from the root when the cell is created).
import {
  cellName,
  intersection,
  isCommRegion,
  isRootShared,
  mmconfigWindow,
  physRange,
} from '../../engine/config/index.ts';
import type { CellConfig, SystemConfig } from '../../engine/config/index.ts';
import type { BoardDescription } from '../../engine/board/description.ts';
import { sizeText } from '../format/address.ts';
import { foldAxis } from './axis.ts';
import type { Axis, Span } from './axis.ts';
import { planWindows, regionName } from './names.ts';
import { nestingDepths } from './nesting.ts';

export type BlockKind = 'ram' | 'device' | 'reserved' | 'hypervisor' | 'trap' | 'region' | 'ghost';

export interface Block extends Span {
  key: string;
  kind: BlockKind;
  label: string;
  detail: string;
  /** How far it is set in over what it overlaps. */
  depth: number;
  /** For regions: index in the cell. */
  index: number | undefined;
  shared: boolean;
  /** For ghosts: key of the cell that takes it. */
  takenBy: string | undefined;
}

export interface PlanColumn {
  /** `board`, `hypervisor`, or the key of the cell. */
  key: string;
  kind: 'board' | 'hypervisor' | 'root' | 'cell';
  title: string;
  blocks: Block[];
}

export const BOARD_COLUMN = 'board';
export const HYPERVISOR_COLUMN = 'hypervisor';

/** A cell of the scenario; `key` names it, exactly one is the root. */
export interface PlannedCell {
  key: string;
  root: boolean;
  cell: CellConfig;
}

type Plain = Omit<Block, 'depth'>;

const block = (
  column: string,
  kind: BlockKind,
  range: { start: bigint; size: bigint },
  label: string,
  extra: Partial<Plain> = {},
): Plain => ({
  key: `${column}:${kind}:${range.start}:${range.size}:${label}`,
  kind,
  start: range.start,
  end: range.start + range.size,
  label,
  detail: sizeText(range.size),
  index: undefined,
  shared: false,
  takenBy: undefined,
  ...extra,
});

const nested = (blocks: readonly Plain[]): Block[] => {
  const depths = nestingDepths(blocks);
  return blocks.map((each, i) => ({ ...each, depth: depths[i]! })).filter((each) => each.end > each.start);
};

export function planColumns(
  system: SystemConfig,
  cells: readonly PlannedCell[],
  board: BoardDescription | undefined,
): PlanColumn[] {
  const windows = board ? planWindows(board) : [];
  const regions = ({ key, cell }: PlannedCell): Plain[] =>
    cell.memoryRegions.flatMap((region, index) =>
      isCommRegion(region)
        ? []
        : [
            block(key, 'region', physRange(region), regionName(cell, index, windows), {
              key: `${key}:${index}`,
              index,
              shared: isRootShared(region),
            }),
          ],
    );
  return [
    {
      key: BOARD_COLUMN,
      kind: 'board',
      title: 'Board',
      blocks: nested(windows.map((window) => block(BOARD_COLUMN, window.kind, window, window.name))),
    },
    {
      key: HYPERVISOR_COLUMN,
      kind: 'hypervisor',
      title: 'Hypervisor',
      blocks: nested(hypervisorBlocks(system, board)),
    },
    ...cells.map((entry): PlanColumn => {
      const ghosts = entry.root ? lostRegions(entry, cells) : [];
      return {
        key: entry.key,
        kind: entry.root ? 'root' : 'cell',
        title: entry.root ? 'root' : cellName(entry.cell),
        blocks: nested([...regions(entry), ...ghosts]),
      };
    }),
  ];
}

/** Memory that the hypervisor keeps, and windows that it traps in every cell (ABI reference, C.3 and D.1). */
function hypervisorBlocks(system: SystemConfig, board: BoardDescription | undefined): Plain[] {
  const memory = physRange(system.hypervisorMemory);
  const mmconfig = mmconfigWindow(system);
  const gic = board ? planWindows(board).filter((window) => /^GICv|^redistributors$/.test(window.name)) : [];
  return [
    block(HYPERVISOR_COLUMN, 'hypervisor', memory, 'hypervisor'),
    ...(mmconfig ? [block(HYPERVISOR_COLUMN, 'trap', { start: mmconfig.base, size: mmconfig.size }, 'PCI traps')] : []),
    ...gic.map((window) => block(HYPERVISOR_COLUMN, 'trap', window, 'GIC traps')),
  ];
}

/** What the cells take out of the root's regions. */
function lostRegions(root: PlannedCell, cells: readonly PlannedCell[]): Plain[] {
  const lost: Plain[] = [];
  for (const { key, cell, root: isRoot } of cells) {
    if (isRoot) continue;
    for (const [index, region] of cell.memoryRegions.entries()) {
      if (isCommRegion(region) || isRootShared(region)) continue;
      for (const own of root.cell.memoryRegions) {
        const part = intersection(physRange(own), physRange(region));
        if (!part) continue;
        const label = `lost to ${cellName(cell)}`;
        lost.push(
          block(root.key, 'ghost', part, label, {
            key: `${root.key}:ghost:${key}:${index}:${part.start}`,
            takenBy: key,
          }),
        );
      }
    }
  }
  return lost;
}

/** The axis that all columns share: everything is to be legible; RAM banks may fold where nobody uses them. */
export function planAxis(columns: readonly PlanColumn[]): Axis {
  const blocks = columns.flatMap((column) => column.blocks);
  const isMark = (each: Block): boolean => each.kind === 'ram' || each.kind === 'reserved';
  return foldAxis(
    blocks.filter((each) => !isMark(each)),
    blocks.filter(isMark),
  );
}

/** The parts of a block that are not folded away, in pixels. */
export function visibleParts(axis: Axis, span: Span): { y: number; height: number }[] {
  const parts: { y: number; height: number }[] = [];
  let open: { y: number; height: number } | undefined;
  for (let i = axis.pieceIndex(span.start); i < axis.pieces.length; i++) {
    const piece = axis.pieces[i]!;
    if (piece.start >= span.end) break;
    if (piece.end <= span.start || piece.folded) {
      open = undefined;
      continue;
    }
    const top = axis.y(span.start > piece.start ? span.start : piece.start);
    const bottom = axis.y(span.end < piece.end ? span.end : piece.end);
    if (open) open.height = bottom - open.y;
    else parts.push((open = { y: top, height: bottom - top }));
  }
  return parts;
}
