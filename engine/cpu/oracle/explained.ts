// Differences between the engine and QEMU that are not mistakes: each with its reason, and the section of the Arm ARM
// (DDI 0487) where one applies. A difference that no entry explains is a failure.
import { SYSTEM_REGISTER_BY_KEY } from '../aarch64/system/registers.ts';
import type { Difference } from './compare.ts';
import type { RegisterDifference } from './registers.ts';

/** A differing field of a program's results, and what else its explanation may look at. */
export interface Deviation {
  readonly field: string;
  readonly ours: bigint | undefined;
  readonly theirs: bigint | undefined;
  readonly cpu: string;
  /** The difference that the field belongs to. */
  readonly difference: Difference;
  readonly program: Program;
}

export interface Program {
  readonly words: readonly number[];
  /** Whether on the engine it executes words that it has stored. */
  executesItsStores(): boolean;
}

export interface Explanation {
  readonly name: string;
  readonly reason: string;
  readonly section: string;
  explains(deviation: Deviation): boolean;
}

const exceptionClass = (esr: bigint | undefined): number => Number((esr ?? 0n) >> 26n);
const INSTRUCTION_ABORTS = [0x20, 0x21];
const DATA_ABORTS = [0x24, 0x25];
/** ISS.CM. */
const CACHE_MAINTENANCE = 1n << 8n;
/** ISS.DFSC. */
const FAULT_STATUS = 0x3fn;
const UNDEFINED_INSTRUCTION = 0x200_0000n;
const EXTERNAL_ABORT = 0x10n;
const PC_ALIGNMENT = 0x22;
const LAST_ADDRESS = 0xffff_ffff_ffff_ffffn;
const BTYPE = 0xc00n;
const FZ16 = 1n << 19n;
/** IC IVAU, X0. */
const INVALIDATE_INSTRUCTIONS = 0xd50b_7520 | 0;

export const EXPLAINED: readonly Explanation[] = [
  {
    name: 'branch type',
    reason: 'QEMU’s max has FEAT_BTI and keeps BTYPE in SPSR bits 11:10; the engine’s does not',
    section: 'A2.8.1 FEAT_BTI',
    explains: ({ field, ours, theirs, cpu }) =>
      cpu === 'max' && /^(pstate|spsr)/.test(field) && (((ours ?? 0n) ^ (theirs ?? 0n)) & ~BTYPE) === 0n,
  },
  {
    name: 'half-precision flush',
    reason: 'QEMU’s max has FEAT_FP16 and keeps FPCR.FZ16, which MRS may then read',
    section: 'A2.3.1 FEAT_FP16',
    explains: ({ cpu, difference: { fields } }) => {
      const [ours, theirs] = fields.get('fpcr') ?? [0n, 0n];
      return cpu === 'max' && ((ours ?? 0n) ^ (theirs ?? 0n)) === FZ16;
    },
  },
  {
    name: 'misaligned wild branch',
    reason: 'a misaligned target counts before its translation fault; QEMU sometimes reports the latter',
    section: 'D1.3.6 synchronous exception prioritization',
    explains: ({ field, ours, theirs }) =>
      field.startsWith('esr') &&
      exceptionClass(ours) === PC_ALIGNMENT &&
      INSTRUCTION_ABORTS.includes(exceptionClass(theirs)),
  },
  {
    name: 'unaligned access to nothing',
    reason: 'QEMU takes an unaligned access that meets no memory apart and reports the piece',
    section: 'D17.2.40 FAR_EL1',
    explains: ({ field, ours, theirs, difference: { fields } }) => {
      const esr = field.replace('far', 'esr');
      return field.startsWith('far') && !fields.has(esr) && ((ours ?? 0n) ^ (theirs ?? 0n)) < 16n;
    },
  },
  {
    name: 'instructions beyond Armv8.2',
    reason: 'where a branch leads into arbitrary words, QEMU’s max knows some that the engine’s does not',
    section: 'A2 Armv8-A architecture extensions',
    // The engine's exception is missing on QEMU: another one, or that of the next word, is in its place.
    explains: ({ cpu, difference }) =>
      cpu === 'max' &&
      [...difference.fields].some(
        ([name, [ours, theirs]]) =>
          difference.ours.get(name.replace('elr', 'esr')) === UNDEFINED_INSTRUCTION &&
          (name.startsWith('esr') || (name.startsWith('elr') && theirs === (ours ?? 0n) + 4n)),
      ),
  },
  {
    name: 'access that leaves memory for an unmapped page',
    reason: 'the engine translates all of an access before any of it happens; QEMU stops at the first piece',
    section: 'B2.2.1 single-copy atomicity',
    explains: ({ difference: { fields } }) =>
      [...fields].some(
        ([name, [ours, theirs]]) =>
          name.startsWith('esr') && ours !== undefined && ((theirs ?? 0n) & FAULT_STATUS) === EXTERNAL_ABORT,
      ),
  },
  {
    name: 'faults of cache maintenance',
    reason: 'QEMU’s cache maintenance by address never faults (see ../aarch64/choices.ts)',
    section: 'D7.5.9 cache maintenance instructions that apply to a VA',
    explains: ({ difference: { fields } }) =>
      [...fields].some(
        ([name, [ours]]) =>
          name.startsWith('esr') &&
          DATA_ABORTS.includes(exceptionClass(ours)) &&
          ((ours ?? 0n) & CACHE_MAINTENANCE) !== 0n,
      ),
  },
  {
    name: 'monitor at the last address',
    reason:
      'QEMU marks a cleared monitor by address 2^64 - 1, so that a store-exclusive to it seems to match and faults',
    section: 'B2.12 exclusive monitors',
    explains: ({ difference: { fields } }) =>
      [...fields].some(
        ([name, [ours, theirs]]) => name.startsWith('far') && theirs === LAST_ADDRESS && ours !== theirs,
      ),
  },
  {
    name: 'a program that executes what it has stored',
    reason:
      'without cache maintenance old and new words may be executed: the engine takes the new, QEMU what it had translated',
    section: 'B2.4.4 concurrent modification and execution of instructions',
    explains: ({ program }) =>
      !program.words.some((word) => (word & ~0x1f) === INVALIDATE_INSTRUCTIONS) && program.executesItsStores(),
  },
];

/** Names of the entries that explain a difference, or nothing if a field is left that none explains. */
export function explanationsOf(difference: Difference, cpu: string, program: Program): readonly string[] | undefined {
  const names = new Set<string>();
  for (const [field, [ours, theirs]] of difference.fields) {
    const entry = EXPLAINED.find(({ explains }) => explains({ field, ours, theirs, cpu, difference, program }));
    if (!entry) return undefined;
    names.add(entry.name);
  }
  return [...names];
}

export interface RegisterExplanation {
  readonly name: string;
  readonly reason: string;
  readonly section: string;
  readonly registers: RegExp;
  /** Further condition on the values. */
  explains?(difference: RegisterDifference): boolean;
}

export const EXPLAINED_REGISTERS: readonly RegisterExplanation[] = [
  {
    name: 'AArch64 only',
    reason: 'the engine runs no AArch32 code and no big-endian data, and its identification registers say so',
    section: 'D17.2.64 ID_AA64PFR0_EL1, ID_AA64MMFR0_EL1.BigEnd',
    registers: /^ID_AA64(PFR0|MMFR0)_EL1$/,
    explains: ({ ours, theirs }) => [0x11n ^ 0x22n, 1n << 8n].includes(ours ^ theirs),
  },
  {
    name: 'instruction counting',
    reason: 'QEMU counts instructions only with -icount; the engine always does',
    section: 'D11.11.2 PMCEID0_EL0',
    registers: /^PMCEID0_EL0$/,
    explains: ({ ours, theirs }) => (ours ^ theirs) === 1n << 8n,
  },
  {
    name: 'debug registers that QEMU lacks',
    reason: 'every core has them; QEMU leaves out those that only an external debugger fills',
    section: 'D17.3',
    registers: /^(OSDTR[RT]X|OSECCR|DBGPRCR|DBGCLAIM(SET|CLR)|DBGAUTHSTATUS)_EL1$|^DBGDTR(TX)?_EL0$/,
  },
  {
    name: 'reset address',
    reason: 'RVBAR_EL1 is there only where EL1 is the highest level; the boards’ cores have EL2',
    section: 'D17.2.124 RVBAR_EL1',
    registers: /^S3_0_C12_C0_1$/,
  },
  {
    name: 'address of the GIC',
    reason: 'CBAR_EL1 is the board’s, and the oracle’s board has no GIC',
    section: 'Cortex-A57 TRM DDI 0488, 4.3.78',
    registers: /^CBAR_EL1$/,
  },
  {
    name: 'timers',
    reason: 'the oracle’s board has no timers but a counter of its own',
    section: 'D17.11',
    registers: /^S3_3_C14_C[023]_[0-2]$/,
  },
  {
    name: 'reserved bits that QEMU keeps',
    reason: 'QEMU stores what is written to them; the architecture has them read as zero in Armv8.0',
    section: 'D17.1.1 RES0',
    registers:
      /^(CPACR|TCR|SPSR|ESR|VBAR|CONTEXTIDR|CNTKCTL|SCTLR|MDSCR|DBG[BW][VC]R\d)_EL1$|^(PMCR|PMXEVCNTR|PMEVTYPER\d)_EL0$/,
    explains: ({ key, ours, theirs, where }) =>
      where.startsWith('written') && ours === (theirs & (SYSTEM_REGISTER_BY_KEY.get(key)!.writable | ours)),
  },
  {
    name: 'byte selection of breakpoints',
    reason: 'QEMU pairs the bits of DBGBCRn_EL1.BAS as AArch32 needs them',
    section: 'D17.3.2 DBGBCR_EL1',
    registers: /^DBGBCR\d_EL1$/,
    explains: ({ ours, theirs }) => ((ours ^ theirs) & 0xffe01fn & ~0x18n) === 0n,
  },
];

/** Differences of registers that no entry explains. */
export const unexplainedRegisters = (differences: readonly RegisterDifference[]): RegisterDifference[] =>
  differences.filter(
    (difference) =>
      !EXPLAINED_REGISTERS.some(
        ({ registers, explains }) => registers.test(difference.name) && (explains?.(difference) ?? true),
      ),
  );
