// Operations of outlined functions: one WebAssembly function an instruction form, called by the main loop for what is rare
// and for what the TLB did not serve. Flags and record address lie in the state; memory goes through the services, which
// translate, fault, and call the port.
import type { Access, Condition, Elements } from '../aarch64/meaning/operations.ts';
import type { SystemOperations } from '../aarch64/meaning/system.ts';
import { SCTLR } from '../aarch64/system/registers.ts';
import type { FlagSource } from '../core/flags.ts';
import { EXCEPTION_CLASS, PSTATE, syndrome } from '../core/exceptions.ts';
import { ATTENTION, RECORD_SIZE, STATE } from '../core/layout.ts';
import type { Services } from '../core/services.ts';
import { ACCESS } from '../core/services.ts';
import { StateAccess } from '../core/state.ts';
import type { FloatReferences, FloatService } from '../float/services.ts';
import type { Expression, In32, In64, X32, X64, XV } from '../wasm/expression.ts';
import { I32, I64, i32, i64, to32, to64, v128 } from '../wasm/expression.ts';
import type { FunctionBuilder, L32 } from '../wasm/function.ts';
import type { FunctionReference } from '../wasm/module.ts';
import { hostElements, RecordOperations } from './operations.ts';

/** CV and COND of syndromes that carry a condition: always (D17.2.37). */
const ALWAYS = 0x1e0_0000;

/** The part of an access that the services need to know. */
export function accessWord(access: Access): number {
  return (
    access.scale |
    (access.unprivileged ? ACCESS.UNPRIVILEGED : 0) |
    (access.ordered ? ACCESS.ORDERED : 0) |
    (access.syndrome ? ACCESS.SYNDROME : 0) |
    (access.extend ? ACCESS.SIGNED : 0) |
    (access.wide ? ACCESS.WIDE : 0) |
    (access.pair ? ACCESS.PAIR : 0) |
    (access.block ? ACCESS.BLOCK : 0) |
    ((access.scale - (access.element ?? access.scale)) << ACCESS.ELEMENTS_SHIFT)
  );
}

export class OutlinedOperations extends RecordOperations implements SystemOperations {
  private readonly record: L32;
  readonly services: Services;
  protected readonly flags: FlagSource;
  private readonly state: StateAccess;
  private ended = false;

  private readonly floats: FloatReferences;

  constructor(f: FunctionBuilder, services: Services, floats: FloatReferences) {
    super(f);
    this.floats = floats;
    this.record = f.param(I32, 0);
    this.services = services;
    this.state = new StateAccess(f);
    this.flags = this.state.flags;
  }

  ip(): X32 {
    return this.record.get;
  }

  setFlags(n: X64, z: X64, c: In32, v: In64): void {
    const { f, window } = this;
    f.store64(window, STATE.flagN, n);
    f.store64(window, STATE.flagZ, z);
    f.store32(window, STATE.flagC, to32(c));
    f.store64(window, STATE.flagV, to64(v));
  }

  branch(operand: string): void {
    this.jump(i64.add(this.pc(), this.branchDistance(operand)));
  }

  /** Static `near`: see InlineOperations; the operand counts bytes of records, four to a byte of code. */
  near = true;
  private branchDistance(operand: string): X64 {
    const distance = this.immediate64(operand);
    return this.near ? i64.shrS(distance, 2) : distance;
  }

  branchIf(condition: X32, operand: string): void {
    this.f.if(condition, () => this.branch(operand));
    this.ended = false;
  }

  jump(target: X64): void {
    this.f.call(this.services.jump, target);
    this.f.return();
    this.ended = true;
  }

  protected checkStack(pointer: X64): void {
    this.f.if(i32.and(i32.wrap(pointer), 15), () => {
      this.f.call(this.services.checkStackAlignment);
      this.leaveIfEnded();
    });
  }

  /** Returns if a service ended the instruction. */
  leaveIfEnded(): void {
    this.f.if(i32.load(this.window, STATE.status), () => this.f.return());
  }

  /** The instruction has ended inside a service: an exception, most often. */
  end(): void {
    this.ended = true;
  }

  load(address: X64, access: Access): X64 {
    const value = this.f.call64(this.services.read, address, accessWord(access));
    this.leaveIfEnded();
    return this.keep(extended(value, access));
  }

  store(address: X64, value: X64, access: Access): void {
    this.f.call(this.services.write, address, value, accessWord(access));
    this.leaveIfEnded();
  }

  loadPair(address: X64, access: Access): readonly [X64, X64] {
    return [this.load(address, access), this.load(i64.add(address, 1 << access.scale), access)];
  }

  loadVectorPair(address: X64, scale: number, targets: readonly [string, string]): void {
    targets.forEach((target, i) => {
      const from = i64.add(address, i << scale);
      if (scale === 4) this.writeVector(target, this.loadVector(from));
      else this.writeVectorLow(target, this.load(from, { scale }));
    });
  }

  storePair(address: X64, first: X64, second: X64, access: Access): void {
    this.store(address, first, access);
    this.store(i64.add(address, 1 << access.scale), second, access);
  }

  loadVector(address: X64): XV {
    this.f.call(this.services.readVector, address);
    this.leaveIfEnded();
    return this.keep(v128.load(this.window, STATE.dataLo));
  }

  storeVector(address: X64, value: XV): void {
    this.f.store128(this.window, STATE.dataLo, value);
    this.f.call(this.services.writeVector, address);
    this.leaveIfEnded();
  }

  structure(address: X64, bytes: number, write: boolean, body: (memory: Elements) => void): void {
    const { f, services } = this;
    // A host address if the whole range lies in one page that the TLB has, else 0.
    const host = f.call32(services.hostRange, address, bytes, write ? 1 : 0);
    f.if(
      host,
      () => body(hostElements(f, host)),
      () =>
        body({
          load: (offset, scale, element) => this.load(i64.add(address, offset), { scale, element }),
          store: (offset, scale, value, element) => this.store(i64.add(address, offset), value, { scale, element }),
        }),
    );
  }

  storeVectorPair(address: X64, first: XV, second: XV): void {
    this.storeVector(address, first);
    this.storeVector(i64.add(address, 16), second);
  }

  /** The instruction ends inside a service. */
  private endIn(service: FunctionReference, ...values: X32[]): void {
    this.f.call(service, ...values);
    this.ended = true;
  }

  supervisorCall(immediate: X32): void {
    this.endIn(this.services.raiseAfter, i32.or(immediate, syndrome(EXCEPTION_CLASS.SVC)));
  }
  hypervisorCall(immediate: X32): void {
    this.endIn(this.services.hypervisorCall, immediate);
  }
  secureMonitorCall(immediate: X32): void {
    this.endIn(this.services.secureMonitorCall, immediate);
  }
  breakpoint(immediate: X32): void {
    this.endIn(this.services.raise, i32.or(immediate, syndrome(EXCEPTION_CLASS.BRK)));
  }
  undefined(): void {
    this.endIn(this.services.undefined);
  }
  exceptionReturn(): void {
    this.endIn(this.services.exceptionReturn);
  }

  /** Calls a service that ends the instruction if the condition holds. */
  private endIf(condition: X32, service: FunctionReference, ...values: (X32 | number)[]): void {
    this.f.if(condition, () => {
      this.f.call(service, ...values);
      this.f.return();
    });
  }

  requireEl1(): void {
    this.endIf(i32.eqz(this.state.get32('el')), this.services.undefined);
  }
  requireDaif(): void {
    this.endIf(this.forbiddenAtEl0(SCTLR.UMA), this.services.trapSystem);
  }
  requireZeroing(): void {
    this.endIf(this.forbiddenAtEl0(SCTLR.DZE), this.services.trapSystem);
  }
  /** Whether EL0 runs and SCTLR_EL1 does not let it do what a bit stands for. */
  private forbiddenAtEl0(permission: number): X32 {
    const { state } = this;
    return i32.eqz(i32.or(state.get32('el'), i32.and(state.system32('SCTLR_EL1'), permission)));
  }
  requireFp(): void {
    this.endIf(this.state.get32('fpTrap'), this.services.raise, syndrome(EXCEPTION_CLASS.FP_ACCESS, ALWAYS));
  }

  prefer(conditions: readonly Condition[], fast: () => void, slow: () => void): void {
    const { f } = this;
    const all = f.temporary(I32);
    f.set(all, i32.const(1));
    this.checkEach(conditions, (holds) => f.set(all, i32.and(all.get, holds)));
    f.if(all.get, fast, slow, 'likely');
  }
  callFloat(service: FloatService, ...values: Expression[]): Expression {
    const reference = this.floats[service];
    const [type] = reference.results;
    if (type === I32) return this.f.call32(reference, ...values);
    return type === I64 ? this.f.call64(reference, ...values) : this.f.callVector(reference, ...values);
  }

  requireOtherStack(): void {
    this.endIf(i32.eqz(this.state.get32('spSelect')), this.services.undefined);
  }
  readEnabledSlot(operand: string, key: X32): X64 {
    const value = this.f.temporary(I64);
    this.f.if(
      this.state.get32('el'),
      () => this.f.set(value, this.readSlot(operand)),
      () => this.f.set(value, this.readSystem(key)),
    );
    return value.get;
  }

  private conclude(outcome: X32): void {
    this.f.if(outcome, () => {
      this.f.call(this.services.conclude, outcome);
      this.f.return();
    });
  }
  readSystem(key: X32): X64 {
    this.conclude(this.f.call32(this.services.readSystem, key));
    return this.keep(i64.load(this.window, STATE.exchangeLo));
  }
  writeSystem(key: X32, value: X64): void {
    this.f.store64(this.window, STATE.exchangeLo, value);
    this.conclude(this.f.call32(this.services.writeSystem, key));
  }
  systemInstruction(key: X32, value: X64): void {
    this.f.store64(this.window, STATE.exchangeLo, value);
    this.conclude(this.f.call32(this.services.systemInstruction, key));
  }

  readPstate(): X32 {
    return this.f.call32(this.services.readPstate);
  }
  selectStack(selector: X32): void {
    this.f.call(this.services.switchLevel, i32.const(1), selector);
  }
  setPan(on: X32): void {
    this.changePstate(i32.mul(on, PSTATE.PAN), i32.const(PSTATE.PAN));
    this.f.call(this.services.dropDataTlb);
  }

  /** EL0 waits only if SCTLR_EL1 lets it; else the instruction traps (TI: 0 WFI, 1 WFE). */
  private wait(permission: number, instruction: number, pending: X32, waiting: number, pass: () => void): void {
    const { f, state } = this;
    const forbidden = this.forbiddenAtEl0(permission);
    f.if(pending, pass, () => {
      this.endIf(forbidden, this.services.raise, syndrome(EXCEPTION_CLASS.WFX, ALWAYS | instruction));
      state.set32('waiting', waiting);
      state.set32('attention', i32.or(state.get32('attention'), ATTENTION.WAIT));
    });
  }
  waitForInterrupt(): void {
    const lines = i32.and(this.state.get32('attention'), ATTENTION.IRQ | ATTENTION.FIQ | ATTENTION.SERROR);
    this.wait(SCTLR.NTWI, 0, lines, 1, () => undefined);
  }
  waitForEvent(): void {
    this.wait(SCTLR.NTWE, 1, this.state.get32('eventRegister'), 2, () => this.state.set32('eventRegister', 0));
  }
  sendEvent(): void {
    this.f.call(this.services.sendEvent);
  }
  sendLocalEvent(): void {
    this.state.set32('eventRegister', 1);
  }

  clearExclusive(): void {
    this.state.set32('exclusiveBytes', 0);
  }
  probe(address: X64, access: Access): void {
    this.f.call(this.services.probe, address, accessWord(access));
    this.leaveIfEnded();
  }
  armMonitor(address: X64, bytes: number, low: X64, high: X64): void {
    const { state } = this;
    state.set64('exclusiveAddress', address);
    state.set32('exclusiveBytes', bytes);
    // The access that loaded the value was the last to be translated.
    state.set32('exclusiveHost', i32.select(state.get32('translatedKind'), state.get32('translatedHost'), 0));
    state.set64('exclusiveLo', low);
    state.set64('exclusiveHi', high);
  }
  ifMonitor(address: X64, bytes: number, then: () => void, otherwise: () => void): void {
    const { f, state } = this;
    const armed = i32.and(
      i32.eq(state.get32('exclusiveBytes'), bytes),
      i64.eq(state.get64('exclusiveAddress'), address),
    );
    f.if(armed, then, otherwise);
    state.set32('exclusiveBytes', 0);
  }
  monitored(): readonly [X64, X64] {
    return [this.keep(this.state.get64('exclusiveLo')), this.keep(this.state.get64('exclusiveHi'))];
  }

  /** Ends the function: the next instruction follows. */
  finish(): void {
    if (this.ended) return;
    const { f, window } = this;
    f.store32(window, STATE.ip, i32.add(this.record.get, RECORD_SIZE));
    f.store32(window, STATE.remaining, i32.sub(i32.load(window, STATE.remaining), RECORD_SIZE));
  }
}

/** Sign extension of what the services give zero-extended. */
function extended(value: X64, access: Access): X64 {
  const extend = [i64.extend8s, i64.extend16s, i64.extend32s][access.scale];
  if (!access.extend || !extend) return value;
  return access.extend === 64 ? extend(value) : i64.and(extend(value), 0xffff_ffff);
}
