// Finding a host page's entry in the page table, for generated code.
import type { X32 } from '../wasm/expression.ts';
import { i32 } from '../wasm/expression.ts';
import { CODE_LAYOUT } from './layout.ts';

/** Address of the entry of a host page, by its number. */
export const entryOfPage = (page: X32): X32 => i32.add(i32.shl(page, 2), CODE_LAYOUT.pageTable);

/** Address of the entry of the page that a host address lies in. */
export const pageEntry = (host: X32): X32 => entryOfPage(i32.shrU(host, 12));
