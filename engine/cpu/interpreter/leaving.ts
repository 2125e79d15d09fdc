// Operations of code that does what is usual itself and leaves for the rest: the interpreter's loop for the instruction's
// outlined function, a translated region for the interpreter. It leaves in front of the instruction, before anything has
// changed.
import type { Access, Condition, Elements } from '../aarch64/meaning/operations.ts';
import { SCTLR, systemSlot } from '../aarch64/system/registers.ts';
import type { StateField } from '../core/layout.ts';
import { STATE } from '../core/layout.ts';
import type { X32, X64, XV } from '../wasm/expression.ts';
import { I32, I64, i32, i64, isExtended, V128, v128 } from '../wasm/expression.ts';
import { hostElements, hostLoad, hostStore, RecordOperations } from './operations.ts';

/** A memory access: what it needs of the host address. */
export interface HostAccess {
  readonly bytes: number;
  readonly write: boolean;
  /** An unaligned address is for who leaves: it faults. */
  readonly aligned: boolean;
}

const reading = (bytes: number): HostAccess => ({ bytes, write: false, aligned: false });
const writing = (bytes: number): HostAccess => ({ bytes, write: true, aligned: false });

export abstract class LeavingOperations extends RecordOperations {
  /** Leaves if a word is not zero. */
  protected abstract leaveIf(condition: X32): void;
  /**
   * Hands `use` the host address of an access, as a base and an offset, and leaves if it needs more than memory. `use` may be
   * called more than once, for ways of which one is taken.
   */
  protected abstract access(address: X64, access: HostAccess, use: (host: X32, offset: number) => void): void;

  private require(field: StateField): void {
    this.leaveIf(i32.eqz(i32.load(this.window, STATE[field])));
  }
  requireEl1(): void {
    this.require('el');
  }
  requireOtherStack(): void {
    this.require('spSelect');
  }
  requireDaif(): void {
    this.require('el');
  }
  requireZeroing(): void {
    const allowed = i32.and(i32.load(this.window, systemSlot('SCTLR_EL1')), SCTLR.DZE);
    this.leaveIf(i32.eqz(i32.or(i32.load(this.window, STATE.el), allowed)));
  }
  requireFp(): void {
    this.leaveIf(i32.load(this.window, STATE.fpTrap));
  }
  readEnabledSlot(operand: string): X64 {
    this.require('el');
    return this.readSlot(operand);
  }
  override changePstate(set: X32, clear: X32): void {
    // Something is pending: who leaves looks at it afterwards.
    this.leaveIf(i32.load(this.window, STATE.attention));
    super.changePstate(set, clear);
  }
  protected checkStack(pointer: X64): void {
    this.leaveIf(i32.and(i32.wrap(pointer), 15));
  }
  prefer(conditions: readonly Condition[], fast: () => void): void {
    this.checkEach(conditions, (holds) => this.leaveIf(i32.eqz(holds)));
    fast();
  }
  callFloat(service: string): never {
    throw new Error(`${service} is for outlined functions`);
  }

  probe(): void {
    // Who leaves finds out.
  }
  load(address: X64, access: Access): X64 {
    const { value, take } = this.destination(access);
    const how = { ...reading(1 << access.scale), aligned: access.ordered === true };
    this.access(address, how, take);
    return value;
  }
  /** Where a load's value goes: where its upper half is zero, a local of 32 bits has it. */
  private destination(access: Access): { readonly value: X64; readonly take: (host: X32, at: number) => void } {
    const { f } = this;
    if (!isExtended(hostLoad(0, access))) {
      const whole = f.temporary(I64);
      return { value: whole.get, take: (host, at) => f.set(whole, hostLoad(host, access, at)) };
    }
    const lower = f.temporary(I32);
    return {
      value: i64.extendU(lower.get),
      take: (host, at) => f.set(lower, hostLoad(host, access, at).a as X32),
    };
  }
  store(address: X64, value: X64, access: Access): void {
    const kept = this.keep(value);
    const how = { ...writing(1 << access.scale), aligned: access.ordered === true };
    this.access(address, how, (host, at) => hostStore(this.f, host, kept, access.scale, at));
  }
  loadPair(address: X64, access: Access): readonly [X64, X64] {
    const [first, second] = [this.destination(access), this.destination(access)];
    this.access(address, reading(2 << access.scale), (host, at) => {
      first.take(host, at);
      second.take(host, at + (1 << access.scale));
    });
    return [first.value, second.value];
  }
  storePair(address: X64, first: X64, second: X64, access: Access): void {
    const values = [this.keep(first), this.keep(second)];
    this.access(address, writing(2 << access.scale), (host, at) =>
      values.forEach((value, i) => hostStore(this.f, host, value, access.scale, at + (i << access.scale))),
    );
  }
  loadVectorPair(address: X64, scale: number, targets: readonly [string, string]): void {
    this.access(address, reading(2 << scale), (host, at) =>
      targets.forEach((target, i) => {
        if (scale === 4) this.writeVector(target, v128.load(host, at + 16 * i));
        else this.writeVectorLow(target, hostLoad(host, { scale }, at + (i << scale)));
      }),
    );
  }
  storeVectorPair(address: X64, first: XV, second: XV): void {
    const values = [this.keep(first), this.keep(second)];
    this.access(address, writing(32), (host, at) =>
      values.forEach((value, i) => this.f.store128(host, at + 16 * i, value)),
    );
  }
  loadVector(address: X64): XV {
    const value = this.f.temporary(V128);
    this.access(address, reading(16), (host, at) => this.f.set(value, v128.load(host, at)));
    return value.get;
  }
  storeVector(address: X64, value: XV): void {
    const kept = this.keep(value);
    this.access(address, writing(16), (host, at) => this.f.store128(host, at, kept));
  }
  structure(address: X64, bytes: number, write: boolean, body: (memory: Elements) => void): void {
    const host = this.f.temporary(I32);
    this.access(address, { bytes, write, aligned: false }, (base, at) => this.f.set(host, i32.add(base, at)));
    body(hostElements(this.f, host.get));
  }
}
