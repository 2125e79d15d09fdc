// Differences between the engine and QEMU that are not mistakes: each with its reason, and the section of the Arm ARM
// (DDI 0487) where one applies. A difference that no entry explains is a failure.
import type { Difference } from './compare.ts';

export interface Explanation {
  readonly name: string;
  readonly reason: string;
  readonly section: string;
  /** True if this explains one differing field; `all` are the differing fields of the block. */
  explains(
    field: string,
    ours: bigint | undefined,
    theirs: bigint | undefined,
    cpu: string,
    all: Difference['fields'],
  ): boolean;
}

const exceptionClass = (esr: bigint | undefined): number => Number((esr ?? 0n) >> 26n);
const INSTRUCTION_ABORTS = [0x20, 0x21];
const PC_ALIGNMENT = 0x22;
const ALIGNMENT_FAULT = 0x21n;
const LAST_ADDRESS = 0xffff_ffff_ffff_ffffn;
const BTYPE = 0xc00n;
const FZ16 = 1n << 19n;

export const EXPLAINED: readonly Explanation[] = [
  {
    name: 'branch type',
    reason: 'QEMU’s max has FEAT_BTI and keeps BTYPE in SPSR bits 11:10; the engine’s does not',
    section: 'A2.8.1 FEAT_BTI',
    explains: (field, ours, theirs, cpu) =>
      cpu === 'max' && /^(pstate|spsr)/.test(field) && (((ours ?? 0n) ^ (theirs ?? 0n)) & ~BTYPE) === 0n,
  },
  {
    name: 'half-precision flush',
    reason: 'QEMU’s max has FEAT_FP16 and keeps FPCR.FZ16, which MRS may then read',
    section: 'A2.3.1 FEAT_FP16',
    explains: (_, __, ___, cpu, all) => {
      const [ours, theirs] = all.get('fpcr') ?? [0n, 0n];
      return cpu === 'max' && ((ours ?? 0n) ^ (theirs ?? 0n)) === FZ16;
    },
  },
  {
    name: 'misaligned wild branch',
    reason: 'a misaligned target counts before its translation fault; QEMU sometimes reports the latter',
    section: 'D1.3.6 synchronous exception prioritization',
    explains: (field, ours, theirs) =>
      field.startsWith('esr') &&
      exceptionClass(ours) === PC_ALIGNMENT &&
      INSTRUCTION_ABORTS.includes(exceptionClass(theirs)),
  },
  {
    name: 'monitor at the last address',
    reason:
      'QEMU marks a cleared monitor by address 2^64 - 1, so that a store-exclusive to it seems to match and faults',
    section: 'B2.12 exclusive monitors',
    explains: (_, __, ___, ____, all) =>
      [...all].some(([name, [, theirs]]) => name.startsWith('far') && theirs === LAST_ADDRESS) &&
      [...all].some(([name, [, theirs]]) => name.startsWith('esr') && ((theirs ?? 0n) & 0x3fn) === ALIGNMENT_FAULT),
  },
];

/** True if every differing field is explained. */
export const isExplained = ({ fields }: Difference, cpu: string): boolean =>
  [...fields].every(([name, [ours, theirs]]) =>
    EXPLAINED.some(({ explains }) => explains(name, ours, theirs, cpu, fields)),
  );
