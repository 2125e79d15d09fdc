// Every number and text of a configuration with the bytes that it takes in the file, in file order, from the layout table.
import { cellOf } from './codec.ts';
import {
  CELL_LAYOUT,
  SCALAR_WIDTH,
  SYSTEM_LAYOUT,
  TRAILING_ARRAYS,
  platformLayout,
  type Field,
  type Notation,
  type StructLayout,
} from './layout.ts';
import type { CellConfig, Config } from './model.ts';

export interface Leaf {
  /** Path of the model field, as findings use it. */
  path: string;
  /** Bytes from the start of the file. */
  offset: number;
  width: number;
  notation: Notation;
  field: Field;
}

const wordField = (key: string, c: string, width: number): Field => ({
  key,
  c,
  offset: 0,
  width,
  type: { kind: 'scalar', scalar: width === 1 ? 'u8' : 'u32', notation: 'hex' },
});
const CPU_FIELD = wordField('cpuSet', 'cpus', 1);
const STREAM_FIELD = wordField('streamIds', 'stream_ids', 4);

export function fieldLeaves(config: Config): Leaf[] {
  const leaves: Leaf[] = [];
  if (config.kind === 'system') {
    structLeaves(leaves, SYSTEM_LAYOUT, 0, '', config.system.architecture);
    cellLeaves(leaves, config.system.rootCell, SYSTEM_LAYOUT.size - CELL_LAYOUT.size, 'rootCell.');
  } else cellLeaves(leaves, cellOf(config), 0, '');
  return leaves;
}

function cellLeaves(leaves: Leaf[], cell: CellConfig, at: number, path: string): void {
  structLeaves(leaves, CELL_LAYOUT, at, path, 0);
  let offset = at + CELL_LAYOUT.size;
  for (const { key, entrySize, layout } of TRAILING_ARRAYS) {
    for (let i = 0; i < cell[key].length; i++, offset += entrySize) {
      const here = `${path}${key}[${i}]`;
      if (layout) structLeaves(leaves, layout, offset, `${here}.`, 0);
      else
        leaves.push({
          path: key === 'cpuSet' ? `${path}cpuSet` : here,
          offset,
          width: entrySize,
          notation: 'hex',
          field: key === 'cpuSet' ? CPU_FIELD : STREAM_FIELD,
        });
    }
  }
}

function structLeaves(leaves: Leaf[], layout: StructLayout, base: number, path: string, architecture: number): void {
  for (const field of layout.fields) {
    const { type, width } = field;
    const offset = base + field.offset;
    const here = path + field.key;
    switch (type.kind) {
      case 'scalar':
        leaves.push({ path: here, offset, width, notation: type.notation, field });
        break;
      case 'scalars': {
        const each = SCALAR_WIDTH[type.scalar];
        for (let i = 0; i < type.count; i++)
          leaves.push({
            path: `${here}[${i}]`,
            offset: offset + i * each,
            width: each,
            notation: type.notation,
            field,
          });
        break;
      }
      case 'struct':
        if (type.layout !== CELL_LAYOUT) structLeaves(leaves, type.layout, offset, `${here}.`, architecture);
        break;
      case 'structs':
        for (let i = 0; i < type.count; i++)
          structLeaves(leaves, type.layout, offset + i * type.layout.size, `${here}[${i}].`, architecture);
        break;
      case 'platform':
        structLeaves(leaves, platformLayout(architecture), offset, `${here}.`, architecture);
        break;
      default:
        leaves.push({ path: here, offset, width, notation: type.kind === 'count' ? 'decimal' : 'hex', field });
    }
  }
}
