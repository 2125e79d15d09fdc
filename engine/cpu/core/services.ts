// The processors' common WebAssembly functions: what instructions call that is too large to stand in every one of them.
// They work on the state in the window. A service that ends the running instruction (exception taken, run left) sets
// `status`; its caller then returns without another effect.
import type { FunctionReference, ModuleBuilder } from '../wasm/module.ts';
import type { AreaLayout } from './layout.ts';
import { I32, I64 } from '../wasm/expression.ts';
import { defineAccess } from './access.ts';
import { defineExceptions } from './exceptions.ts';
import { defineFetch } from './fetch.ts';
import { defineAddressTranslation, defineTranslation } from './translation.ts';

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
} as const;

/** Answers of the host side beyond port.ts's OUTCOME: the access of EL0 traps to EL1. */
export const OUTCOME_TRAP = 4;

/** Permissions in `translatedAttributes`. */
export const PERMIT = { READ: 1, WRITE: 2, EXECUTE: 4 } as const;

/** Calls from WebAssembly to the host side; arguments travel in the state. */
export interface HostCalls {
  /** Decodes the record at the address. */
  readonly decode: FunctionReference;
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
}

export function importHostCalls(module: ModuleBuilder): HostCalls {
  const host = (name: string, params: number, results: number): FunctionReference =>
    module.importFunction('host', name, Array(params).fill(I32), Array(results).fill(I32));
  return {
    decode: host('decode', 1, 0),
    codePage: host('codePage', 1, 1),
    access: host('access', 0, 1),
    fetchFault: host('fetchFault', 0, 1),
    readSystem: host('readSystem', 1, 1),
    writeSystem: host('writeSystem', 1, 1),
    systemInstruction: host('systemInstruction', 1, 1),
    hvc: host('hvc', 1, 1),
    smc: host('smc', 1, 1),
    unimplemented: host('unimplemented', 0, 0),
    systemSyndrome: host('systemSyndrome', 0, 1),
    sendEvent: host('sendEvent', 0, 0),
    watchedStore: host('watchedStore', 2, 0),
  };
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
  /** (va low, va high, write, EL0): AT, result in PAR_EL1. */
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
  /** (va, access word): faults unless the aligned address may be written. */
  readonly probe: FunctionReference;
  /** Empties the data TLB of EL1. */
  readonly dropDataTlb: FunctionReference;
  /** (host address, bytes): forgets decoded records of stored words. */
  readonly stored: FunctionReference;
  /** (target): finds the record for an address; the running instruction (a branch) retires. */
  readonly fetch: FunctionReference;
}

/** What the definitions of services share. */
export interface ServiceContext {
  readonly module: ModuleBuilder;
  readonly area: AreaLayout;
  readonly services: Services;
}

/** Declares and defines all services. */
export function defineServices(module: ModuleBuilder, host: HostCalls, area: AreaLayout): Services {
  const services: Services = {
    ...host,
    jump: module.declare('jump', [I64]),
    raise: module.declare('raise', [I32]),
    raiseAt: module.declare('raiseAt', [I32, I64]),
    raiseAfter: module.declare('raiseAfter', [I32]),
    hypervisorCall: module.declare('hypervisorCall', [I32]),
    secureMonitorCall: module.declare('secureMonitorCall', [I32]),
    trapSystem: module.declare('trapSystem'),
    undefined: module.declare('undefined'),
    enter: module.declare('enter', [I32, I64]),
    checkStackAlignment: module.declare('checkStackAlignment'),
    readPstate: module.declare('readPstate', [], [I32]),
    switchLevel: module.declare('switchLevel', [I32, I32]),
    writePstate: module.declare('writePstate', [I32]),
    exceptionReturn: module.declare('exceptionReturn'),
    conclude: module.declare('conclude', [I32]),
    attend: module.declare('attend', [], [I32]),
    translate: module.declare('translate', [I64, I32, I32], [I32]),
    addressTranslation: module.declare('addressTranslation', [I32, I32, I32, I32]),
    read: module.declare('read', [I64, I32], [I64]),
    write: module.declare('write', [I64, I64, I32]),
    readVector: module.declare('readVector', [I64]),
    writeVector: module.declare('writeVector', [I64]),
    hostRange: module.declare('hostRange', [I64, I32, I32], [I32]),
    probe: module.declare('probe', [I64, I32]),
    dropDataTlb: module.declare('dropDataTlb'),
    stored: module.declare('stored', [I32, I32]),
    fetch: module.declare('fetch', [I64]),
  };
  const context: ServiceContext = { module, area, services };
  defineExceptions(context);
  defineTranslation(context);
  defineAddressTranslation(context);
  defineAccess(context);
  defineFetch(context);
  return services;
}
