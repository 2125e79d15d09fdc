// Turns a fault into a sentence: which CPU of which cell did what where, who owns that place, which rule decided, and which
// field of the configuration would change it. The reference's console lines stay as they are; this is the addition.
import type { MmioAccess } from '../mmio/table.ts';
import type { SubPageRule } from '../mmio/subpage.ts';
import type { Cell, RegionView } from '../cell/cell.ts';
import type { PerCpu } from '../cell/percpu.ts';
import type { Hypervisor } from '../hypervisor.ts';
import type { EventDetail, EventTarget } from '../report.ts';
import { ownerOf } from './owner.ts';
import { addressText, rangeText } from './text.ts';

/** Why a handler refused an access: the second half of the sentence that the violation then begins. */
interface Cause {
  readonly rule: string;
  readonly text: string;
  readonly field?: string;
}

export interface FaultAccess {
  readonly kind: 'read' | 'write' | 'fetch';
  readonly address: number;
  readonly size: number;
  /** The instruction gave no syndrome: the hypervisor cannot emulate it. */
  readonly noSyndrome?: boolean;
}

const VERB = { read: 'read', write: 'wrote', fetch: 'fetched an instruction from' } as const;

const SUBPAGE_ADVICE: Readonly<Record<SubPageRule, (access: MmioAccess) => string>> = {
  permission: ({ write }) =>
    `which the region does not permit. Add JAILHOUSE_MEM_${write ? 'WRITE' : 'READ'} to its flags if the cell may do this`,
  width: ({ size }) =>
    `${size} bytes wide, and the region does not permit this width. Add JAILHOUSE_MEM_IO_${size * 8} to its flags`,
  alignment: () =>
    'not naturally aligned. Add JAILHOUSE_MEM_IO_UNALIGNED to its flags, or let the cell access it aligned',
};

export class Explain {
  readonly #hv: Hypervisor;
  #cause: Cause | undefined;

  constructor(hv: Hypervisor) {
    this.#hv = hv;
  }

  /** A handler says why it is about to refuse; the violation that follows takes it up. */
  because(cause: Cause): void {
    this.#cause = cause;
  }

  subPageRefused(access: MmioAccess, view: RegionView, rule: SubPageRule): void {
    this.because({
      rule: `subpage-${rule}`,
      text: `in memory region ${view.index} (${rangeText(view.virtual, view.size)}), ${SUBPAGE_ADVICE[rule](access)}.`,
      field: `memoryRegions[${view.index}].flags`,
    });
  }

  misroutedInterrupt(access: MmioAccess, intid: number): void {
    const cell = access.cpu.cell;
    this.because({
      rule: 'interrupt-route',
      text:
        `to send interrupt ${intid} (SPI ${intid - 32}) to a CPU outside the cell, which has CPUs ${cell.cpus.join(', ')}. ` +
        "Add the CPU to the cell's CPU set or route the interrupt to one of its own.",
      field: 'cpuSet',
    });
  }

  /** The event of an access that ends in a parked CPU. `registers` go into the detail. */
  accessViolation(cpu: PerCpu, access: FaultAccess, registers: EventDetail): void {
    const { cell } = cpu;
    const cause = this.#takeCause() ?? this.#findCause(cell, access);
    this.#hv.report.error(
      'violation',
      `CPU ${cpu.id} of ${cell.name} ${VERB[access.kind]} ${addressText(access.address)}, ${cause.text}`,
      target(cpu, access.address, cause.field),
      { rule: cause.rule, access: access.kind, size: access.size, ...registers },
    );
  }

  /** The event of any other exit that ends in a parked CPU. */
  trapViolation(cpu: PerCpu, rule: string, did: string, registers: EventDetail): void {
    this.#hv.report.error('violation', `CPU ${cpu.id} of ${cpu.cell.name} ${did}`, target(cpu), { rule, ...registers });
  }

  #takeCause(): Cause | undefined {
    const cause = this.#cause;
    this.#cause = undefined;
    return cause;
  }

  #findCause(cell: Cell, access: FaultAccess): Cause {
    const mapping = cell.stage2.find(access.address);
    const window = cell.mmio.find(access.address, 1);
    if (access.noSyndrome && (window || !mapping)) {
      const what = window ? window.name : ownerOf(this.#hv, access.address).thing;
      return {
        rule: 'no-syndrome',
        text:
          `${what}, with an instruction that a trap cannot describe (a pair, writeback or SIMD access). ` +
          'Use a plain load or store of one register there.',
      };
    }
    if (window && !mapping) {
      return {
        rule: 'window-refused',
        text: `in the ${window.name}, which does not take this access. Correct the offset, width or value in the program.`,
      };
    }
    if (mapping && access.kind !== 'fetch') {
      const index = regionAt(cell, access.address);
      const flag = access.kind === 'write' ? 'JAILHOUSE_MEM_WRITE' : 'JAILHOUSE_MEM_READ';
      return {
        rule: 'permission',
        text:
          `which ${index === undefined ? 'the cell' : `memory region ${index}`} maps without ${flag}. ` +
          'Add the flag if the cell may do this.',
        ...(index !== undefined && { field: `memoryRegions[${index}].flags` }),
      };
    }
    if (mapping) {
      return {
        rule: 'fetch-from-device',
        text: `where the cell has ${ownerOf(this.#hv, mapping.physical + (access.address - mapping.start)).thing} and no memory to run code from.`,
      };
    }
    const owner = ownerOf(this.#hv, access.address);
    return {
      rule: 'no-region',
      text: `which no region of this cell covers; ${owner.phrase}. ${advice(cell, owner.thing, access.address)}`,
      field: 'memoryRegions',
    };
  }
}

function advice(cell: Cell, thing: string, address: number): string {
  if (thing === 'hypervisor memory') return 'Correct the address in the program.';
  const page = addressText(address - (address % 4096));
  if (thing === 'nothing on this board') return 'Correct the address in the program.';
  return cell.isRoot
    ? `Give the root cell a memory region over ${page} in the system configuration.`
    : `Give the cell a memory region over ${page}, or correct the address in the program.`;
}

/** The last region that covers the address: later mappings overwrite earlier ones. */
function regionAt(cell: Cell, address: number): number | undefined {
  const index = cell.config.memoryRegions.findLastIndex(
    (region) => address >= Number(region.virtStart) && address < Number(region.virtStart + region.size),
  );
  return index < 0 ? undefined : index;
}

const target = (cpu: PerCpu, address?: number, field?: string): EventTarget => ({
  cell: cpu.cell.name,
  cpu: cpu.id,
  ...(address !== undefined && { address: `0x${address.toString(16)}` }),
  ...(field !== undefined && { field }),
});
