// The host side of system registers and SYS instructions: everything that is more than reading or writing a slot. Called
// for one CPU whose state is in the window; answers are OUTCOME numbers of port.ts, or OUTCOME_TRAP.
import { ATTENTION } from '../../core/layout.ts';
import { PSTATE } from '../../core/exceptions.ts';
import { OUTCOME_TAKEN, OUTCOME_TRAP, PERMIT } from '../../core/services.ts';
import { OUTCOME } from '../../port.ts';
import type { Processor } from '../../processor.ts';
import type { SystemInstruction } from './instructions.ts';
import { SYSTEM_INSTRUCTION_BY_KEY } from './instructions.ts';
import type { Effect, El0Enable, SystemRegister } from './registers.ts';
import { COUNTER_BITS } from './performance.ts';
import { isPortRegister, SCTLR, SYSTEM_REGISTER_BY_KEY, SYSTEM_REGISTER_BY_NAME, systemKey } from './registers.ts';

/** What register effects do to the value in `cpu.exchange`. */
interface Behaviour {
  read?(cpu: Processor, register: SystemRegister): number | undefined;
  write?(cpu: Processor, register: SystemRegister): number | undefined;
}

/** What the cluster does for all CPUs. */
export interface SystemHost {
  flushTlbs(cpu: number): void;
  flushTlbPage(cpu: number, lo: number, hi: number): void;
  readonly cpuCount: number;
  /** AT for the address in `exchange`; true if it ended in an exception. */
  translate(cpu: Processor, write: boolean, user: boolean): boolean;
  /** Whether cache maintenance of the address in `exchange` faulted; `permission`: see SystemInstruction. */
  maintain(cpu: Processor, permission: number): boolean;
}

const DZP = 1 << 4;
/** MDSCR_EL1.ERR, HDE, TDA, INTdis, TXU, RXO, TXfull, RXfull. */
const DEBUGGER_BITS = 0x6ce0_4040n;
/** PMSELR_EL0.SEL for the cycle counter. */
const CYCLE_COUNTER = 31;

/** CNTKCTL_EL1 bits that let EL0 read a counter or timer, by op2 or CRm of the encoding (D17.11). */
const CNTKCTL = { PHYSICAL_COUNTER: 1, VIRTUAL_COUNTER: 2, VIRTUAL_TIMER: 1 << 8, PHYSICAL_TIMER: 1 << 9 } as const;

/** Whether EL0 may touch a timer register of encoding 3 3 14 CRm op2. */
function timerAllowed(control: number, key: number): boolean {
  const crm = (key >>> 3) & 15;
  const op2 = key & 7;
  if (crm === 2) return (control & CNTKCTL.PHYSICAL_TIMER) !== 0;
  if (crm === 3) return (control & CNTKCTL.VIRTUAL_TIMER) !== 0;
  if (op2 === 1) return (control & CNTKCTL.PHYSICAL_COUNTER) !== 0;
  if (op2 === 2) return (control & CNTKCTL.VIRTUAL_COUNTER) !== 0;
  return (control & (CNTKCTL.PHYSICAL_COUNTER | CNTKCTL.VIRTUAL_COUNTER)) !== 0;
}

function el0Enabled(cpu: Processor, enable: El0Enable, write: boolean): boolean {
  const user = cpu.system32('PMUSERENR_EL0');
  switch (enable) {
    case 'SCTLR.UCT':
      return (cpu.system32('SCTLR_EL1') & SCTLR.UCT) !== 0;
    case 'SCTLR.DZE':
      return (cpu.system32('SCTLR_EL1') & SCTLR.DZE) !== 0;
    case 'SCTLR.UMA':
    case 'always':
      return true;
    case 'CNTKCTL':
      return (cpu.system32('CNTKCTL_EL1') & 3) !== 0;
    case 'PMUSERENR.EN':
      return (user & 1) !== 0;
    case 'PMUSERENR.SW':
      return (user & 3) !== 0;
    case 'PMUSERENR.CR':
      return (user & (write ? 1 : 5)) !== 0;
    case 'PMUSERENR.ER':
      return (user & (write ? 1 : 9)) !== 0;
  }
}

/** Lines and their bits in ISR_EL1. */
const PENDING = [
  [ATTENTION.SERROR, PSTATE.SERROR],
  [ATTENTION.IRQ, PSTATE.IRQ],
  [ATTENTION.FIQ, PSTATE.FIQ],
] as const;

const setExchange = (cpu: Processor, lo: number, hi = 0): void => {
  cpu.exchange.lo = lo >>> 0;
  cpu.exchange.hi = hi >>> 0;
};

const readCounters = (cpu: Processor, { slot }: SystemRegister): undefined => {
  cpu.performance.synchronize();
  cpu.performance.update();
  cpu.loadExchange(slot);
};

/** The register that PMSELR_EL0 selects; nothing for a counter that is not there: it reads as zero and ignores writes. */
function selectedCounter(cpu: Processor, { name }: SystemRegister): SystemRegister | undefined {
  const selected = cpu.system32('PMSELR_EL0') & 31;
  const type = name === 'PMXEVTYPER_EL0';
  if (selected === CYCLE_COUNTER && type) return SYSTEM_REGISTER_BY_NAME.get('PMCCFILTR_EL0');
  return SYSTEM_REGISTER_BY_NAME.get(`${type ? 'PMEVTYPER' : 'PMEVCNTR'}${selected}_EL0`);
}

/** A write of a performance monitor's register: counters are up to date before, interrupts after. */
const performanceWrite =
  (write: (cpu: Processor, register: SystemRegister) => void): NonNullable<Behaviour['write']> =>
  (cpu, register) => {
    cpu.performance.synchronize();
    write(cpu, register);
    cpu.performance.update();
    return OUTCOME.DONE;
  };

const BEHAVIOUR: Partial<Record<Effect, Behaviour>> = {
  translation: { write: (cpu) => void cpu.translationChanged() },
  addressSpace: { write: (cpu) => void cpu.tablesChanged() },
  fpTrap: { write: (cpu) => void cpu.refreshLevel() },
  currentEl: { read: (cpu) => setExchange(cpu, cpu.field('el') << 2) as undefined },
  spSel: {
    read: (cpu) => setExchange(cpu, cpu.field('spSelect')) as undefined,
    write: (cpu) => void (cpu.pstate = (cpu.pstate & ~1) | (cpu.exchange.lo & 1)),
  },
  pan: {
    read: (cpu) =>
      cpu.field('panImplemented')
        ? (setExchange(cpu, cpu.field('pstate') & PSTATE.PAN) as undefined)
        : OUTCOME.UNDEFINED,
    write: (cpu) => {
      if (!cpu.field('panImplemented')) return OUTCOME.UNDEFINED;
      cpu.setField('pstate', (cpu.field('pstate') & ~PSTATE.PAN) | (cpu.exchange.lo & PSTATE.PAN));
      return void cpu.translationChanged();
    },
  },
  // The stack pointer in use is not reachable by name (D17.2.131 SP_EL0).
  spEl0: {
    read: (cpu) => (cpu.field('spSelect') === 0 ? OUTCOME.UNDEFINED : undefined),
    write: (cpu) => (cpu.field('spSelect') === 0 ? OUTCOME.UNDEFINED : undefined),
  },
  interruptStatus: {
    read: (cpu) => {
      const lines = cpu.field('attention');
      const pending = PENDING.reduce((bits, [line, bit]) => bits | (lines & line ? bit : 0), 0);
      return setExchange(cpu, pending) as undefined;
    },
  },
  cacheSize: {
    read: (cpu) => {
      // CSSELR: level in bits 3:1, instruction in bit 0.
      const selected = cpu.system32('CSSELR_EL1') & 15;
      const size = selected < 3 ? cpu.model.cacheSizes[selected]! : 0n;
      return setExchange(cpu, Number(size)) as undefined;
    },
  },
  // EL0 is told whether it may zero blocks (D17.2.38 DCZID_EL0.DZP). Only its reads come here.
  zeroingSize: {
    read: (cpu) => {
      const prohibited = cpu.field('el') === 0 && !(cpu.system32('SCTLR_EL1') & SCTLR.DZE);
      return setExchange(cpu, cpu.exchange.lo | (prohibited ? DZP : 0)) as undefined;
    },
  },
  // What an external debugger sees of itself is writable only while the OS lock holds (D17.3.20 MDSCR_EL1).
  debugControl: {
    write: (cpu, { slot, writable }) => {
      const locked = (cpu.system32('OSLSR_EL1') & 2) !== 0;
      cpu.storeExchange(slot, locked ? writable : writable & ~DEBUGGER_BITS);
      return OUTCOME.DONE;
    },
  },
  osLock: {
    write: (cpu, { slot }) => {
      cpu.writeSlot32(slot, (cpu.readSlot32(slot) & ~2) | ((cpu.exchange.lo & 1) << 1));
      return OUTCOME.DONE;
    },
  },
  pmuControl: { write: performanceWrite((cpu) => cpu.performance.control(cpu.exchange.lo)) },
  pmuSet: {
    read: readCounters,
    write: performanceWrite((cpu, { slot }) =>
      cpu.writeSlot32(slot, cpu.readSlot32(slot) | (cpu.exchange.lo & COUNTER_BITS)),
    ),
  },
  pmuClear: {
    read: readCounters,
    write: performanceWrite((cpu, { slot }) => cpu.writeSlot32(slot, cpu.readSlot32(slot) & ~cpu.exchange.lo)),
  },
  pmuIncrement: { write: performanceWrite((cpu) => cpu.performance.softwareIncrement(cpu.exchange.lo)) },
  pmuValue: {
    read: readCounters,
    write: performanceWrite((cpu, { slot, writable }) => cpu.storeExchange(slot, writable)),
  },
  pmuSelected: {
    read: (cpu, register) => {
      const selected = selectedCounter(cpu, register);
      if (!selected) return setExchange(cpu, 0) as undefined;
      return readCounters(cpu, selected);
    },
    write: performanceWrite((cpu, register) => {
      const selected = selectedCounter(cpu, register);
      if (selected) cpu.storeExchange(selected.slot, selected.writable);
    }),
  },
};

/** MRS and MSR of a register that is not a plain slot; the value travels in `cpu.exchange`. */
export function accessSystemRegister(cpu: Processor, key: number, write: boolean): number {
  const el0 = cpu.field('el') === 0;
  if (isPortRegister(key)) {
    const timer = key >>> 7 === systemKey(3, 3, 14, 0, 0) >>> 7;
    if (el0 && !timer) return OUTCOME.UNDEFINED;
    if (el0 && !timerAllowed(cpu.system32('CNTKCTL_EL1'), key)) return OUTCOME_TRAP;
    const port = cpu.callPort();
    return write ? port.writeSystemRegister(cpu, key) : port.readSystemRegister(cpu, key);
  }
  const register = SYSTEM_REGISTER_BY_KEY.get(key);
  const letter = write ? 'w' : 'r';
  if (!register) {
    cpu.reportUnimplemented();
    return OUTCOME.UNDEFINED;
  }
  if (!(el0 ? register.el0 : register.el1).includes(letter)) return OUTCOME.UNDEFINED;
  if (el0 && register.el0Enable && !el0Enabled(cpu, register.el0Enable, write)) return OUTCOME_TRAP;
  const behaviour = register.effect === undefined ? undefined : BEHAVIOUR[register.effect];
  if (!write) {
    cpu.loadExchange(register.slot);
    return behaviour?.read?.(cpu, register) ?? OUTCOME.DONE;
  }
  if (register.effect === 'spEl0' && cpu.field('spSelect') === 0) return OUTCOME.UNDEFINED;
  // Effects that answer DONE have stored what they want kept; the others act on the new value.
  if (behaviour?.write && STORES_ITSELF.has(register.effect!)) return behaviour.write(cpu, register) ?? OUTCOME.DONE;
  cpu.storeExchange(register.slot, register.writable);
  return behaviour?.write?.(cpu, register) ?? OUTCOME.DONE;
}

const STORES_ITSELF: ReadonlySet<Effect> = new Set<Effect>([
  'osLock',
  'debugControl',
  'pmuControl',
  'pmuSet',
  'pmuClear',
  'pmuIncrement',
  'pmuValue',
  'pmuSelected',
]);

/** SYS but DC ZVA: the operand travels in `cpu.exchange`. */
export function systemInstruction(host: SystemHost, cpu: Processor, key: number): number {
  const instruction = SYSTEM_INSTRUCTION_BY_KEY.get(key);
  if (!instruction) {
    cpu.reportUnimplemented();
    return OUTCOME.UNDEFINED;
  }
  if (cpu.field('el') === 0) {
    if (!instruction.el0Enable) return OUTCOME.UNDEFINED;
    if (!(cpu.system32('SCTLR_EL1') & SCTLR.UCI)) return OUTCOME_TRAP;
  }
  if (instruction.action === 'maintain') {
    const permission = cpu.field('el') === 0 ? PERMIT.READ : instruction.permission!;
    return host.maintain(cpu, permission) ? OUTCOME_TAKEN : OUTCOME.DONE;
  }
  if (instruction.action === 'translate') {
    const taken = host.translate(cpu, instruction.write === true, instruction.unprivileged === true);
    return taken ? OUTCOME_TAKEN : OUTCOME.DONE;
  }
  act(host, cpu, instruction);
  return OUTCOME.DONE;
}

function act(host: SystemHost, cpu: Processor, instruction: SystemInstruction): void {
  const first = instruction.everywhere ? 0 : cpu.index;
  const last = instruction.everywhere ? host.cpuCount - 1 : cpu.index;
  switch (instruction.action) {
    case 'tlbAll':
      for (let i = first; i <= last; i++) host.flushTlbs(i);
      return;
    case 'tlbPage':
      // The operand holds VA[55:12] in bits 43:0.
      for (let i = first; i <= last; i++) host.flushTlbPage(i, cpu.exchange.lo, cpu.exchange.hi);
      return;
    default:
      return;
  }
}

/** ISS of exception class 0x18 for a trapped MSR, MRS or SYS (D17.2.37). */
export function systemTrapIss(word: number): number {
  const field = (shift: number, width: number): number => (word >>> shift) & (2 ** width - 1);
  return (
    (field(19, 2) << 20) |
    (field(5, 3) << 17) |
    (field(16, 3) << 14) |
    (field(12, 4) << 10) |
    (field(0, 5) << 5) |
    (field(8, 4) << 1) |
    field(21, 1)
  );
}
