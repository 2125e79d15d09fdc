// What an instruction form does to registers and flags and whether it may leave the region: found by running its meaning
// once with a backend that only takes notes.
import { inlineMeaning } from '../aarch64/meaning/index.ts';
import type { FlagSetter } from '../aarch64/meaning/flags.ts';
import type { Access, Condition, Elements, Meaning, Width, Word } from '../aarch64/meaning/operations.ts';
import type { Operand } from '../aarch64/table/instruction.ts';
import { usesFp } from '../aarch64/table/instruction.ts';
import type { Fields } from '../aarch64/table/pattern.ts';
import { SLOT } from '../core/layout.ts';
import type { FlagSource } from '../core/flags.ts';
import type { Form } from '../interpreter/handlers.ts';
import { hostElements, hostLoad, RecordOperations } from '../interpreter/operations.ts';
import { registerSlot } from '../interpreter/records.ts';
import type { X32, X64, XV } from '../wasm/expression.ts';
import { i32, i64, isExtended, v128 } from '../wasm/expression.ts';
import { FunctionBuilder } from '../wasm/function.ts';
import { ModuleBuilder } from '../wasm/module.ts';

/** Effects of a form by operand names. */
interface FormEffects {
  readonly reads: ReadonlySet<string>;
  /** Of those, the ones whose upper half counts. */
  readonly readsWhole: ReadonlySet<string>;
  readonly writes: ReadonlySet<string>;
  /** Of those, the ones that are given a 32-bit value. */
  readonly writesNarrow: ReadonlySet<string>;
  /** Those that are written on some of the instruction's ways only. */
  readonly writesInArms: ReadonlySet<string>;
  readonly links: boolean;
  readonly readsFlags: boolean;
  readonly setsFlags: boolean;
  /** It may leave the region before it has done anything. */
  readonly mayLeave: boolean;
  /** It needs the floating-point services in any case. */
  readonly callsFloat: boolean;
}

/** Effects of an instruction: register sets have a bit for each of X0 to X30, and bit 31 for SP. */
export interface Effects extends Pick<FormEffects, 'readsFlags' | 'setsFlags' | 'mayLeave'> {
  readonly reads: number;
  /** Those read whole. */
  readonly readsWhole: number;
  readonly writes: number;
  /** Those written whose upper half is cleared in any case. */
  readonly writesNarrow: number;
  /** Those written on some of the instruction's ways only. */
  readonly writesInArms: number;
}

/** An outlined function works on the state: everything is stored before and loaded behind it. */
export const OUTLINED_EFFECTS: Effects = {
  ...{ reads: 0, readsWhole: 0, writes: 0, writesNarrow: 0, writesInArms: 0 },
  ...{ readsFlags: false, setsFlags: false, mayLeave: true },
};

export const isOutlined = (effects: Effects): boolean => effects === OUTLINED_EFFECTS;

export const SP_BIT = 31;
const LINK_BIT = 30;

/** Register set bit of a general register operand; -1 for the zero register. */
export function registerBit(operand: Operand, fields: Fields): number {
  if (operand.kind !== 'source' && operand.kind !== 'target') throw new Error('not a general register');
  const slot = registerSlot(operand, fields);
  if (slot < SLOT.ZERO) return slot >> 3;
  return slot === SLOT.SP ? SP_BIT : -1;
}

class EffectRecorder extends RecordOperations {
  readonly reads = new Set<string>();
  readonly readsWhole = new Set<string>();
  readonly writes = new Set<string>();
  readonly writesNarrow = new Set<string>();
  readonly writesInArms = new Set<string>();
  private nested = 0;
  links = false;
  readsFlags = false;
  setsFlags = false;
  mayLeave = false;
  callsFloat = false;
  protected readonly flags: FlagSource = {
    n: () => this.flag(i64.const(0)),
    z: () => this.flag(i64.const(0)),
    c: () => this.flag(i32.const(0)),
    v: () => this.flag(i64.const(0)),
  };

  private flag<E>(value: E): E {
    this.readsFlags = true;
    return value;
  }
  ip(): X32 {
    return i32.const(0);
  }
  protected override readW(operand: string): X32 {
    this.reads.add(operand);
    return i32.const(0);
  }
  protected override readX(operand: string): X64 {
    this.reads.add(operand);
    this.readsWhole.add(operand);
    return i64.const(0);
  }
  protected override writeX(operand: string, value: X64): void {
    this.writes.add(operand);
    if (this.nested > 0) this.writesInArms.add(operand);
    else if (isExtended(value)) this.writesNarrow.add(operand);
  }
  override if(condition: X32, then: () => void, otherwise?: () => void): void {
    this.nested++;
    super.if(condition, then, otherwise);
    this.nested--;
  }
  override link(): void {
    this.links = true;
  }
  setFlags(): void {
    this.setsFlags = true;
  }
  override resultWithFlags(_: FlagSetter, __: Width, a: Word): Word {
    this.setsFlags = true;
    return a;
  }
  override setFlagsFrom(): void {
    this.setsFlags = true;
  }
  private leave(): void {
    this.mayLeave = true;
  }
  prefer(_: readonly Condition[], fast: () => void): void {
    this.leave();
    fast();
  }
  callFloat(): X64 {
    this.callsFloat = true;
    return i64.const(0);
  }
  protected checkStack(): void {
    this.leave();
  }
  requireFp(): void {
    this.leave();
  }
  requireEl1(): void {
    this.leave();
  }
  requireOtherStack(): void {
    this.leave();
  }
  requireZeroing(): void {
    this.leave();
  }
  requireDaif(): void {
    this.leave();
  }
  readEnabledSlot(): X64 {
    this.leave();
    return i64.const(0);
  }
  override changePstate(): void {
    this.leave();
  }
  branch(): void {
    // Where it goes is the block's business.
  }
  branchIf(): void {
    // As above.
  }
  jump(): void {
    // As above.
  }
  probe(): void {
    this.leave();
  }
  load(_: X64, access: Access): X64 {
    this.leave();
    return hostLoad(0, access);
  }
  store(): void {
    this.leave();
  }
  loadPair(_: X64, access: Access): readonly [X64, X64] {
    this.leave();
    return [hostLoad(0, access), hostLoad(0, access)];
  }
  storePair(): void {
    this.leave();
  }
  loadVectorPair(): void {
    this.leave();
  }
  storeVectorPair(): void {
    this.leave();
  }
  structure(_: X64, __: number, ___: boolean, body: (memory: Elements) => void): void {
    this.leave();
    body(hostElements(this.f, i32.const(0)));
  }
  loadVector(): XV {
    this.leave();
    return v128.splat64(i64.const(0));
  }
  storeVector(): void {
    this.leave();
  }
}

/** Forms whose meaning does not fit a region although it needs no services. */
const OUTLINED = /\(unprivileged\)/;

const known = new Map<Form, FormEffects>();

function formEffects(form: Form): FormEffects {
  let effects = known.get(form);
  if (!effects) {
    const module = new ModuleBuilder();
    const f = new FunctionBuilder(module, { name: 'effects', index: 0, typeIndex: 0, params: [], results: [] });
    const recorder = new EffectRecorder(f);
    recorder.begin(form.instruction);
    if (usesFp(form.instruction)) recorder.requireFp();
    regionMeaning(form)!(recorder, form.statics);
    effects = recorder;
    known.set(form, effects);
  }
  return effects;
}

/** The meaning that a region is written from, if the form has one that needs no services. */
export function regionMeaning({ instruction, statics }: Form): Meaning | undefined {
  if (OUTLINED.test(instruction.name)) return undefined;
  return inlineMeaning(instruction.name, statics);
}

/** Whether a form's meaning can be written into a region: it has no need of services. */
export function fitsRegion(form: Form): boolean {
  return regionMeaning(form) !== undefined && !formEffects(form).callsFloat;
}

export function effectsOf({ form, fields }: { readonly form: Form; readonly fields: Fields }): Effects {
  const { reads, writes, links, readsFlags, setsFlags, mayLeave, ...kinds } = formEffects(form);
  const set = (names: ReadonlySet<string>): number => {
    let bits = 0;
    for (const name of names) {
      const bit = registerBit(form.instruction.operands[name]!, fields);
      if (bit >= 0) bits |= 1 << bit;
    }
    return bits;
  };
  const linked = links ? 1 << LINK_BIT : 0;
  const wide = [...writes].filter((name) => !kinds.writesNarrow.has(name) || kinds.writesInArms.has(name));
  return {
    reads: set(reads),
    readsWhole: set(kinds.readsWhole),
    writes: set(writes) | linked,
    // Two operands may be the same register.
    writesNarrow: set(kinds.writesNarrow) & ~(set(new Set(wide)) | linked),
    writesInArms: set(kinds.writesInArms),
    ...{ readsFlags, setsFlags, mayLeave },
  };
}
