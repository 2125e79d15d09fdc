// `jailhouse hardware check`: whether an x86 machine has what the hypervisor needs. The rules are a table over facts of the
// machine; what cannot be known (MSRs and IOMMU registers are in no file that is collected) is said, not guessed.
// Source: ABI reference, F.5; Intel SDM, volume 3, appendix A; Intel VT-d 4.1, 11.4; AMD APM, volume 2, 15; AMD IOMMU 48882, 3.4.
import { EXIT, type Process } from '../process.ts';
import { dmarOf, ivrsOf } from './machine/acpi.ts';
import { modelledTree } from './machine/modelled.ts';
import { openTree, readText, type MachineTree } from './machine/tree.ts';

/** Undefined: cannot be read here. */
type Known<Value> = Value | undefined;

export interface HardwareFacts {
  vendor: string | undefined;
  cpus: number;
  /** All CPUs have the same flags. */
  consistent: boolean;
  flags: ReadonlySet<string>;
  msr(index: number): Known<bigint>;
  /** A register of IOMMU unit n by offset: VT-d CAP 0x08 and ECAP 0x10, AMD EFR 0x30. */
  iommus: readonly { register(offset: number): Known<bigint> }[];
}

interface Item {
  name: string;
  optional?: true;
  /** True: there. */
  available: (facts: HardwareFacts) => Known<boolean>;
  /** The item counts only then. */
  when?: (facts: HardwareFacts) => boolean;
}

const MSR = {
  FEATURE_CONTROL: 0x3a,
  BASIC: 0x480,
  MISC: 0x485,
  PROCBASED2: 0x48b,
  EPT_VPID: 0x48c,
  TRUE_PINBASED: 0x48d,
  TRUE_PROCBASED: 0x48e,
  TRUE_EXIT: 0x48f,
  TRUE_ENTRY: 0x490,
} as const;

const bit = (value: Known<bigint>, number: number): Known<boolean> =>
  value === undefined ? undefined : ((value >> BigInt(number)) & 1n) === 1n;
const both = (...values: Known<boolean>[]): Known<boolean> =>
  values.includes(false) ? false : values.includes(undefined) ? undefined : true;
const flag = (name: string) => (facts: HardwareFacts) => facts.flags.has(name);
const msrBit = (msr: number, number: number) => (facts: HardwareFacts) => bit(facts.msr(msr), number);
/** A control of a VMX capability MSR may be one: the high half says so. */
const control = (msr: number, number: number) => msrBit(msr, 32 + number);

/** Outside a locked feature control the firmware has left the choice to us. */
const vmx = (number: number) => (facts: HardwareFacts) => {
  const value = facts.msr(MSR.FEATURE_CONTROL);
  return bit(value, 0) === false ? true : bit(value, number);
};

const COMMON: readonly Item[] = [
  { name: 'Number of CPUs > 1', available: ({ cpus }) => cpus > 1 },
  { name: 'Long mode', available: flag('lm') },
];

const INTEL: readonly Item[] = [
  { name: 'x2APIC', optional: true, available: flag('x2apic') },
  { name: 'VT-x (VMX)', available: flag('vmx') },
  { name: '  VMX outside SMX', available: vmx(2) },
  { name: '  VMX inside SMX', optional: true, available: vmx(1) },
  { name: '  IA32_TRUE_*_CLTS', available: msrBit(MSR.BASIC, 55) },
  { name: '  NMI exiting', available: control(MSR.TRUE_PINBASED, 3) },
  { name: '  Preemption timer', available: control(MSR.TRUE_PINBASED, 6) },
  { name: '  I/O bitmap', available: control(MSR.TRUE_PROCBASED, 25) },
  { name: '  MSR bitmap', available: control(MSR.TRUE_PROCBASED, 28) },
  { name: '  Secondary controls', available: control(MSR.TRUE_PROCBASED, 31) },
  {
    name: '  Optional CR3 interception',
    available: (facts) => {
      const value = facts.msr(MSR.TRUE_PROCBASED);
      const mayBeOff = (number: number) =>
        bit(value, number) === undefined ? undefined : bit(value, number) === false;
      return both(mayBeOff(15), mayBeOff(16));
    },
  },
  { name: '  Virtualize APIC access', available: control(MSR.PROCBASED2, 0) },
  { name: '  RDTSCP', when: flag('rdtscp'), available: control(MSR.PROCBASED2, 3) },
  { name: '  INVPCID', when: flag('invpcid'), available: control(MSR.PROCBASED2, 12) },
  { name: '  XSAVES', when: flag('xsaves'), available: control(MSR.PROCBASED2, 20) },
  { name: '  Unrestricted guest', available: control(MSR.PROCBASED2, 7) },
  { name: '  EPT', available: control(MSR.PROCBASED2, 1) },
  { name: '    4-level page walk', available: msrBit(MSR.EPT_VPID, 6) },
  { name: '    EPTP write-back', available: msrBit(MSR.EPT_VPID, 14) },
  { name: '    2M pages', optional: true, available: msrBit(MSR.EPT_VPID, 16) },
  { name: '    1G pages', optional: true, available: msrBit(MSR.EPT_VPID, 17) },
  { name: '    INVEPT', available: msrBit(MSR.EPT_VPID, 20) },
  {
    name: '      Single or all-context',
    available: (facts) => either(msrBit(MSR.EPT_VPID, 25)(facts), msrBit(MSR.EPT_VPID, 26)(facts)),
  },
  { name: '  VM-exit save IA32_PAT', available: control(MSR.TRUE_EXIT, 18) },
  { name: '  VM-exit load IA32_PAT', available: control(MSR.TRUE_EXIT, 19) },
  { name: '  VM-exit save IA32_EFER', available: control(MSR.TRUE_EXIT, 20) },
  { name: '  VM-exit load IA32_EFER', available: control(MSR.TRUE_EXIT, 21) },
  { name: '  VM-entry load IA32_PAT', available: control(MSR.TRUE_ENTRY, 14) },
  { name: '  VM-entry load IA32_EFER', available: control(MSR.TRUE_ENTRY, 15) },
  { name: '  Activity state HLT', available: msrBit(MSR.MISC, 6) },
];

const AMD: readonly Item[] = [
  { name: 'AMD-V (SVM)', available: flag('svm') },
  { name: '  Nested page tables', available: flag('npt') },
  { name: '  Decode assists', optional: true, available: flag('decodeassists') },
  { name: '  AVIC', optional: true, available: flag('avic') },
  { name: '  Flush by ASID', optional: true, available: flag('flushbyasid') },
];

function either(a: Known<boolean>, b: Known<boolean>): Known<boolean> {
  if (a === true || b === true) return true;
  return a === undefined || b === undefined ? undefined : false;
}

type UnitItem = Omit<Item, 'available' | 'when'> & { register: number; test: (value: bigint) => boolean };

const set = (number: number) => (value: bigint) => ((value >> BigInt(number)) & 1n) === 1n;

const VTD_UNIT: readonly UnitItem[] = [
  { name: '  39-bit AGAW', register: 0x08, test: set(9) },
  { name: '  48-bit AGAW', optional: true, register: 0x08, test: set(10) },
  { name: '  2M pages', optional: true, register: 0x08, test: set(34) },
  { name: '  1G pages', optional: true, register: 0x08, test: set(35) },
  { name: '  Queued invalidation', register: 0x10, test: set(1) },
  { name: '  Interrupt remapping', register: 0x10, test: set(3) },
  { name: '  Extended interrupt mode', register: 0x10, test: set(4) },
];

const AMD_UNIT: readonly UnitItem[] = [
  { name: '  Extended feature register', register: 0x30, test: (value) => value !== 0n },
  { name: '  SMI filter', register: 0x30, test: (value) => ((value >> 16n) & 3n) !== 0n },
  { name: '  SMI filter registers', register: 0x30, test: (value) => ((value >> 18n) & 7n) !== 0n },
  { name: '  Hardware events', optional: true, register: 0x30, test: set(8) },
];

/** Either address width will do. */
const AGAW = /AGAW$/;

export interface HardwareReport {
  text: string;
  exitCode: 0 | 1 | 2;
}

const COLUMN = 32;
const row = (name: string, value: string): string => `${name.padEnd(COLUMN)}${value}\n`;

/** The table, a last line, and the exit code: 0 passed, 2 failed, 1 where something could not be looked at. */
export function checkHardware(facts: HardwareFacts): HardwareReport {
  const intel = facts.vendor === 'GenuineIntel';
  if (!intel && facts.vendor !== 'AuthenticAMD') return { text: 'Unsupported architecture\n', exitCode: 1 };
  let failed = !facts.consistent;
  let skipped = false;
  let text = row('Feature', 'Availability') + row('-'.repeat(30), '-'.repeat(18));
  const say = (name: string, optional: boolean, available: Known<boolean>): void => {
    if (available === undefined) skipped = true;
    if (available === false && !optional) failed = true;
    text += row(
      name,
      available === undefined ? 'not checked' : available ? 'ok' : optional ? 'missing (optional)' : 'MISSING',
    );
  };
  for (const { name, optional, available, when } of [...COMMON, ...(intel ? INTEL : AMD)])
    if (when?.(facts) ?? true) say(name, optional === true, available(facts));
  if (intel) say('VT-d (IOMMU)', false, facts.iommus.length > 0);
  facts.iommus.forEach((unit, number) => {
    text += `${intel ? 'VT-d' : 'AMD'} unit ${number}\n`;
    const items = intel ? VTD_UNIT : AMD_UNIT;
    const narrow = items
      .filter(({ name }) => AGAW.test(name))
      .map(({ register, test }) => known(unit.register(register), test));
    for (const { name, optional, register, test } of items) {
      const width = AGAW.test(name) && narrow.includes(true);
      say(name, optional === true || width, known(unit.register(register), test));
    }
  });
  if (!facts.consistent) text += 'The CPUs differ in their features.\n';
  if (failed) return { text: `${text}\nCheck FAILED!\n`, exitCode: 2 };
  if (skipped)
    return { text: `${text}\nSome checks were skipped: MSRs and IOMMU registers cannot be read here.\n`, exitCode: 1 };
  return { text: `${text}\nCheck passed!\n`, exitCode: 0 };
}

const known = (value: Known<bigint>, test: (value: bigint) => boolean): Known<boolean> =>
  value === undefined ? undefined : test(value);

/** Facts out of a machine's files. MSRs and IOMMU registers are in none of them. */
export function hardwareFacts(tree: MachineTree): HardwareFacts {
  const cpuinfo = readText(tree, 'proc/cpuinfo') ?? '';
  const flags = [...cpuinfo.matchAll(/^flags\s*:\s*(.*)$/gm)].map(([, list]) => list!.trim());
  const acpi = (name: string) => tree.read(`sys/firmware/acpi/tables/${name}`);
  const [dmar, ivrs] = [acpi('DMAR'), acpi('IVRS')];
  const units = dmar ? dmarOf(dmar).units.length : ivrs ? ivrsOf(ivrs).units.length : 0;
  return {
    vendor: /^vendor_id\s*:\s*(\S+)/m.exec(cpuinfo)?.[1],
    cpus: [...cpuinfo.matchAll(/^processor\s*:/gm)].length,
    consistent: new Set(flags).size <= 1,
    flags: new Set((flags[0] ?? '').split(/\s+/)),
    msr: () => undefined,
    iommus: Array.from({ length: units }, () => ({ register: () => undefined })),
  };
}

/** Without arguments this machine; `-r ROOT` a collected one. */
export function hardwareCheck({ driver, files, out, err }: Process, args: readonly string[]): number {
  const root = args[0] === '-r' || args[0] === '--root' ? args[1] : undefined;
  if (args.length > 0 && (root === undefined || args.length > 2)) {
    err('usage: jailhouse-hardware-check [-r ROOT]\n');
    return EXIT.USAGE;
  }
  try {
    const tree = root === undefined ? modelledTree(driver.machine.board) : openTree(files, root);
    if (!tree) {
      err(`ERROR: there is no folder or tar archive ${root!}. Give what "jailhouse config collect" wrote.\n`);
      return EXIT.FAILURE;
    }
    const { text, exitCode } = checkHardware(hardwareFacts(tree));
    (text === 'Unsupported architecture\n' ? err : out)(text);
    return exitCode;
  } catch (error) {
    err(`ERROR: ${(error as Error).message}\n`);
    return EXIT.FAILURE;
  }
}
