// The interpreter's main module: services, loop, and the outlined functions of the special handlers.
import { REGION_HANDLER } from '../core/layout.ts';
import { defineServices } from '../core/definitions.ts';
import { importHostCalls } from '../core/services.ts';
import type { FunctionReference } from '../wasm/module.ts';
import { ModuleBuilder } from '../wasm/module.ts';
import { defineDecodeLine } from './decode-line.ts';
import { defineSpecial } from './functions.ts';
import { HANDLER_COUNT } from './handlers.ts';
import { defineLoop } from './loop.ts';

/** Emits the main module; `hot` as in loop.ts. */
export function emitInterpreter(hot: number): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  module.importMemory('engine', 'memory', 1);
  module.importTable('engine', 'handlers', tableSize(hot > 0));
  const host = importHostCalls(module);
  const services = defineServices(module, host);
  defineDecodeLine({ module, services });
  const run = defineLoop(module, services, hot);
  module.fillTable(0, defineSpecial(module, services));
  module.export('run', run);
  for (const [name, reference] of Object.entries(services)) module.export(name, reference as FunctionReference);
  return module.finish();
}

/** Places in the table of handlers: regions have theirs behind the handlers. */
export const tableSize = (regions: boolean): number =>
  regions ? REGION_HANDLER.FIRST + REGION_HANDLER.COUNT : HANDLER_COUNT;
