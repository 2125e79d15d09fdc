// Emits the interpreter as one WebAssembly module. Modules are kept by layout: all machines of a process share the code.
import type { AreaLayout } from '../core/layout.ts';
import { defineServices, importHostCalls } from '../core/services.ts';
import { ModuleBuilder } from '../wasm/module.ts';
import { defineOutlined } from './functions.ts';
import { HANDLER_COUNT } from './handlers.ts';
import { defineLoop } from './loop.ts';

/** Emits the module for an area layout. */
export function emitInterpreter(area: AreaLayout): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  module.importMemory('engine', 'memory', 1);
  module.importTable('engine', 'handlers', HANDLER_COUNT);
  const host = importHostCalls(module);
  const services = defineServices(module, host, area);
  const run = defineLoop(module, services, area);
  module.fillTable(0, defineOutlined(module, services, area));
  module.export('run', run);
  module.export('switchLevel', services.switchLevel);
  module.export('addressTranslation', services.addressTranslation);
  module.export('readPstate', services.readPstate);
  module.export('writePstate', services.writePstate);
  return module.finish();
}

const modules = new Map<string, WebAssembly.Module>();

export function interpreterModule(area: AreaLayout): WebAssembly.Module {
  const key = JSON.stringify(area);
  let module = modules.get(key);
  if (!module) {
    module = new WebAssembly.Module(emitInterpreter(area));
    modules.set(key, module);
  }
  return module;
}
