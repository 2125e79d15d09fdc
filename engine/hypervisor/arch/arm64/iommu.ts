// IOMMUs on 64-bit Arm: a unit of the configuration must be one of the board's. Masters are not modelled, so no translation is:
// what can be seen of these units is which are accepted, which stream belongs to whom, and what is printed.
// Source: ABI reference, A.10 (stream ids), B.7 (lines), C.7.
import { iommuUnitsOf, type IommuUnit as UnitConfig } from '../../../config/index.ts';
import type { BoardIommu, IommuKind } from '../../../board/index.ts';
import { ERRNO } from '../../errno.ts';
import type { Cell } from '../../cell/cell.ts';
import type { Hypervisor } from '../../hypervisor.ts';
import { idleUnit, type Unit } from '../../unit.ts';

interface IommuUnitOptions {
  /** As in `Initializing unit: NAME`. */
  name: string;
  /** IOMMU_TYPE of the configuration, and what the board's description calls it. */
  type: number;
  kind: IommuKind;
}

/** Units of one kind. */
export function iommuUnit(hv: Hypervisor, { name, type, kind }: IommuUnitOptions): Unit {
  const configured = (): { unit: UnitConfig; index: number }[] =>
    iommuUnitsOf(hv.system).flatMap((unit, index) => (unit.type === type ? [{ unit, index }] : []));
  const onBoard = ({ base }: UnitConfig): BoardIommu | undefined =>
    hv.machine.board.iommus?.find((one) => one.type === kind && one.base === Number(base));
  const streams = kind === 'MMU-500' ? new StreamMatching(hv) : undefined;
  return {
    ...idleUnit(name),
    init() {
      const units = configured();
      for (const { unit, index } of units) {
        const found = onBoard(unit);
        if (!found) return refuseUnit(hv, name, unit, index);
        if (!hv.remapWindows(unit.size)) return -ERRNO.ENOMEM;
        if (kind === 'MMU-500') hv.print(mmu500Lines(found));
      }
      return units.length > 0 ? (streams?.cellInit(hv.rootCell) ?? 0) : 0;
    },
    cellInit: (cell) => (configured().length > 0 ? (streams?.cellInit(cell) ?? 0) : 0),
    cellExit: (cell) => streams?.cellExit(cell),
  };
}

function refuseUnit(hv: Hypervisor, name: string, unit: UnitConfig, index: number): number {
  const { board } = hv.machine;
  const there = (board.iommus ?? []).map(({ type, base }) => `${type} at 0x${base.toString(16)}`).join(', ');
  return hv.report.refuse('ENODEV', {
    call: 'ENABLE',
    rule: 'iommu',
    sentence:
      `IOMMU unit ${index} of the configuration is an ${name} at 0x${unit.base.toString(16)}, which board ${board.name} does not have ` +
      `(${there ? `it has ${there}` : 'it has none'}). ${there ? 'Correct' : 'Remove it from'} iommu_units.`,
    target: { cell: hv.rootCell.name, field: `iommuUnits[${index}]` },
  });
}

const mmu500Lines = ({ base, streamGroups = 0, contextBanks = 0 }: BoardIommu): string =>
  `ARM MMU500 at 0x${base.toString(16)} with:\n` +
  ` stream matching with ${streamGroups} SMR groups\n` +
  ` ${contextBanks} context banks (0 stage-2 only)\n`;

/** An entry of the stream match table: ids that equal `id` where `mask` is clear. */
interface Match {
  id: number;
  mask: number;
  cell: Cell;
}

/** Bits 14:0 of each half: id below, mask above. */
const matchOf = (word: number): { id: number; mask: number } => ({ id: word & 0x7fff, mask: (word >>> 16) & 0x7fff });
const hex = (value: number): string => `0x${value.toString(16)}`;

/** Which cell a stream belongs to, by stream matching; a stream that nobody has faults. */
class StreamMatching {
  readonly #hv: Hypervisor;
  #matches: Match[] = [];

  constructor(hv: Hypervisor) {
    this.#hv = hv;
  }

  /** 0, or -EINVAL if an entry hits streams of another one without being the same. */
  cellInit(cell: Cell): number {
    for (const [index, word] of cell.config.streamIds.entries()) {
      const { id, mask } = matchOf(word);
      const clash = this.#matches.find(
        (other) => !(other.id === id && other.mask === mask) && ((other.id ^ id) & ~(other.mask | mask)) === 0,
      );
      if (clash) {
        this.cellExit(cell);
        return this.#hv.report.refuse('EINVAL', {
          call: cell === this.#hv.rootCell ? 'ENABLE' : 'CELL_CREATE',
          rule: 'stream-conflict',
          sentence:
            `Stream id ${hex(id)} (mask ${hex(mask)}) of ${cell.name} covers streams of ${hex(clash.id)} (mask ${hex(clash.mask)}) of ` +
            `${clash.cell.name}. Give both the same id and mask, or ids that do not meet.`,
          target: { cell: cell.name, field: `streamIds[${index}]` },
        });
      }
      this.#assign({ id, mask, cell });
    }
    return 0;
  }

  /** What the root has in its own list goes back to it. */
  cellExit(cell: Cell): void {
    const { rootCell } = this.#hv;
    const released = this.#matches.filter((match) => match.cell === cell);
    this.#matches = this.#matches.filter((match) => match.cell !== cell);
    if (cell === rootCell) return;
    const own = rootCell.config.streamIds.map(matchOf);
    for (const { id, mask } of released)
      if (own.some((match) => match.id === id && match.mask === mask)) this.#assign({ id, mask, cell: rootCell });
  }

  #assign(match: Match): void {
    const { id, mask, cell } = match;
    this.#hv.print(`Assigning SID ${hex(id)}, Mask ${hex(mask)} to cell "${cell.name}"\n`);
    this.#matches = [...this.#matches.filter((other) => other.id !== id || other.mask !== mask), match];
  }
}
