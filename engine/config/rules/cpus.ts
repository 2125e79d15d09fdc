// CPUs: who has which, and whether they exist. ABI reference, A.1 (limits), A.11 (root), B.5 (create), C.4 (GICv2), E.2, E.4.
import { cpuList, cpuSetOf, cpusOf } from '../codec.ts';
import { CPU_SET_MAX } from '../layout.ts';
import { cellFix, cellTitle, pairs, type CellView, type Fix, type Found, type Rule } from './rule.ts';

const named = (cpus: readonly number[]): string => `CPU${cpus.length > 1 ? 's' : ''} ${cpuList(cpus)}`;
const ranges = (owner: string, cpus: readonly number[]) => cpus.map((cpu) => ({ owner, start: BigInt(cpu), size: 1n }));

/** Takes CPUs out of a cell's set, whose length stays. */
const without = (view: CellView, cpus: readonly number[]): Fix =>
  cellFix(`Take ${named(cpus)} from ${view.name}`, view, (cell) => {
    cell.cpuSet = cpuSetOf(
      cpusOf(cell.cpuSet).filter((cpu) => !cpus.includes(cpu)),
      cell.cpuSet.length,
    );
  });

const place = (view: CellView): Pick<Found, 'config' | 'path'> => ({
  config: view.config,
  path: `${view.prefix}cpuSet`,
});

export const cpuRules: Rule[] = [
  {
    id: 'cpu-twice',
    severity: 'error',
    title: 'A CPU in two cells',
    check: ({ cells }) =>
      [...pairs(cells)].flatMap(([a, b]) => {
        const common = cpusOf(b.cell.cpuSet).filter((cpu) => cpusOf(a.cell.cpuSet).includes(cpu));
        if (common.length === 0) return [];
        return [
          {
            ...place(b),
            message:
              `${named(common)} ${common.length > 1 ? 'are' : 'is'} given to ${cellTitle(a)} and to ${cellTitle(b)}: only one of ` +
              'them can be created at a time; take it from one.',
            ranges: [...ranges(cellTitle(a), common), ...ranges(cellTitle(b), common)],
            fix: without(b, common),
          },
        ];
      }),
  },
  {
    id: 'cpu-not-in-system',
    severity: 'error',
    title: 'A CPU that the system does not have',
    check: ({ cells, root }) => {
      const system = cpusOf(root.cell.cpuSet);
      return cells.flatMap((view) => {
        const foreign = cpusOf(view.cell.cpuSet).filter((cpu) => !system.includes(cpu));
        if (foreign.length === 0) return [];
        return [
          {
            ...place(view),
            message:
              `${named(foreign)} of ${cellTitle(view)} ${foreign.length > 1 ? 'are' : 'is'} not among the CPUs ${cpuList(system)} of ` +
              'the system configuration, so the cell cannot be created: choose from those.',
            ranges: ranges(cellTitle(view), foreign),
            fix: without(view, foreign),
          },
        ];
      });
    },
  },
  {
    id: 'cpu-none',
    severity: 'error',
    title: 'A cell without CPUs',
    check: ({ all }) =>
      all
        .filter(({ cell }) => cpusOf(cell.cpuSet).length === 0)
        .map((view) => ({
          ...place(view),
          message: `${view.isRoot ? 'The root cell' : `Cell "${view.name}"`} has no CPU, so nothing ever runs in it: give it one.`,
        })),
  },
  {
    id: 'cpu-none-left',
    severity: 'error',
    title: 'No CPU left for root',
    check: ({ cells, root }) => {
      const given = new Set(cells.flatMap(({ cell }) => cpusOf(cell.cpuSet)));
      const system = cpusOf(root.cell.cpuSet);
      if (system.length === 0 || system.some((cpu) => !given.has(cpu))) return [];
      const last = cells.findLast(({ cell }) => cpusOf(cell.cpuSet).length > 0)!;
      return [
        {
          ...place(last),
          message:
            `The cells take all CPUs ${cpuList(system)} of the system, and root must keep one to manage them: take one back, ` +
            `for instance from ${cellTitle(last)}.`,
          ranges: ranges('root cell', system),
        },
      ];
    },
  },
  {
    id: 'cpu-boot',
    severity: 'error',
    title: 'The boot CPU in a cell (x86)',
    check: ({ cells, isX86 }) =>
      !isX86
        ? []
        : cells
            .filter(({ cell }) => cpusOf(cell.cpuSet).includes(0))
            .map((view) => ({
              ...place(view),
              message: `CPU 0 is given to ${cellTitle(view)}; on x86 Linux cannot give up its boot CPU: choose another one.`,
              ranges: ranges(cellTitle(view), [0]),
              fix: without(view, [0]),
            })),
  },
  {
    id: 'cpu-set-size',
    severity: 'error',
    title: 'A CPU set of an unusable length',
    check: ({ all }) =>
      all
        .filter(({ cell: { cpuSet } }) => cpuSet.length % 8 !== 0 || cpuSet.length > CPU_SET_MAX)
        .map((view) => ({
          ...place(view),
          message:
            `The CPU set of ${cellTitle(view)} has ${view.cell.cpuSet.length} bytes: use whole 64-bit words (__u64 cpus[n]), at most ` +
            `${CPU_SET_MAX} bytes.`,
          fix: cellFix('Round it to whole words', view, (cell) => {
            cell.cpuSet = cpuSetOf(cpusOf(cell.cpuSet));
          }),
        })),
  },
  {
    id: 'cpu-not-on-board',
    severity: 'error',
    title: 'System and board disagree about the CPUs',
    check: ({ root, board }) => {
      if (!board) return [];
      const present = board.cpus.map(({ id }) => id);
      const system = cpusOf(root.cell.cpuSet);
      const foreign = system.filter((cpu) => !present.includes(cpu));
      const missing = present.filter((cpu) => !system.includes(cpu));
      if (foreign.length > 0)
        return [
          {
            ...place(root),
            message: `${named(foreign)} of the system configuration ${foreign.length > 1 ? 'are' : 'is'} not on the board, which has CPUs ${cpuList(present)}: take them out.`,
            ranges: ranges('system configuration', foreign),
            fix: without(root, foreign),
          },
        ];
      if (missing.length === 0) return [];
      return [
        {
          ...place(root),
          message:
            `${named(missing)} of the board ${missing.length > 1 ? 'are' : 'is'} not in the system configuration: enabling fails unless ` +
            'exactly its CPUs are online; add them, or switch them off.',
          ranges: ranges('board', missing),
          fix: cellFix(`Add ${named(missing)}`, root, (cell) => {
            cell.cpuSet = cpuSetOf([...system, ...missing]);
          }),
        },
      ];
    },
  },
  {
    id: 'cpu-gicv2-limit',
    severity: 'error',
    title: 'More CPUs than a GICv2 serves',
    check: ({ root, system }) => {
      const { platform } = system;
      const beyond = cpusOf(root.cell.cpuSet).filter((cpu) => cpu >= GICV2_CPUS);
      if (platform.kind !== 'arm' || platform.gicVersion !== 2 || beyond.length === 0) return [];
      return [
        {
          ...place(root),
          message: `${named(beyond)} ${beyond.length > 1 ? 'are' : 'is'} beyond the 8 CPUs that a GICv2 serves: take them out, or set gic_version to 3 if the board has it.`,
          ranges: ranges('root cell', beyond),
        },
      ];
    },
  },
];

const GICV2_CPUS = 8;
