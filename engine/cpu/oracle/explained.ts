// Differences between the engine and QEMU that are not mistakes: each with its reason, and the section of the Arm ARM
// (DDI 0487) where one applies. A difference that no entry explains is a failure.
import type { Difference } from './compare.ts';

export interface Explanation {
  readonly name: string;
  readonly reason: string;
  readonly section: string;
  applies(difference: Difference, cpu: string): boolean;
}

const MAX_ONLY_PSTATE = 0xc00n;

export const EXPLAINED: readonly Explanation[] = [
  {
    name: 'branch type',
    reason: 'QEMU’s max has FEAT_BTI and keeps BTYPE in SPSR bits 11:10; the engine’s does not',
    section: 'A2.8.1 FEAT_BTI',
    applies: ({ fields }, cpu) =>
      cpu === 'max' &&
      [...fields].every(
        ([name, [ours, theirs]]) =>
          /^(pstate|spsr)/.test(name) &&
          ours !== undefined &&
          theirs !== undefined &&
          ((ours ^ theirs) & ~MAX_ONLY_PSTATE) === 0n,
      ),
  },
  {
    name: 'half-precision flush',
    reason: 'QEMU’s max has FEAT_FP16 and keeps FPCR.FZ16',
    section: 'A2.3.1 FEAT_FP16',
    applies: ({ fields }, cpu) =>
      cpu === 'max' && ((fields.get('fpcr')?.[0] ?? 0n) ^ (fields.get('fpcr')?.[1] ?? 0n)) === 1n << 19n,
  },
  {
    name: 'misaligned wild branch',
    reason: 'a misaligned target counts before its translation fault; QEMU sometimes reports the latter',
    section: 'D1.3.6 synchronous exception prioritization',
    applies: ({ fields }) =>
      [...fields].every(
        ([name, [ours, theirs]]) =>
          name.startsWith('esr') && ours === 0x8a00_0000n && (theirs === 0x8600_0004n || theirs === 0x8200_0004n),
      ),
  },
  {
    name: 'monitor at the last address',
    reason:
      'QEMU marks a cleared monitor by address 2^64 - 1, so that a store-exclusive to it seems to match and faults',
    section: 'B2.12 exclusive monitors',
    applies: ({ fields }) =>
      [...fields].some(([name, [, theirs]]) => name.startsWith('far') && theirs === 0xffff_ffff_ffff_ffffn) &&
      [...fields].some(([name, [, theirs]]) => name.startsWith('esr') && (theirs! & 0x3fn) === 0x21n),
  },
];
