// The configuration table's rows: each cell with its regions under it, in file order.
import type { CellConfig, MemoryRegion } from '../../engine/config/index.ts';
import { regionName } from './names.ts';
import type { BoardWindow } from './names.ts';

export type TableRow =
  | { kind: 'cell'; key: string; count: number }
  | { kind: 'region'; key: string; index: number; name: string; region: MemoryRegion };

export function tableRows(
  cells: readonly { key: string; cell: CellConfig }[],
  windows: readonly BoardWindow[],
  filter: string,
): TableRow[] {
  const wanted = filter.trim().toLowerCase();
  return cells.flatMap(({ key, cell }): TableRow[] => {
    const rows = cell.memoryRegions.map((region, index): TableRow & { kind: 'region' } => ({
      kind: 'region',
      key,
      index,
      region,
      name: regionName(cell, index, windows),
    }));
    const shown = wanted === '' ? rows : rows.filter((row) => matches(row, cell.name, wanted));
    return wanted !== '' && shown.length === 0 ? [] : [{ kind: 'cell', key, count: rows.length }, ...shown];
  });
}

const matches = ({ name, region }: { name: string; region: MemoryRegion }, cell: string, wanted: string): boolean =>
  [name, cell, region.physStart.toString(16), region.virtStart.toString(16)].some((text) =>
    text.toLowerCase().includes(wanted.replace(/^0x|_/g, '')),
  );
