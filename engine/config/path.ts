// Paths name fields of the model, as findings and events use them: `memoryRegions[3].flags`, `rootCell.console.address`.
// They are the bridge between a field, its bytes in the file and its place in the source.
import { cellOf } from './codec.ts';
import {
  CELL_LAYOUT,
  SCALAR_WIDTH,
  SYSTEM_LAYOUT,
  TRAILING_ARRAYS,
  platformLayout,
  type Field,
  type StructLayout,
} from './layout.ts';
import type { CellConfig, Config } from './model.ts';

export interface ByteRange {
  /** Bytes from the start of the file. */
  offset: number;
  width: number;
}

/** Where a path's bytes are; null for a path that names nothing. */
export function fieldRange(config: Config, path: string): ByteRange | null {
  const steps = parsePath(path);
  if (!steps) return null;
  if (config.kind === 'system' && steps[0] !== 'rootCell') {
    if (steps.length === 0) return { offset: 0, width: SYSTEM_LAYOUT.size };
    return inStruct(SYSTEM_LAYOUT, 0, steps, config.system.architecture);
  }
  const at = config.kind === 'system' ? SYSTEM_LAYOUT.size - CELL_LAYOUT.size : 0;
  return inCell(cellOf(config), at, config.kind === 'system' ? steps.slice(1) : steps);
}

/** `a[3].b` as ['a', 3, 'b']; null when it is no path. */
export function parsePath(path: string): (string | number)[] | null {
  if (path === '') return [];
  if (!/^\w+(\[\d+\])*(\.\w+(\[\d+\])*)*$/.test(path)) return null;
  return path
    .split(/[.[\]]+/)
    .filter(Boolean)
    .map((step) => (/^\d+$/.test(step) ? Number(step) : step));
}

function inCell(cell: CellConfig, at: number, steps: (string | number)[]): ByteRange | null {
  if (steps.length === 0) return { offset: at, width: CELL_LAYOUT.size };
  let offset = at + CELL_LAYOUT.size;
  for (const { key, entrySize, layout } of TRAILING_ARRAYS) {
    const { length } = cell[key];
    if (key === steps[0]) {
      const index = steps[1];
      if (index === undefined) return { offset, width: length * entrySize };
      if (typeof index !== 'number' || index >= length) return null;
      const entry = { offset: offset + index * entrySize, width: entrySize };
      if (steps.length === 2) return entry;
      return layout && inStruct(layout, entry.offset, steps.slice(2), 0);
    }
    offset += length * entrySize;
  }
  return inStruct(CELL_LAYOUT, at, steps, 0);
}

function inStruct(
  layout: StructLayout,
  at: number,
  steps: (string | number)[],
  architecture: number,
): ByteRange | null {
  const field = layout.fields.find(({ key, type }) => key === steps[0] && type.kind !== 'count');
  if (!field) return null;
  const range = { offset: at + field.offset, width: field.width };
  const rest = steps.slice(1);
  return rest.length === 0 ? range : inField(field, range, rest, architecture);
}

function inField(
  { type }: Field,
  range: ByteRange,
  steps: (string | number)[],
  architecture: number,
): ByteRange | null {
  const [index, ...rest] = steps;
  switch (type.kind) {
    case 'scalars': {
      const width = SCALAR_WIDTH[type.scalar];
      if (typeof index !== 'number' || index >= type.count || rest.length > 0) return null;
      return { offset: range.offset + index * width, width };
    }
    case 'structs': {
      if (typeof index !== 'number' || index >= type.count) return null;
      const offset = range.offset + index * type.layout.size;
      return rest.length === 0
        ? { offset, width: type.layout.size }
        : inStruct(type.layout, offset, rest, architecture);
    }
    case 'struct':
      return inStruct(type.layout, range.offset, steps, architecture);
    case 'platform':
      return inStruct(platformLayout(architecture), range.offset, steps, architecture);
    default:
      return null;
  }
}
