// The selection of the board and places in sources: which thing a field of the model belongs to, and which field stands for a thing.
import { cpusHeldBy } from '../board/cpus.ts';
import type { Selection } from '../board/state.svelte.ts';
import { cellField, fileOfPlace, placeOf } from '../state/documents.ts';
import type { ConfigDocument } from '../state/documents.ts';
import type { CellEntry } from '../state/project.svelte.ts';
import { closing } from '../board/snippet.ts';

/** What the map selects for a field. `path` as findings use it, in a file of this kind. */
export function selectionOfField(key: string, kind: 'system' | 'cell', path: string): Selection {
  const region = /^(?:rootCell\.)?memoryRegions\[(\d+)\]/.exec(path);
  if (region) return { kind: 'region', cell: key, index: Number(region[1]) };
  if (kind === 'system' && path !== '' && !path.startsWith('rootCell')) return { kind: 'hypervisor' };
  return { kind: 'cell', cell: key };
}

export const sameSelection = (a: Selection | undefined, b: Selection): boolean =>
  a?.kind === b.kind &&
  (a.kind === 'region'
    ? a.cell === (b as typeof a).cell && a.index === (b as typeof a).index
    : a.kind !== 'cell' || a.cell === (b as typeof a).cell);

/** The document and the field that a selection is about; undefined for what stands in no configuration. */
function fieldOfSelection(
  selection: Selection,
  cells: readonly CellEntry[],
): { document: ConfigDocument; field: string } | undefined {
  const of = (entry: CellEntry | undefined, field: string) =>
    entry && { document: entry.document, field: cellField(entry.document, field) };
  switch (selection.kind) {
    case 'region':
      return of(
        cells.find(({ key }) => key === selection.cell),
        `memoryRegions[${selection.index}]`,
      );
    case 'cell':
      return of(
        cells.find(({ key }) => key === selection.cell),
        'name',
      );
    case 'cpu':
      return of(
        cells.find((entry) => cpusHeldBy(entry, cells).includes(selection.cpu)),
        'cpuSet',
      );
    case 'hypervisor': {
      const root = cells.find((entry) => entry.root);
      return root && { document: root.document, field: 'hypervisorMemory' };
    }
    default:
      return undefined;
  }
}

/** Where a selection stands in the project's sources, braces and all; undefined where it does not. */
export function placeOfSelection(
  selection: Selection,
  cells: readonly CellEntry[],
  textOf: (file: string) => string | undefined,
): { file: string; start: number; end: number } | undefined {
  const found = fieldOfSelection(selection, cells);
  const place = found && placeOf(found.document, found.field);
  if (!place) return undefined;
  const file = fileOfPlace(found.document, place);
  const text = textOf(file);
  return text === undefined
    ? undefined
    : { file, start: place.start, end: Math.max(place.end, closing(text, place.start)) };
}
