// The linear range of a data TLB: the largest piece of the address space that is known to lie in host RAM in one piece, may
// be read and written, and is Normal memory. Where cells are static partitions that is nearly everything that bare-metal
// code touches: MMU off, or identity mappings of blocks. Translated code then needs two compares where a TLB entry takes
// a hash and two loads; stores also ask the store map, for pages with decoded code and watched monitors lie in the range.
import type { FunctionReference } from '../wasm/module.ts';
import type { In32, X32, X64 } from '../wasm/expression.ts';
import { I32, I64, i32, i64 } from '../wasm/expression.ts';
import type { FunctionBuilder } from '../wasm/function.ts';
import { CODE_LAYOUT, LINEAR_RANGE, PAGE_ENTRY, SEGMENT, STORE_MAP } from './layout.ts';
import { entryOfPage } from './page-entry.ts';
import type { ServiceContext } from './services.ts';
import { StateAccess } from './state.ts';

/** What of LINEAR_RANGE an access may start at is less than the range by this. */
const MARGIN = LINEAR_RANGE.MARGIN - 1;
const PAGE_SHIFT = 12;

/**
 * Defines (data TLB, va): takes what the last translation mapped into the linear range, if that grows by it. The caller
 * knows that it is RAM and Normal memory that the level may read and write.
 */
export function defineExtendRange({ module }: ServiceContext): FunctionReference {
  const extend = module.declare('extendRange', [I32, I64]);
  module.define(extend, (f) => {
    const state = new StateAccess(f);
    const tlb = f.param(I32, 0).get;
    const va = f.param(I64, 1).get;
    const { OFFSET, MINUS_FIRST, NOT_BYTES, HOST } = LINEAR_RANGE;
    // Single pages are forgotten one by one: only what invalidates the whole TLB when it changes may be in the range.
    f.if(i32.leU(state.get32('translatedShift'), PAGE_SHIFT), () => f.return());
    const minimum = (a: X64, b: X64): X64 => f.keep(i64.select(i64.ltU(a, b), a, b));
    const maximum = (a: X64, b: X64): X64 => f.keep(i64.select(i64.gtU(a, b), a, b));

    // As far as both the mapping and the segment of the address map go.
    const within = f.keep(i64.sub(i64.shl(1, i64.extendU(state.get32('translatedShift'))), 1));
    const offset = f.keep(i64.and(va, within));
    const segment = f.keep(state.get32('translatedSegment'));
    const physical = f.keep(state.get64('translatedAddress'));
    const below = minimum(offset, f.keep(i64.sub(physical, i64.load(segment, SEGMENT.FIRST))));
    const above = minimum(f.keep(i64.sub(within, offset)), f.keep(i64.sub(i64.load(segment, SEGMENT.LAST), physical)));
    const first = f.local(I64);
    const last = f.local(I64);
    f.set(first, i64.sub(va, below));
    f.set(last, i64.add(va, above));
    const shift = f.keep(i32.sub(state.get32('translatedHost'), i32.wrap(va)));

    const range = f.keep(i32.add(tlb, OFFSET));
    const present = i64.not(i64.load(range, NOT_BYTES));
    f.if(i64.ne(present, 0), () => {
      const from = f.keep(i64.sub(0, i64.load(range, MINUS_FIRST)));
      const to = f.keep(i64.add(from, i64.add(present, MARGIN - 1)));
      const same = i32.eq(i32.sub(i32.load(range, HOST), i32.wrap(from)), shift);
      const touches = i32.and(i64.leU(first.get, i64.add(to, 1)), i64.leU(from, i64.add(last.get, 1)));
      f.if(
        i32.and(same, touches),
        () => {
          f.set(first, minimum(first.get, from));
          f.set(last, maximum(last.get, to));
        },
        // The larger one stays.
        () => f.if(i64.leU(i64.sub(last.get, first.get), i64.sub(to, from)), () => f.return()),
      );
    });
    f.store64(range, MINUS_FIRST, i64.sub(0, first.get));
    f.store64(range, NOT_BYTES, i64.not(i64.sub(i64.sub(last.get, first.get), MARGIN - 1)));
    f.store32(range, HOST, i32.add(i32.wrap(first.get), shift));
  });
  return extend;
}

/** Whether an access may start at an address of a data TLB's linear range. */
export function inRange(tlb: X32, va: X64): X32 {
  const range = LINEAR_RANGE.OFFSET;
  const distance = i64.add(va, i64.load(tlb, range + LINEAR_RANGE.MINUS_FIRST));
  return i64.ltU(distance, i64.not(i64.load(tlb, range + LINEAR_RANGE.NOT_BYTES)));
}

/** Lets translated code store to the page of a host address without asking: a TLB holds a write tag for it from now on. */
export function openStores(f: FunctionBuilder, host: In32): void {
  const page = f.keep(i32.shrU(host, PAGE_SHIFT));
  const entry = f.keep(entryOfPage(page));
  f.store32(entry, 0, i32.or(i32.load(entry), PAGE_ENTRY.WRITE_TAGGED | PAGE_ENTRY.WRITTEN));
  const mark = (offset: number, bit: number): void =>
    f.store8(page, CODE_LAYOUT.storeMap + offset, i32.or(i32.load8u(page, CODE_LAYOUT.storeMap + offset), bit));
  mark(0, STORE_MAP.PAGE);
  mark(-1, STORE_MAP.NEXT_PAGE);
}
