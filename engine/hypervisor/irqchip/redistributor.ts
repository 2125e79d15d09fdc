// GICv3 redistributors as cells see them: identification of every frame, control of the own CPUs' frames.
// Source: ABI reference, C.4; which register is treated how is in registers.ts.
import type { PerCpu } from '../cell/percpu.ts';
import type { MmioAccess, MmioHandler } from '../mmio/table.ts';
import { GICR_TYPER, REDISTRIBUTOR, registerAt } from './registers.ts';

export interface RedistributorView {
  /** The CPU that the frame belongs to. */
  readonly owner: PerCpu;
  /** Its frame is the last one of the system's CPUs. */
  readonly isLast: boolean;
  /** Private interrupts that cells may touch. */
  readonly privateMask: number;
  read(offset: number, size: 1 | 2 | 4): number;
  write(offset: number, size: 1 | 2 | 4, value: number): void;
}

const TYPER_LAST = 1 << 4;

export function redistributorHandler(view: RedistributorView): MmioHandler {
  const word = (access: MmioAccess & { size: 1 | 2 | 4 }): void => {
    const register = registerAt(REDISTRIBUTOR, access.offset);
    const { offset, size, write } = access;
    if (!register || register.access === 'zero') return;
    if (register.access === 'anyone' || register.access === 'typer') {
      if (write) return;
      access.lo = view.read(offset, size);
      if (register.access === 'typer' && offset === GICR_TYPER && view.isLast) access.lo |= TYPER_LAST;
      return;
    }
    if (view.owner.cell !== access.cpu.cell) return;
    const mask = register.access === 'masked' ? view.privateMask >>> (8 * (offset & 3)) : 0xffffffff;
    if (write) view.write(offset, size, (access.lo & mask) >>> 0);
    else access.lo = (view.read(offset, size) & mask) >>> 0;
  };
  return (access) => {
    if (access.size !== 8) {
      word(access as MmioAccess & { size: 1 | 2 | 4 });
      return 'handled';
    }
    const low = { ...access, size: 4 as const };
    const high = { ...access, offset: access.offset + 4, size: 4 as const, lo: access.hi };
    word(low);
    word(high);
    [access.lo, access.hi] = [low.lo, high.lo];
    return 'handled';
  };
}
