// SYS instructions by encoding: cache and TLB maintenance, address translation (Arm ARM DDI 0487, C5.3 to C5.5). Caches are
// not modelled, so cache maintenance has nothing to do but to fault; decoded code follows stores by itself.
import { PERMIT } from '../../core/services.ts';
import { systemKey } from './registers.ts';

export type SystemAction =
  | 'nothing'
  /** Done by the instruction itself, without asking here. */
  | 'zero'
  /** Cache maintenance by address: may fault as an access does (D7.5.9). */
  | 'maintain'
  /** Address translation into PAR_EL1: kind of access and whose permissions. */
  | 'translate'
  /** TLB entries of this CPU, or of all in the inner shareable domain. */
  | 'tlbAll'
  | 'tlbPage';

export interface SystemInstruction {
  readonly name: string;
  readonly key: number;
  readonly action: SystemAction;
  /** Usable at EL0 if this control bit is set. */
  readonly el0Enable?: 'SCTLR.UCI';
  /** PERMIT bits of which the translation must give one; at EL0 it must always be readable. */
  readonly permission?: number;
  readonly everywhere?: true;
  readonly write?: true;
  readonly unprivileged?: true;
}

const entry = (
  name: string,
  code: string,
  action: SystemAction,
  more: Omit<SystemInstruction, 'name' | 'key' | 'action'> = {},
): SystemInstruction => {
  const [op1, crn, crm, op2] = code.split(' ').map(Number) as [number, number, number, number];
  return { name, key: systemKey(1, op1, crn, crm, op2), action, ...more };
};

const tlb = ['', 'IS'].flatMap((domain) => {
  const crm = domain === 'IS' ? 3 : 7;
  const everywhere = domain === 'IS' ? ({ everywhere: true } as const) : {};
  return [
    entry(`TLBI VMALLE1${domain}`, `0 8 ${crm} 0`, 'tlbAll', everywhere),
    entry(`TLBI VAE1${domain}`, `0 8 ${crm} 1`, 'tlbPage', everywhere),
    entry(`TLBI ASIDE1${domain}`, `0 8 ${crm} 2`, 'tlbAll', everywhere),
    entry(`TLBI VAAE1${domain}`, `0 8 ${crm} 3`, 'tlbPage', everywhere),
    entry(`TLBI VALE1${domain}`, `0 8 ${crm} 5`, 'tlbPage', everywhere),
    entry(`TLBI VAALE1${domain}`, `0 8 ${crm} 7`, 'tlbPage', everywhere),
  ];
});

/** Any mapping will do at EL1; DC IVAC may lose data, so it needs leave to write. */
const ANY = PERMIT.READ | PERMIT.WRITE | PERMIT.EXECUTE;
const USER = { el0Enable: 'SCTLR.UCI', permission: ANY } as const;

export const SYSTEM_INSTRUCTIONS: readonly SystemInstruction[] = [
  entry('IC IALLUIS', '0 7 1 0', 'nothing'),
  entry('IC IALLU', '0 7 5 0', 'nothing'),
  entry('IC IVAU', '3 7 5 1', 'maintain', USER),
  entry('DC IVAC', '0 7 6 1', 'maintain', { permission: PERMIT.WRITE }),
  entry('DC ISW', '0 7 6 2', 'nothing'),
  entry('DC CSW', '0 7 10 2', 'nothing'),
  entry('DC CISW', '0 7 14 2', 'nothing'),
  entry('DC ZVA', '3 7 4 1', 'zero'),
  entry('DC CVAC', '3 7 10 1', 'maintain', USER),
  entry('DC CVAU', '3 7 11 1', 'maintain', USER),
  entry('DC CIVAC', '3 7 14 1', 'maintain', USER),
  entry('AT S1E1R', '0 7 8 0', 'translate'),
  entry('AT S1E1W', '0 7 8 1', 'translate', { write: true }),
  entry('AT S1E0R', '0 7 8 2', 'translate', { unprivileged: true }),
  entry('AT S1E0W', '0 7 8 3', 'translate', { write: true, unprivileged: true }),
  ...tlb,
];

export const SYSTEM_INSTRUCTION_BY_KEY: ReadonlyMap<number, SystemInstruction> = new Map(
  SYSTEM_INSTRUCTIONS.map((instruction) => [instruction.key, instruction]),
);
