// The communication region: where it is, who may write it, and whether anybody can answer. ABI reference, A.2, B.4, C.5, G.1, K.23.
import { CELL_FLAG, MEM_FLAG } from '../model.ts';
import { isCommRegion } from '../region.ts';
import { cellFix, cellTitle, hex, owned, regionFix, regionTitle, type CellView, type Rule } from './rule.ts';

const COMM_SIZE = 0x1000n;
const CUSTOMARY = { x86: 0x100000n, arm: 0x80000000n } as const;

const isPassive = ({ cell }: CellView): boolean => (cell.flags & CELL_FLAG.PASSIVE_COMMREG) !== 0;
const commRegions = ({ regions }: CellView) => regions.filter(({ region }) => isCommRegion(region));

export const commRegionRules: Rule[] = [
  {
    id: 'comm-missing',
    severity: 'warning',
    title: 'A cell without communication region',
    check: ({ cells, isX86 }) =>
      cells
        .filter((view) => commRegions(view).length === 0)
        .map((view) => {
          const virtStart = isX86 ? CUSTOMARY.x86 : CUSTOMARY.arm;
          const access = isPassive(view) ? MEM_FLAG.READ : MEM_FLAG.READ | MEM_FLAG.WRITE;
          return {
            config: view.config,
            path: 'memoryRegions',
            message:
              `${cellTitle(view)} maps no communication region, so its inmate finds neither console nor platform data there` +
              `${isPassive(view) ? '' : ' and can never answer a request to shut down'}: add one at guest ${hex(virtStart)}.`,
            fix: cellFix(`Add it at ${hex(virtStart)}`, view, (cell) => {
              cell.memoryRegions.push({
                physStart: 0n,
                virtStart,
                size: COMM_SIZE,
                flags: access | MEM_FLAG.COMM_REGION,
              });
            }),
          };
        }),
  },
  {
    id: 'comm-unanswered',
    severity: 'error',
    title: 'An active cell that cannot answer',
    check: ({ cells }) =>
      cells
        .filter(
          (view) => !isPassive(view) && commRegions(view).every(({ region }) => (region.flags & MEM_FLAG.WRITE) === 0n),
        )
        .filter((view) => commRegions(view).length > 0)
        .map((view) => {
          const comm = commRegions(view)[0]!;
          return {
            config: view.config,
            path: `${comm.path}.flags`,
            message:
              `${cellTitle(view)} is asked before it is stopped, but its communication region is read-only, so root waits ` +
              `${view.cell.msgReplyTimeout === 0n ? 'for ever' : 'until the time-out'}: make it writable, or set PASSIVE_COMMREG.`,
            ranges: [owned(regionTitle(comm), comm.virt)],
            fix: regionFix('Make it writable', comm, (region) => {
              region.flags |= MEM_FLAG.WRITE;
            }),
          };
        }),
  },
  {
    id: 'comm-misplaced',
    severity: 'warning',
    title: 'A communication region where inmates do not look',
    check: ({ cells, isX86 }) =>
      cells.flatMap((view) =>
        commRegions(view)
          .filter(({ region }) => region.virtStart !== (isX86 ? CUSTOMARY.x86 : CUSTOMARY.arm))
          .map((comm) => {
            const expected = isX86 ? CUSTOMARY.x86 : CUSTOMARY.arm;
            return {
              config: view.config,
              path: `${comm.path}.virtStart`,
              message: `The communication region of ${cellTitle(view)} is at guest ${hex(comm.region.virtStart)}; inmates look for it at ${hex(expected)}: move it there, unless yours is built for this address.`,
              ranges: [
                owned(regionTitle(comm), comm.virt),
                owned('where inmates look', { start: expected, size: COMM_SIZE }),
              ],
              fix: regionFix(`Move it to ${hex(expected)}`, comm, (region) => {
                region.virtStart = expected;
              }),
            };
          }),
      ),
  },
  {
    id: 'comm-size',
    severity: 'error',
    title: 'A communication region that is not one page',
    check: ({ all }) =>
      all.flatMap((view) =>
        commRegions(view)
          .filter(({ region }) => region.size !== COMM_SIZE)
          .map((comm) => ({
            config: view.config,
            path: `${comm.path}.size`,
            message: `${regionTitle(comm)} has ${hex(comm.region.size)} bytes; behind it is exactly one page: set its size to 0x1000.`,
            ranges: [owned(regionTitle(comm), comm.virt)],
            fix: regionFix('Make it one page', comm, (region) => {
              region.size = COMM_SIZE;
            }),
          })),
      ),
  },
  {
    id: 'comm-twice',
    severity: 'warning',
    title: 'Two communication regions',
    check: ({ cells }) =>
      cells.flatMap((view) =>
        commRegions(view)
          .slice(1)
          .map((comm) => ({
            config: view.config,
            path: comm.path,
            message: `${regionTitle(comm)} is a second communication region: both show the same page, so remove one.`,
            ranges: [owned(regionTitle(comm), comm.virt)],
            fix: cellFix('Remove it', view, (cell) => cell.memoryRegions.splice(comm.index, 1)),
          })),
      ),
  },
  {
    id: 'comm-writable',
    severity: 'info',
    title: 'A passive cell that can write its communication region',
    check: ({ cells }) =>
      cells
        .filter(isPassive)
        .flatMap((view) => commRegions(view))
        .filter(({ region }) => (region.flags & MEM_FLAG.WRITE) !== 0n)
        .map((comm) => ({
          config: comm.owner.config,
          path: `${comm.path}.flags`,
          message: `${regionTitle(comm)} is writable although the cell is passive, so it can claim any state: map it READ only, unless its inmate reports its state.`,
          ranges: [owned(regionTitle(comm), comm.virt)],
          fix: regionFix('Make it read-only', comm, (region) => {
            region.flags &= ~MEM_FLAG.WRITE;
          }),
        })),
  },
];
