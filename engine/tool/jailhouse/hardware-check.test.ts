import { describe, expect, test } from 'vitest';
import { checkHardware, hardwareFacts, type HardwareFacts } from './hardware-check.ts';
import { structure, table } from './machine/modelled.ts';
import { treeOf } from './machine/tree.ts';

const ALL = (1n << 64n) - 1n;
/** Every VMX control may be one or zero. */
const CONTROLS = 0xffff_ffff_0000_0000n;
const MSRS: Readonly<Record<number, bigint>> = {
  0x3a: 0x7n,
  0x480: 1n << 55n,
  0x485: 1n << 6n,
  0x48b: CONTROLS,
  0x48c: ALL,
  0x48d: CONTROLS,
  0x48e: CONTROLS,
  0x48f: CONTROLS,
  0x490: CONTROLS,
};

const intel = (changes: Partial<HardwareFacts> = {}): HardwareFacts => ({
  vendor: 'GenuineIntel',
  cpus: 4,
  consistent: true,
  flags: new Set(['lm', 'vmx', 'x2apic', 'rdtscp']),
  msr: (index) => MSRS[index],
  iommus: [{ register: () => ALL }],
  ...changes,
});
const amd = (changes: Partial<HardwareFacts> = {}): HardwareFacts => ({
  vendor: 'AuthenticAMD',
  cpus: 2,
  consistent: true,
  flags: new Set(['lm', 'svm', 'npt']),
  msr: () => undefined,
  iommus: [],
  ...changes,
});
const line = (text: string, name: string): string | undefined =>
  text
    .split('\n')
    .find((one) => one.trim().startsWith(name))
    ?.slice(32);

describe('an Intel machine', () => {
  test('with everything passes; names take 32 columns', () => {
    const { text, exitCode } = checkHardware(intel());
    expect(exitCode).toBe(0);
    expect(text).toMatch(/^Feature {25}Availability\n/);
    expect(text).toMatch(/^Number of CPUs > 1 {14}ok$/m);
    expect(text).toMatch(/\nCheck passed!\n$/);
    expect(text).not.toMatch(/MISSING|missing|not checked/);
  });

  const without = (msr: number, bit: number) => ({
    msr: (index: number) => (index === msr ? MSRS[index]! & ~(1n << BigInt(bit)) : MSRS[index]),
  });
  test.each<[string, Partial<HardwareFacts>]>([
    ['Number of CPUs', { cpus: 1 }],
    ['Long mode', { flags: new Set(['vmx']) }],
    ['VT-x', { flags: new Set(['lm']) }],
    ['VMX outside SMX', without(0x3a, 2)],
    ['IA32_TRUE_*_CLTS', without(0x480, 55)],
    ['NMI exiting', without(0x48d, 35)],
    ['Preemption timer', without(0x48d, 38)],
    ['Secondary controls', without(0x48e, 63)],
    ['Unrestricted guest', without(0x48b, 39)],
    ['RDTSCP', without(0x48b, 35)],
    ['EPTP write-back', without(0x48c, 14)],
    ['VM-exit save IA32_EFER', without(0x48f, 52)],
    ['VM-entry load IA32_PAT', without(0x490, 46)],
    ['Activity state HLT', without(0x485, 6)],
    ['Queued invalidation', { iommus: [{ register: (offset) => (offset === 0x10 ? ALL & ~2n : ALL) }] }],
    ['39-bit AGAW', { iommus: [{ register: (offset) => (offset === 0x08 ? 0n : ALL) }] }],
    ['VT-d (IOMMU)', { iommus: [] }],
  ])('fails without %s', (name, changes) => {
    const { text, exitCode } = checkHardware(intel(changes));
    expect(line(text, name)).toBe('MISSING');
    expect(text).toMatch(/\nCheck FAILED!\n$/);
    expect(exitCode).toBe(2);
  });

  test.each<[string, Partial<HardwareFacts>]>([
    ['x2APIC', { flags: new Set(['lm', 'vmx']) }],
    ['VMX inside SMX', {}],
    ['1G pages', without(0x48c, 17)],
    ['48-bit AGAW', { iommus: [{ register: () => ALL & ~(1n << 10n) }] }],
    ['39-bit AGAW', { iommus: [{ register: () => ALL & ~(1n << 9n) }] }],
  ])('passes without %s, which is optional', (name, changes) => {
    const { text, exitCode } = checkHardware(intel({ ...changes, ...(name.startsWith('VMX') && without(0x3a, 1)) }));
    expect(line(text, name)).toBe('missing (optional)');
    expect(exitCode).toBe(0);
  });

  test('asks for RDTSCP, INVPCID and XSAVES only where the CPU has them', () => {
    const { text, exitCode } = checkHardware(
      intel({ flags: new Set(['lm', 'vmx', 'invpcid']), ...without(0x48b, 35) }),
    );
    expect(text).not.toContain('RDTSCP');
    expect(line(text, 'INVPCID')).toBe('ok');
    expect(exitCode).toBe(0);
  });
});

test('an AMD machine needs SVM and nested paging; an IOMMU is optional and looked at where there is one', () => {
  expect(checkHardware(amd()).exitCode).toBe(0);
  expect(checkHardware(amd({ flags: new Set(['lm', 'svm']) })).exitCode).toBe(2);
  const { text, exitCode } = checkHardware(amd({ iommus: [{ register: () => 0x5_0000n }] }));
  expect(line(text, 'Hardware events')).toBe('missing (optional)');
  expect(exitCode).toBe(0);
});

test('CPUs that differ fail', () => {
  expect(checkHardware(amd({ consistent: false })).exitCode).toBe(2);
});

test('what cannot be read is said, and ends with 1', () => {
  const { text, exitCode } = checkHardware(intel({ msr: () => undefined, iommus: [{ register: () => undefined }] }));
  expect(line(text, 'NMI exiting')).toBe('not checked');
  expect(exitCode).toBe(1);
  expect(checkHardware({ ...amd(), vendor: undefined })).toEqual({ text: 'Unsupported architecture\n', exitCode: 1 });
});

test('facts come out of a collected machine', () => {
  const dmar = table('DMAR', 12, [structure(16, (v) => v.setUint16(2, 16, true))]);
  const cpuinfo =
    'processor\t: 0\nvendor_id\t: GenuineIntel\nflags\t\t: lm vmx\n\nprocessor\t: 1\nvendor_id\t: GenuineIntel\nflags\t\t: lm\n';
  const facts = hardwareFacts(
    treeOf([
      { path: 'proc/cpuinfo', bytes: new TextEncoder().encode(cpuinfo) },
      { path: 'sys/firmware/acpi/tables/DMAR', bytes: dmar },
    ]),
  );
  expect(facts).toMatchObject({ vendor: 'GenuineIntel', cpus: 2, consistent: false });
  expect([...facts.flags]).toEqual(['lm', 'vmx']);
  expect(facts.iommus).toHaveLength(1);
});
