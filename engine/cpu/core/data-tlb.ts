// Looking an address up in a data TLB, for generated code.
import type { X32, X64 } from '../wasm/expression.ts';
import { i32, i64 } from '../wasm/expression.ts';
import { DATA_TLB } from './layout.ts';

/** Address of the entry that an address would have. */
export const dataTlbEntry = (tlb: X32, va: X64): X32 => {
  const { ENTRIES, ENTRY_SIZE, ENTRY_SHIFT } = DATA_TLB;
  return i32.add(tlb, i32.and(i32.shrU(i32.wrap(va), 12 - ENTRY_SHIFT), (ENTRIES - 1) * ENTRY_SIZE));
};

/** What an entry's tag must be for an access to be served by it: one that runs into the next page never is. */
export const wantedTag = (va: X64, bytes: number): X64 => i64.and(bytes === 1 ? va : i64.add(va, bytes - 1), -4096);
