// Who a configuration says it is: architecture, revision, name, id, size. ABI reference, A.0, A.1, E.2, E.4, F.1, K.1, K.25.
import { architectureOf, cellSize } from '../codec.ts';
import { CELL_SIZE_MAX } from '../layout.ts';
import { CONFIG_REVISION } from '../model.ts';
import { CELL_SIGNATURE, SYSTEM_SIGNATURE } from '../symbols.ts';
import { cellFix, cellTitle, pairs, type CellView, type Fix, type Found, type Rule } from './rule.ts';

const NAME_MAX = 31;
const VMID_MAX = 255;

const namePlace = ({ config, prefix }: CellView): Pick<Found, 'config' | 'path'> => ({ config, path: `${prefix}name` });

const rename = (view: CellView, name: string): Fix =>
  cellFix(`Rename it to ${name}`, view, (cell) => {
    cell.name = name;
  });

export const identityRules: Rule[] = [
  {
    id: 'architecture-mismatch',
    severity: 'error',
    title: 'A cell for another architecture',
    check: ({ cells, system }) =>
      cells
        .filter(({ cell }) => cell.architecture !== system.architecture)
        .map((view) => ({
          config: view.config,
          path: 'architecture',
          message:
            `${cellTitle(view)} is for ${architectureOf(view.cell.architecture) ?? view.cell.architecture}, the system is ` +
            `${architectureOf(system.architecture)}: the driver logs the mismatch and creates nothing; set .architecture (a 32-bit inmate ` +
            'on arm64 needs the flag AARCH32 instead).',
          fix: cellFix(`Set it to ${architectureOf(system.architecture)}`, view, (cell) => {
            cell.architecture = system.architecture;
          }),
        })),
  },
  {
    id: 'revision-mismatch',
    severity: 'error',
    title: 'Another configuration format',
    check: ({ cells, system }) => [
      ...(system.revision === CONFIG_REVISION && system.signature === SYSTEM_SIGNATURE
        ? []
        : [
            {
              config: 'system' as const,
              path: 'revision',
              message: `The system configuration says "${system.signature}", revision ${system.revision}; expected "${SYSTEM_SIGNATURE}", ${CONFIG_REVISION}: use the macros of <jailhouse/cell-config.h>.`,
            },
          ]),
      ...cells
        .filter(({ cell }) => cell.revision !== CONFIG_REVISION || cell.signature !== CELL_SIGNATURE)
        .map((view) => ({
          config: view.config,
          path: 'revision',
          message: `${cellTitle(view)} says "${view.cell.signature}", revision ${view.cell.revision}; expected "${CELL_SIGNATURE}", ${CONFIG_REVISION}: use the macros of <jailhouse/cell-config.h>.`,
        })),
    ],
  },
  {
    id: 'name-empty',
    severity: 'error',
    title: 'A cell without a name',
    check: ({ all }) =>
      all
        .filter(({ name }) => name === '')
        .map((view) => ({
          ...namePlace(view),
          message: `${view.isRoot ? 'The root cell' : `Cell number ${(view.config as number) + 1}`} has no name, by which every command finds it: set .name.`,
        })),
  },
  {
    id: 'name-number',
    severity: 'warning',
    title: 'A name that is a number',
    check: ({ all }) =>
      all
        .filter(({ name }) => /^(0[xX][0-9a-fA-F]+|[0-9]+)$/.test(name))
        .map((view) => ({
          ...namePlace(view),
          message: `The name "${view.name}" is a number, which commands take for a cell's id unless --name stands in front: begin it with a letter.`,
          fix: rename(view, `cell-${view.name}`.slice(0, NAME_MAX)),
        })),
  },
  {
    id: 'name-twice',
    severity: 'error',
    title: 'Two cells of the same name',
    check: ({ all }) =>
      [...pairs(all)]
        .filter(([a, b]) => a.name === b.name && a.name !== '')
        .map(([a, b]) => ({
          ...namePlace(b),
          message: `${a.isRoot ? 'The root cell and a cell are' : 'Two cells are'} called "${b.name}", and the second one cannot be created: rename one.`,
          fix: rename(b, `${b.name.slice(0, NAME_MAX - 2)}-2`),
        })),
  },
  {
    id: 'name-text',
    severity: 'warning',
    title: 'A name that is cut or not plain',
    check: ({ all }) =>
      all.flatMap((view) => {
        const raw = view.cell.name;
        if (raw.length > NAME_MAX)
          return [
            {
              ...namePlace(view),
              message: `The name "${view.name}" fills all 32 bytes; the last one is cut off by the driver: use at most ${NAME_MAX} characters.`,
              fix: rename(view, view.name),
            },
          ];
        if (/[^\x20-\x7e]/.test(raw) || raw.includes('/'))
          return [
            {
              ...namePlace(view),
              message: `The name "${view.name}" has characters that consoles and scripts show differently: use letters, digits, - and _.`,
            },
          ];
        return [];
      }),
  },
  {
    id: 'id-set',
    severity: 'warning',
    title: 'An id in the file',
    check: ({ all, isX86 }) =>
      all
        .filter(({ cell }) => cell.id !== 0)
        .map((view) => ({
          config: view.config,
          path: `${view.prefix}id`,
          message:
            `${cellTitle(view)} carries id ${view.cell.id}; the driver gives ids itself and overwrites it` +
            `${!isX86 && view.cell.id > VMID_MAX ? ` (and ${VMID_MAX} is the highest)` : ''}: leave it 0.`,
          fix: cellFix('Set the id to 0', view, (cell) => {
            cell.id = 0;
          }),
        })),
  },
  {
    id: 'size-limit',
    severity: 'error',
    title: 'A cell configuration that is too large',
    check: ({ cells }) =>
      cells
        .filter(({ cell }) => cellSize(cell) > CELL_SIZE_MAX)
        .map((view) => ({
          config: view.config,
          path: 'memoryRegions',
          message: `The configuration of ${cellTitle(view)} takes ${cellSize(view.cell)} bytes; the hypervisor reads at most ${CELL_SIZE_MAX}: merge regions, or drop entries that it does not need.`,
          ranges: [
            { owner: cellTitle(view), start: 0n, size: BigInt(cellSize(view.cell)) },
            { owner: 'limit', start: 0n, size: BigInt(CELL_SIZE_MAX) },
          ],
        })),
  },
  {
    id: 'trailing-bytes',
    severity: 'warning',
    title: 'Bytes that nothing counts',
    check: ({ scenario: { trailing }, all }) =>
      !trailing
        ? []
        : all.flatMap((view) => {
            const bytes = view.config === 'system' ? trailing.system : (trailing.cells[view.config] ?? 0);
            if (bytes === 0) return [];
            return [
              {
                config: view.config,
                path: '',
                message: `The file of ${cellTitle(view)} has ${bytes} bytes behind its configuration: an array is declared but not counted; add its num_… line, or remove the array.`,
              },
            ];
          }),
  },
  {
    id: 'source-warning',
    severity: 'warning',
    title: 'A source that does not say what it seems to say',
    check: ({ scenario: { sourceWarnings = [] } }) =>
      sourceWarnings.map(({ config, message, location }) => ({ config, path: '', message, location })),
  },
];
