// The condition flags as translated regions keep them: by what set them and from which operands. Most are overwritten
// before anything looks, so they are computed only where somebody does.
import type { FlagSetter } from '../aarch64/meaning/flags.ts';
import type { X32, X64 } from '../wasm/expression.ts';
import { i32, i64 } from '../wasm/expression.ts';
import type { FlagSource } from './flags.ts';
import type { ServiceContext } from './services.ts';
import { StateAccess } from './state.ts';

/** What a region's local for the kind of flags says. */
export const LAZY = {
  /** The state has them. */
  STORED: 0,
  ADD_32: 1,
  ADD_64: 2,
  SUBTRACT_32: 3,
  SUBTRACT_64: 4,
  LOGIC_32: 5,
  LOGIC_64: 6,
  /** The region's locals n, z, c and v have them. */
  EXPLICIT: 7,
} as const;
export type LazyKind = (typeof LAZY)[keyof typeof LAZY];

export function lazyKind(setter: FlagSetter, bits: 32 | 64): LazyKind {
  const wide = bits === 64;
  if (setter === 'add') return wide ? LAZY.ADD_64 : LAZY.ADD_32;
  if (setter === 'subtract') return wide ? LAZY.SUBTRACT_64 : LAZY.SUBTRACT_32;
  return wide ? LAZY.LOGIC_64 : LAZY.LOGIC_32;
}

/** Flags of an operation on a and b; 32-bit operands are zero-extended. For `logic`, a is the result. */
export function lazyFlags(kind: LazyKind, a: X64, b: X64): FlagSource {
  const wide = kind === LAZY.ADD_64 || kind === LAZY.SUBTRACT_64 || kind === LAZY.LOGIC_64;
  const signed = (value: X64): X64 => (wide ? value : i64.extend32s(value));
  if (kind === LAZY.LOGIC_32 || kind === LAZY.LOGIC_64) {
    const result = (): X64 => signed(a);
    return { n: result, z: result, c: () => i32.const(0), v: () => i64.const(0) };
  }
  if (kind === LAZY.SUBTRACT_32 || kind === LAZY.SUBTRACT_64) {
    const result = (): X64 => signed(i64.sub(a, b));
    const overflow = (): X64 => signed(i64.and(i64.xor(a, b), i64.xor(a, i64.sub(a, b))));
    return { n: result, z: result, c: () => i64.geU(a, b), v: overflow };
  }
  const sum = (): X64 => i64.add(a, b);
  return {
    n: () => signed(sum()),
    z: () => signed(sum()),
    c: () => (wide ? i64.ltU(sum(), a) : i32.wrap(i64.shrU(sum(), 32))),
    v: () => signed(i64.and(i64.xor(a, sum()), i64.xor(b, sum()))),
  };
}

/** 1 if a condition (C1.2.4, below 14) holds after a subtraction, as one comparison; nothing where that does not do. */
export function comparison(code: number, wide: boolean, a: X64, b: X64): X32 | undefined {
  const narrow = (value: X64): X32 => i32.wrap(value);
  const compare = (on64: (x: X64, y: X64) => X32, on32: (x: X32, y: X32) => X32) => (): X32 =>
    wide ? on64(a, b) : on32(narrow(a), narrow(b));
  const comparisons: Record<number, () => X32> = {
    0: compare(i64.eq, i32.eq),
    1: compare(i64.ne, i32.ne),
    2: compare(i64.geU, i32.geU),
    3: compare(i64.ltU, i32.ltU),
    8: compare(i64.gtU, i32.gtU),
    9: compare(i64.leU, i32.leU),
    10: compare(i64.geS, i32.geS),
    11: compare(i64.ltS, i32.ltS),
    12: compare(i64.gtS, i32.gtS),
    13: compare(i64.leS, i32.leS),
  };
  return comparisons[code]?.();
}

export function defineLazyFlags({ module, services }: ServiceContext): void {
  module.define(services.settleFlags, (f) => {
    const state = new StateAccess(f);
    const kind = f.keep(state.get32('lazyKind'));
    const a = f.keep(state.get64('lazyA'));
    const b = f.keep(state.get64('lazyB'));
    state.set32('lazyKind', LAZY.STORED);
    for (const candidate of Object.values(LAZY)) {
      if (candidate === LAZY.STORED || candidate === LAZY.EXPLICIT) continue;
      f.if(i32.eq(kind, candidate), () => {
        state.setFlags(lazyFlags(candidate, a, b));
        f.return();
      });
    }
  });
}
