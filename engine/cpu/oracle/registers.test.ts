// System registers on QEMU and on the engine: all that can be read, and what writes keep.
import { describe, expect, it } from 'vitest';
import { SYSTEM_REGISTERS } from '../aarch64/system/registers.ts';
import { unexplainedRegisters } from './explained.ts';
import { qemuVersion } from './qemu.ts';
import { compareReads, compareWrites, encodingName } from './registers.ts';

const noQemu = qemuVersion() === undefined;

/** Registers whose writing would disturb the program that writes them, or that count by themselves. */
const LEFT_OUT =
  /^(SPSel|PAN|NZCV|PMCCNTR_EL0|PMXEVTYPER_EL0|OSDTR[RT]X_EL1|OSECCR_EL1|DBGPRCR_EL1|DBGCLAIM\w+|DBGDTR\w+)$/;

const keyOf = (name: string): number => SYSTEM_REGISTERS.find((register) => register.name === name)!.key;
/** Neither translation nor alignment checks nor another byte order, which would end the program. */
const SCTLR_VALUES = [0xfcff_fffcn, 0n, 0x30d0_0800n];

describe.skipIf(noQemu)('system registers (needs qemu-system-aarch64)', () => {
  it.each(['cortex-a53', 'cortex-a57', 'cortex-a72'])('read as on QEMU -cpu %s at EL1 and EL0', (cpu) => {
    expect(unexplainedRegisters(compareReads(cpu))).toEqual([]);
  });

  it('keep what is written as on QEMU', () => {
    const keys = SYSTEM_REGISTERS.filter(
      ({ name, el1 }) => el1.includes('r') && el1.includes('w') && !LEFT_OUT.test(name),
    ).map(({ key }) => key);
    expect(keys.length).toBeGreaterThan(70);
    const values = new Map([[keyOf('SCTLR_EL1'), SCTLR_VALUES]]);
    expect(unexplainedRegisters(compareWrites('cortex-a57', keys, values))).toEqual([]);
  });
});

it('encodings are named as in the manual', () => {
  expect(encodingName(keyOf('SCTLR_EL1'))).toBe('SCTLR_EL1');
  expect(encodingName((3 << 14) | (5 << 11) | (15 << 7) | (3 << 3) | 1)).toBe('S3_5_C15_C3_1');
});
