// Names and signatures of the processors' common WebAssembly functions: what instructions call that is too large to stand in
// every one of them. What they do is defined beside this file; definitions.ts gathers it.
// They work on the state in the window. A service that ends the running instruction (exception taken, run left) sets
// `status`; its caller then returns without another effect.
import type { FunctionReference, ModuleBuilder } from '../wasm/module.ts';
import type { ValueType } from '../wasm/expression.ts';
import { I32, I64 } from '../wasm/expression.ts';

/** The access word that reads and writes carry: log2 of the bytes, and these. */
export const ACCESS = {
  SCALE: 7,
  /** With EL0's permissions. */
  UNPRIVILEGED: 8,
  /** Acquire, release, exclusive, atomic: an unaligned address faults whatever SCTLR.A says. */
  ORDERED: 16,
  /** The stage 2 syndrome is valid. */
  SYNDROME: 32,
  SIGNED: 64,
  /** 64-bit register. */
  WIDE: 128,
  /** First half of a pair that must be aligned to its whole. */
  PAIR: 256,
  /** A block that DC ZVA clears: not in Device memory. */
  BLOCK: 512,
  /** Elements in one access: how often its size is halved to theirs, by which alignment is checked. From this bit, two. */
  ELEMENTS_SHIFT: 10,
  ELEMENTS: 3 << 10,
} as const;

/** Answers of the host side beyond port.ts's OUTCOME: the access of EL0 traps to EL1. */
export const OUTCOME_TRAP = 4;
/** The instruction has ended in an exception already. */
export const OUTCOME_TAKEN = 5;

/** Permissions in `translatedAttributes`. */
export const PERMIT = { READ: 1, WRITE: 2, EXECUTE: 4 } as const;

/** Calls from WebAssembly to the host side; arguments travel in the state. */
export interface HostCalls {
  /** Decodes the record at the address. */
  readonly decode: FunctionReference;
  /** A plan and a template of the decoder's tables are missing: address of the plan; word, key, address of the template. */
  readonly fillPlan: FunctionReference;
  readonly fillTemplate: FunctionReference;
  /** Emits the outlined function of a handler and puts it into the table. */
  readonly emit: FunctionReference;
  /** Record page for the code page at a host offset. */
  readonly codePage: FunctionReference;
  /** CpuPort.access for the access in the state; returns an Outcome. */
  readonly access: FunctionReference;
  /** CpuPort.fetchFault for accessAddress. */
  readonly fetchFault: FunctionReference;
  /** MRS and MSR that are more than a slot: key; the value is in exchangeLo, exchangeHi. Returns an Outcome. */
  readonly readSystem: FunctionReference;
  readonly writeSystem: FunctionReference;
  /** SYS: key. */
  readonly systemInstruction: FunctionReference;
  readonly hvc: FunctionReference;
  readonly smc: FunctionReference;
  readonly unimplemented: FunctionReference;
  /** ISS of a trapped MSR, MRS or SYS at `ip` (exception class 0x18). */
  readonly systemSyndrome: FunctionReference;
  /** SEV: event registers of all CPUs. */
  readonly sendEvent: FunctionReference;
  /** A store touched a page that other CPUs' monitors watch: host address, bytes. */
  readonly watchedStore: FunctionReference;
  /** A branch target, by its record, was reached often. */
  readonly hot: FunctionReference;
  /** A store touched words that regions were translated from: host address, bytes. */
  readonly regionStore: FunctionReference;
  /** At a record where a breakpoint may lie: 0 to stop in front of it (attention is set), else its instruction's handler. */
  readonly breakpoint: FunctionReference;
}

export interface Services extends HostCalls {
  /** (target): the next instruction is at `target`; the running one retires. */
  readonly jump: FunctionReference;
  /** (esr): synchronous exception at the running instruction. */
  readonly raise: FunctionReference;
  /** (esr, far). */
  readonly raiseAt: FunctionReference;
  /** (esr): synchronous exception that returns behind the running instruction. */
  readonly raiseAfter: FunctionReference;
  /** (immediate): HVC and SMC. */
  readonly hypervisorCall: FunctionReference;
  readonly secureMonitorCall: FunctionReference;
  /** Traps a system register access of EL0 to EL1. */
  readonly trapSystem: FunctionReference;
  /** UNDEFINED instruction. */
  readonly undefined: FunctionReference;
  /** (offset in the vector table, return address): exception entry to EL1, without syndrome. */
  readonly enter: FunctionReference;
  /** Raises an SP alignment fault if the current level checks for it. */
  readonly checkStackAlignment: FunctionReference;
  /** () -> state in SPSR layout. */
  readonly readPstate: FunctionReference;
  /** (el, SP select): changes level, with the stack pointer and TLBs that belong to it. */
  readonly switchLevel: FunctionReference;
  /** (SPSR layout): sets NZCV, DAIF, EL, SP and the rest, with the stack pointer and TLBs that belong to them. */
  readonly writePstate: FunctionReference;
  /** ERET. */
  readonly exceptionReturn: FunctionReference;
  /** (outcome): brings a port's answer about; sets status unless DONE. */
  readonly conclude: FunctionReference;
  /** () -> exit reason + 1, or 0 to go on: interrupts, leaving, waiting. */
  readonly attend: FunctionReference;
  /** (va, PERMIT bit wanted, 1 for EL0's view) -> 0, or 1 with faultStatus set. */
  readonly translate: FunctionReference;
  /** (va low, va high, write, EL0): AT, result in PAR_EL1 -> 1 if it aborted. */
  readonly addressTranslation: FunctionReference;
  /** (va, access word) -> value. */
  readonly read: FunctionReference;
  /** (va, value, access word). */
  readonly write: FunctionReference;
  /** (va): 16 bytes from and to dataLo, dataHi. */
  readonly readVector: FunctionReference;
  readonly writeVector: FunctionReference;
  /** (va, bytes, 1 to write) -> host address if a TLB entry serves all of it, else 0. */
  readonly hostRange: FunctionReference;
  /**
   * (va, bytes, 1 to write) -> host address of RAM that may be accessed there without any effect but the access, or 0;
   * refills the TLB.
   */
  readonly refill: FunctionReference;
  /** (record): a region leaves for a record without one; counts it as a branch target. */
  readonly untranslated: FunctionReference;
  /** Computes the flags that the state holds as the operation behind them. */
  readonly settleFlags: FunctionReference;
  /** (va, access word): faults unless the aligned address may be written. */
  readonly probe: FunctionReference;
  /** (va low, va high, PERMIT bits of which one must be given) -> 1 if cache maintenance by address faulted. */
  readonly maintain: FunctionReference;
  /** (where the state in the window belongs, whose state comes there): puts another CPU into the window. */
  readonly switchState: FunctionReference;
  /** Empties the data TLB of EL1. */
  readonly dropDataTlb: FunctionReference;
  /** (host address, bytes): forgets decoded records of stored words. */
  readonly stored: FunctionReference;
  /** (target): finds the record for an address; the running instruction (a branch) retires. */
  readonly fetch: FunctionReference;
  /**
   * (records of a page, its code, number of a record) -> how many: decodes that record and those behind it, up to the next
   * decoded one or the end of the straight line.
   */
  readonly decodeLine: FunctionReference;
}

/** What the definitions of services share. */
export interface ServiceContext {
  readonly module: ModuleBuilder;
  readonly services: Services;
}

/** Signatures of what the main module defines. */
export const DEFINED = {
  jump: [[I64], []],
  raise: [[I32], []],
  raiseAt: [[I32, I64], []],
  raiseAfter: [[I32], []],
  hypervisorCall: [[I32], []],
  secureMonitorCall: [[I32], []],
  trapSystem: [[], []],
  undefined: [[], []],
  enter: [[I32, I64], []],
  checkStackAlignment: [[], []],
  readPstate: [[], [I32]],
  switchLevel: [[I32, I32], []],
  writePstate: [[I32], []],
  exceptionReturn: [[], []],
  conclude: [[I32], []],
  attend: [[], [I32]],
  translate: [[I64, I32, I32], [I32]],
  addressTranslation: [[I32, I32, I32, I32], [I32]],
  read: [[I64, I32], [I64]],
  write: [[I64, I64, I32], []],
  readVector: [[I64], []],
  writeVector: [[I64], []],
  hostRange: [[I64, I32, I32], [I32]],
  refill: [[I64, I32, I32], [I32]],
  untranslated: [[I32], []],
  settleFlags: [[], []],
  probe: [[I64, I32], []],
  maintain: [[I32, I32, I32], [I32]],
  switchState: [[I32, I32], []],
  dropDataTlb: [[], []],
  stored: [[I32, I32], []],
  fetch: [[I64], []],
  decodeLine: [[I32, I32, I32], [I32]],
} as const satisfies Record<
  Exclude<keyof Services, keyof HostCalls>,
  readonly [readonly ValueType[], readonly ValueType[]]
>;

const HOST = {
  decode: [1, 0],
  fillPlan: [1, 0],
  fillTemplate: [4, 0],
  emit: [1, 0],
  codePage: [1, 1],
  access: [0, 1],
  fetchFault: [0, 1],
  readSystem: [1, 1],
  writeSystem: [1, 1],
  systemInstruction: [1, 1],
  systemSyndrome: [0, 1],
  hvc: [1, 1],
  smc: [1, 1],
  unimplemented: [0, 0],
  sendEvent: [0, 0],
  watchedStore: [2, 0],
  hot: [1, 0],
  regionStore: [2, 0],
  breakpoint: [1, 1],
} as const satisfies Record<keyof HostCalls, readonly [number, number]>;

const hostSignature = (name: keyof HostCalls): [ValueType[], ValueType[]] => {
  const [params, results] = HOST[name];
  return [Array<ValueType>(params).fill(I32), Array<ValueType>(results).fill(I32)];
};

export function importHostCalls(module: ModuleBuilder): HostCalls {
  const names = Object.keys(HOST) as (keyof HostCalls)[];
  return Object.fromEntries(
    names.map((name) => [name, module.importFunction('host', name, ...hostSignature(name))]),
  ) as unknown as HostCalls;
}

/** Services of the main module for another one: each is imported when it is first asked for. */
export function importServices(module: ModuleBuilder): Services {
  const imported = new Map<string, FunctionReference>();
  return new Proxy({} as Services, {
    get(_, name: keyof Services) {
      let reference = imported.get(name);
      if (!reference) {
        const signature = name in HOST ? hostSignature(name as keyof HostCalls) : DEFINED[name as keyof typeof DEFINED];
        reference = module.importFunction('services', name, ...signature);
        imported.set(name, reference);
      }
      return reference;
    },
  });
}
