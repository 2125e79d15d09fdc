// The engine's one WebAssembly memory: the processors' area first, then RAM and ROM of the board.
import { KiB } from '../../util/units.ts';

export const WASM_PAGE = 64 * KiB;

/**
 * All zero, and never any larger. One thread alone uses it; it is shared nevertheless, because V8 counts every byte of other
 * memories as garbage that may be worth collecting, used or not, and stops for a full collection when a board with its
 * gigabyte is made.
 * @param bytes a multiple of WASM_PAGE
 */
export function createEngineMemory(bytes: number): WebAssembly.Memory {
  const pages = bytes / WASM_PAGE;
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}
