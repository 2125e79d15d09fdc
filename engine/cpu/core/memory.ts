// The engine's one WebAssembly memory: the processors' area first, then RAM and ROM of the board.
import { KiB } from '../../util/units.ts';
import { I32 } from '../wasm/expression.ts';
import { ModuleBuilder } from '../wasm/module.ts';

export const WASM_PAGE = 64 * KiB;

/**
 * All zero, and never any larger. One thread alone uses it; it is shared nevertheless, because V8 counts every byte of other
 * memories as garbage that may be worth collecting, used or not, and stops for a full collection when a board with its
 * gigabyte is made. What that costs: V8 sets typed arrays over shared memory one element at a time; see fillerOf.
 * @param bytes a multiple of WASM_PAGE
 */
export function createEngineMemory(bytes: number): WebAssembly.Memory {
  const pages = bytes / WASM_PAGE;
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

/** Sets `size` bytes from `at` on to `value`. */
export type Fill = (at: number, value: number, size: number) => void;

/** For more than some hundred bytes: forty times as fast as a typed array's own. */
export function fillerOf(memory: WebAssembly.Memory): Fill {
  filler ??= new WebAssembly.Module(emitFiller());
  return new WebAssembly.Instance(filler, { engine: { memory } }).exports['fill'] as Fill;
}

let filler: WebAssembly.Module | undefined;

function emitFiller(): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  module.importMemory('engine', 'memory', 1);
  const fill = module.add('fill', { params: [I32, I32, I32], results: [] }, (f) =>
    f.fill(f.param(I32, 0).get, f.param(I32, 1).get, f.param(I32, 2).get),
  );
  module.export('fill', fill);
  return module.finish();
}
