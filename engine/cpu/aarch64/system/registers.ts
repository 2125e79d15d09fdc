// System registers of EL0 and EL1 as a table: encoding, who may access them, what a write keeps, what it sets off
// (Arm ARM DDI 0487, D17.2 and D17.3; implementation defined ones: Cortex-A57 TRM DDI 0488, 4.3). Timers, counters and the
// GIC's registers live outside the core and are only named here by their encoding ranges.
import { SYSTEM_BASE, SYSTEM_SLOTS } from '../../core/layout.ts';

/** op0<<14 | op1<<11 | CRn<<7 | CRm<<3 | op2. */
export const systemKey = (op0: number, op1: number, crn: number, crm: number, op2: number): number =>
  (op0 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2;

/** What happens around an access; the processor's host side implements each. */
export type Effect =
  /** Address translation changes: the CPU's TLBs are dropped. */
  | 'translation'
  /** As `translation` where the address space identifier or table base really changes. */
  | 'addressSpace'
  /** The floating-point trap changes. */
  | 'fpTrap'
  /** Read or written piecewise from the processor state. */
  | 'nzcv'
  | 'daif'
  | 'currentEl'
  | 'spSel'
  | 'pan'
  | 'spEl0'
  | 'interruptStatus'
  | 'cacheSize'
  | 'zeroingSize'
  | 'osLock'
  | 'debugControl'
  | 'pmuControl'
  | 'pmuSet'
  | 'pmuClear'
  | 'pmuIncrement'
  | 'pmuValue'
  | 'pmuSelected';

/** Effects that also reading has. */
export const READ_EFFECTS: ReadonlySet<string> = new Set<Effect>([
  'currentEl',
  'spSel',
  'pan',
  'spEl0',
  'interruptStatus',
  'cacheSize',
  'pmuSet',
  'pmuClear',
  'pmuValue',
  'pmuSelected',
]);

/**
 * How MRS and MSR reach a register: by the host side; in its slot (EL1 only, any level, EL1 while the other stack pointer
 * is in use, EL0 if a control bit allows it, or any level unless FP is trapped); or from the processor state.
 */
export const REGISTER_KIND = {
  CALL: 0,
  PRIVILEGED: 1,
  ANY: 2,
  DAIF: 3,
  NZCV: 4,
  BANKED: 5,
  ENABLED: 6,
  FP: 7,
} as const;

export interface SystemRegister {
  readonly name: string;
  readonly key: number;
  /** `r`, `rw`, `w` or nothing. */
  readonly el0: string;
  readonly el1: string;
  /** Bits that a write changes. */
  readonly writable: bigint;
  readonly effect: Effect | undefined;
  /** Register whose slot this one shares (PMCNTENCLR is a view of PMCNTENSET). */
  readonly alias: string | undefined;
  /** Condition under which EL0 may access it, beyond `el0`. */
  readonly el0Enable: El0Enable | undefined;
  /** CPACR_EL1.FPEN traps it. */
  readonly fp: boolean;
  /** Offset of its 8 bytes in the CPU state. */
  readonly slot: number;
}

/** Control bit that lets EL0 in; without it the access traps to EL1 with exception class 0x18. */
export type El0Enable =
  | 'always'
  | 'SCTLR.UCT'
  | 'SCTLR.UMA'
  | 'SCTLR.DZE'
  | 'PMUSERENR.EN'
  | 'PMUSERENR.CR'
  | 'PMUSERENR.ER'
  | 'PMUSERENR.SW'
  | 'CNTKCTL';

interface Declaration {
  name: string;
  /** op0 op1 CRn CRm op2. */
  code: string;
  el0?: string;
  el1?: string;
  writable?: bigint;
  effect?: Effect;
  alias?: string;
  el0Enable?: El0Enable;
  fp?: true;
}

const ALL = 0xffff_ffff_ffff_ffffn;
const WORD = 0xffff_ffffn;

/** All but EE and E0E: the cores are little-endian and their identification registers say so. */
/** Control bits of SCTLR_EL1 (D17.2.118). */
export const SCTLR = {
  A: 1 << 1,
  SA: 1 << 3,
  SA0: 1 << 4,
  UMA: 1 << 9,
  DZE: 1 << 14,
  UCT: 1 << 15,
  NTWI: 1 << 16,
  NTWE: 1 << 18,
  WXN: 1 << 19,
  SPAN: 1 << 23,
  UCI: 1 << 26,
} as const;
const SCTLR_WRITABLE = 0xfcff_ffffn;

const readOnly = (name: string, code: string): Declaration => ({ name, code, el1: 'r' });

const identification: Declaration[] = [
  readOnly('MIDR_EL1', '3 0 0 0 0'),
  readOnly('MPIDR_EL1', '3 0 0 0 5'),
  readOnly('REVIDR_EL1', '3 0 0 0 6'),
  ...[
    'ID_PFR0_EL1 ID_PFR1_EL1 ID_DFR0_EL1 ID_AFR0_EL1 ID_MMFR0_EL1 ID_MMFR1_EL1 ID_MMFR2_EL1 ID_MMFR3_EL1',
    'ID_ISAR0_EL1 ID_ISAR1_EL1 ID_ISAR2_EL1 ID_ISAR3_EL1 ID_ISAR4_EL1 ID_ISAR5_EL1 ID_MMFR4_EL1 ID_ISAR6_EL1',
    'MVFR0_EL1 MVFR1_EL1 MVFR2_EL1 - ID_PFR2_EL1 ID_DFR1_EL1 ID_MMFR5_EL1 -',
    'ID_AA64PFR0_EL1 ID_AA64PFR1_EL1 - - ID_AA64ZFR0_EL1 ID_AA64SMFR0_EL1 - -',
    'ID_AA64DFR0_EL1 ID_AA64DFR1_EL1 - - ID_AA64AFR0_EL1 ID_AA64AFR1_EL1 - -',
    'ID_AA64ISAR0_EL1 ID_AA64ISAR1_EL1 ID_AA64ISAR2_EL1 - - - - -',
    'ID_AA64MMFR0_EL1 ID_AA64MMFR1_EL1 ID_AA64MMFR2_EL1 - - - - -',
  ].flatMap((row, crm) =>
    row
      .split(' ')
      // Reserved encodings of the identification space read as zero (D17.1.3).
      .map((name, op2) => readOnly(name === '-' ? `S3_0_C0_C${crm + 1}_${op2}` : name, `3 0 0 ${crm + 1} ${op2}`)),
  ),
  { name: 'CCSIDR_EL1', code: '3 1 0 0 0', el1: 'r', effect: 'cacheSize' },
  readOnly('CLIDR_EL1', '3 1 0 0 1'),
  readOnly('AIDR_EL1', '3 1 0 0 7'),
  { name: 'CSSELR_EL1', code: '3 2 0 0 0', writable: 0xfn },
  { name: 'CTR_EL0', code: '3 3 0 0 1', el0: 'r', el1: 'r', el0Enable: 'SCTLR.UCT' },
  { name: 'DCZID_EL0', code: '3 3 0 0 7', el0: 'r', el1: 'r', el0Enable: 'always', effect: 'zeroingSize' },
];

const control: Declaration[] = [
  { name: 'SCTLR_EL1', code: '3 0 1 0 0', writable: SCTLR_WRITABLE, effect: 'translation' },
  { name: 'ACTLR_EL1', code: '3 0 1 0 1', writable: 0n },
  { name: 'CPACR_EL1', code: '3 0 1 0 2', writable: 0x30_0000n, effect: 'fpTrap' },
  { name: 'TTBR0_EL1', code: '3 0 2 0 0', effect: 'addressSpace' },
  { name: 'TTBR1_EL1', code: '3 0 2 0 1', effect: 'addressSpace' },
  { name: 'TCR_EL1', code: '3 0 2 0 2', writable: 0x7f_ffbf_ffffn, effect: 'translation' },
  { name: 'SPSR_EL1', code: '3 0 4 0 0', writable: WORD },
  { name: 'ELR_EL1', code: '3 0 4 0 1' },
  { name: 'SP_EL0', code: '3 0 4 1 0', effect: 'spEl0' },
  { name: 'SPSel', code: '3 0 4 2 0', effect: 'spSel' },
  { name: 'CurrentEL', code: '3 0 4 2 2', el1: 'r', effect: 'currentEl' },
  { name: 'PAN', code: '3 0 4 2 3', effect: 'pan' },
  { name: 'AFSR0_EL1', code: '3 0 5 1 0', writable: 0n },
  { name: 'AFSR1_EL1', code: '3 0 5 1 1', writable: 0n },
  { name: 'ESR_EL1', code: '3 0 5 2 0', writable: WORD },
  { name: 'FAR_EL1', code: '3 0 6 0 0' },
  { name: 'PAR_EL1', code: '3 0 7 4 0' },
  { name: 'MAIR_EL1', code: '3 0 10 2 0', effect: 'translation' },
  { name: 'AMAIR_EL1', code: '3 0 10 3 0', writable: 0n },
  { name: 'VBAR_EL1', code: '3 0 12 0 0', writable: ALL ^ 0x7ffn },
  { name: 'ISR_EL1', code: '3 0 12 1 0', el1: 'r', effect: 'interruptStatus' },
  { name: 'CONTEXTIDR_EL1', code: '3 0 13 0 1', writable: WORD },
  { name: 'TPIDR_EL1', code: '3 0 13 0 4' },
  { name: 'CNTKCTL_EL1', code: '3 0 14 1 0', writable: 0x3ffn },
  { name: 'NZCV', code: '3 3 4 2 0', el0: 'rw', effect: 'nzcv' },
  { name: 'DAIF', code: '3 3 4 2 1', el0: 'rw', el0Enable: 'SCTLR.UMA', effect: 'daif' },
  { name: 'FPCR', code: '3 3 4 4 0', el0: 'rw', writable: 0x07f7_0000n, fp: true },
  { name: 'FPSR', code: '3 3 4 4 1', el0: 'rw', writable: 0xf800_009fn, fp: true },
  { name: 'TPIDR_EL0', code: '3 3 13 0 2', el0: 'rw' },
  { name: 'TPIDRRO_EL0', code: '3 3 13 0 3', el0: 'r' },
  { name: 'CNTFRQ_EL0', code: '3 3 14 0 0', el0: 'r', el1: 'r', el0Enable: 'CNTKCTL' },
];

const performance: Declaration[] = [
  { name: 'PMCR_EL0', code: '3 3 9 12 0', el0: 'rw', el0Enable: 'PMUSERENR.EN', writable: 0x79n, effect: 'pmuControl' },
  { name: 'PMCNTENSET_EL0', code: '3 3 9 12 1', el0: 'rw', el0Enable: 'PMUSERENR.EN', effect: 'pmuSet' },
  {
    name: 'PMCNTENCLR_EL0',
    code: '3 3 9 12 2',
    el0: 'rw',
    el0Enable: 'PMUSERENR.EN',
    effect: 'pmuClear',
    alias: 'PMCNTENSET_EL0',
  },
  { name: 'PMOVSCLR_EL0', code: '3 3 9 12 3', el0: 'rw', el0Enable: 'PMUSERENR.EN', effect: 'pmuClear' },
  { name: 'PMSWINC_EL0', code: '3 3 9 12 4', el0: 'w', el1: 'w', el0Enable: 'PMUSERENR.SW', effect: 'pmuIncrement' },
  { name: 'PMSELR_EL0', code: '3 3 9 12 5', el0: 'rw', el0Enable: 'PMUSERENR.ER', writable: 0x1fn },
  { name: 'PMCEID0_EL0', code: '3 3 9 12 6', el0: 'r', el1: 'r', el0Enable: 'PMUSERENR.EN' },
  { name: 'PMCEID1_EL0', code: '3 3 9 12 7', el0: 'r', el1: 'r', el0Enable: 'PMUSERENR.EN' },
  { name: 'PMCCNTR_EL0', code: '3 3 9 13 0', el0: 'rw', el0Enable: 'PMUSERENR.CR', effect: 'pmuValue' },
  { name: 'PMXEVTYPER_EL0', code: '3 3 9 13 1', el0: 'rw', el0Enable: 'PMUSERENR.EN', effect: 'pmuSelected' },
  { name: 'PMXEVCNTR_EL0', code: '3 3 9 13 2', el0: 'rw', el0Enable: 'PMUSERENR.ER', effect: 'pmuSelected' },
  { name: 'PMUSERENR_EL0', code: '3 3 9 14 0', el0: 'r', writable: 0xfn },
  { name: 'PMINTENSET_EL1', code: '3 0 9 14 1', effect: 'pmuSet' },
  { name: 'PMINTENCLR_EL1', code: '3 0 9 14 2', effect: 'pmuClear', alias: 'PMINTENSET_EL1' },
  {
    name: 'PMOVSSET_EL0',
    code: '3 3 9 14 3',
    el0: 'rw',
    el0Enable: 'PMUSERENR.EN',
    effect: 'pmuSet',
    alias: 'PMOVSCLR_EL0',
  },
  ...Array.from({ length: 6 }, (_, i): Declaration[] => [
    {
      name: `PMEVCNTR${i}_EL0`,
      code: `3 3 14 8 ${i}`,
      el0: 'rw',
      el0Enable: 'PMUSERENR.ER',
      writable: WORD,
      effect: 'pmuValue',
    },
    {
      name: `PMEVTYPER${i}_EL0`,
      code: `3 3 14 12 ${i}`,
      el0: 'rw',
      el0Enable: 'PMUSERENR.EN',
      writable: 0xfc00_ffffn,
      effect: 'pmuValue',
    },
  ]).flat(),
  {
    name: 'PMCCFILTR_EL0',
    code: '3 3 14 15 7',
    el0: 'rw',
    el0Enable: 'PMUSERENR.EN',
    writable: 0xfc00_0000n,
    effect: 'pmuValue',
  },
];

/** Debug registers as a core without a debugger shows them: breakpoints can be written and never hit. */
const debug: Declaration[] = [
  { name: 'MDCCINT_EL1', code: '2 0 0 2 0', writable: 0n },
  { name: 'MDSCR_EL1', code: '2 0 0 2 2', writable: 0x6ce0_f041n, effect: 'debugControl' },
  { name: 'OSDTRRX_EL1', code: '2 0 0 0 2', writable: 0n },
  { name: 'OSDTRTX_EL1', code: '2 0 0 3 2', writable: 0n },
  { name: 'OSECCR_EL1', code: '2 0 0 6 2', writable: 0n },
  { name: 'MDRAR_EL1', code: '2 0 1 0 0', el1: 'r' },
  { name: 'OSLAR_EL1', code: '2 0 1 0 4', el1: 'w', effect: 'osLock', alias: 'OSLSR_EL1' },
  { name: 'OSLSR_EL1', code: '2 0 1 1 4', el1: 'r' },
  { name: 'OSDLR_EL1', code: '2 0 1 3 4', writable: 1n },
  { name: 'DBGPRCR_EL1', code: '2 0 1 4 4', writable: 0n },
  { name: 'DBGCLAIMSET_EL1', code: '2 0 7 8 6', writable: 0n },
  { name: 'DBGCLAIMCLR_EL1', code: '2 0 7 9 6', writable: 0n },
  { name: 'DBGAUTHSTATUS_EL1', code: '2 0 7 14 6', el1: 'r' },
  { name: 'MDCCSR_EL0', code: '2 3 0 1 0', el0: 'r', el1: 'r' },
  { name: 'DBGDTR_EL0', code: '2 3 0 4 0', writable: 0n },
  { name: 'DBGDTRTX_EL0', code: '2 3 0 5 0', writable: 0n },
  ...Array.from({ length: 6 }, (_, i): Declaration[] => [
    { name: `DBGBVR${i}_EL1`, code: `2 0 0 ${i} 4`, writable: 0xffff_ffff_ffff_fffcn },
    { name: `DBGBCR${i}_EL1`, code: `2 0 0 ${i} 5`, writable: 0x00ff_e1e7n },
  ]).flat(),
  ...Array.from({ length: 4 }, (_, i): Declaration[] => [
    { name: `DBGWVR${i}_EL1`, code: `2 0 0 ${i} 6`, writable: 0xffff_ffff_ffff_fffcn },
    { name: `DBGWCR${i}_EL1`, code: `2 0 0 ${i} 7`, writable: 0x1f1f_ffffn },
  ]).flat(),
];

/** Implementation defined registers of the Cortex-A53, A57 and A72 that firmware and operating systems touch. */
const implementation: Declaration[] = [
  { name: 'L2CTLR_EL1', code: '3 1 11 0 2', writable: 0n },
  { name: 'L2ECTLR_EL1', code: '3 1 11 0 3', writable: 0n },
  { name: 'L2ACTLR_EL1', code: '3 1 15 0 0', writable: 0n },
  { name: 'CPUACTLR_EL1', code: '3 1 15 2 0', writable: 0n },
  { name: 'CPUECTLR_EL1', code: '3 1 15 2 1', writable: 0n },
  { name: 'CPUMERRSR_EL1', code: '3 1 15 2 2', writable: 0n },
  { name: 'L2MERRSR_EL1', code: '3 1 15 2 3', writable: 0n },
  { name: 'CBAR_EL1', code: '3 1 15 3 0', el1: 'r' },
];

/** Held by the core without being a register of its own. */
const banked = ['SP_EL1'];

function declareRegisters(): { table: SystemRegister[]; slots: Record<string, number> } {
  const declarations = [...identification, ...control, ...performance, ...debug, ...implementation];
  const slots: Record<string, number> = {};
  let next = 0;
  for (const name of [
    ...banked,
    ...declarations.filter(({ alias }) => alias === undefined).map((entry) => entry.name),
  ]) {
    if (slots[name] !== undefined) throw new Error(`system register ${name} is declared twice`);
    slots[name] = SYSTEM_BASE + 8 * next++;
  }
  if (next > SYSTEM_SLOTS) throw new Error(`${next} system registers do not fit ${SYSTEM_SLOTS} slots`);
  const table = declarations.map((entry): SystemRegister => {
    const [op0, op1, crn, crm, op2] = entry.code.split(' ').map(Number) as [number, number, number, number, number];
    return {
      name: entry.name,
      key: systemKey(op0, op1, crn, crm, op2),
      el0: entry.el0 ?? '',
      el1: entry.el1 ?? 'rw',
      writable: entry.writable ?? ALL,
      effect: entry.effect,
      alias: entry.alias,
      el0Enable: entry.el0Enable,
      fp: entry.fp ?? false,
      slot: slots[entry.alias ?? entry.name]!,
    };
  });
  return { table, slots };
}

const declared = declareRegisters();

export const SYSTEM_REGISTERS: readonly SystemRegister[] = declared.table;
export const SYSTEM_REGISTER_BY_KEY: ReadonlyMap<number, SystemRegister> = new Map(
  declared.table.map((register) => [register.key, register]),
);

export const SYSTEM_REGISTER_BY_NAME: ReadonlyMap<string, SystemRegister> = new Map(
  declared.table.map((register) => [register.name, register]),
);

/** Offset of a register's 8 bytes in the CPU state. Throws for registers that the core does not hold. */
export function systemSlot(name: string): number {
  const slot = declared.slots[name];
  if (slot === undefined) throw new Error(`the core holds no system register ${name}`);
  return slot;
}

/** Registers of the generic timer and of the GIC's CPU interface: answered by the port. */
export function isPortRegister(key: number): boolean {
  const op0 = key >>> 14;
  const op1 = (key >>> 11) & 7;
  const crn = (key >>> 7) & 15;
  const crm = (key >>> 3) & 15;
  if (op0 !== 3) return false;
  if (op1 === 0) return (crn === 12 && crm >= 8) || (crn === 4 && crm === 6);
  return TIMER_REGISTERS.has(key);
}

/** CNTPCT, CNTVCT; CNTP_TVAL, CTL, CVAL; CNTV_TVAL, CTL, CVAL. */
const TIMER_REGISTERS: ReadonlySet<number> = new Set(
  [
    [0, 1],
    [0, 2],
    [2, 0],
    [2, 1],
    [2, 2],
    [3, 0],
    [3, 1],
    [3, 2],
  ].map(([crm, op2]) => systemKey(3, 3, 14, crm!, op2!)),
);
