// The interpreter as WebAssembly modules for one layout of the CPU area: the main module with services and loop, and one
// for each outlined function that was ever called. All machines of a process with the same layout share them.
import type { AreaLayout } from '../core/layout.ts';
import { REGION_HANDLER } from '../core/layout.ts';
import { defineServices } from '../core/definitions.ts';
import { importHostCalls } from '../core/services.ts';
import { emitFloatModule } from '../float/module.ts';
import type { FunctionReference } from '../wasm/module.ts';
import { ModuleBuilder } from '../wasm/module.ts';
import { defineSpecial, emitOutlined, OUTLINED_NAME } from './functions.ts';
import { firstForm, HANDLER_COUNT } from './handlers.ts';
import { defineLoop } from './loop.ts';

/** Emits the main module; `hot` as in loop.ts. */
export function emitInterpreter(area: AreaLayout, hot: number): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  module.importMemory('engine', 'memory', 1);
  module.importTable('engine', 'handlers', tableSize(hot > 0));
  const host = importHostCalls(module);
  const services = defineServices(module, host, area);
  const run = defineLoop(module, services, area, hot);
  module.fillTable(0, defineSpecial(module, services, area));
  module.export('run', run);
  for (const [name, reference] of Object.entries(services)) module.export(name, reference as FunctionReference);
  return module.finish();
}

/** Places in the table of handlers: regions have theirs behind the handlers. */
export const tableSize = (regions: boolean): number =>
  regions ? REGION_HANDLER.FIRST + REGION_HANDLER.COUNT : HANDLER_COUNT;

/** What outlined functions import; `float` may be a getter, asked only by those that need it. */
export interface OutlinedImports {
  readonly engine: { readonly memory: WebAssembly.Memory };
  readonly services: WebAssembly.Exports;
  readonly float: WebAssembly.Exports;
}

export class InterpreterCode {
  readonly main: WebAssembly.Module;
  private readonly area: AreaLayout;
  private float: WebAssembly.Module | undefined;
  private readonly outlined = new Map<number, WebAssembly.Module>();

  private constructor(area: AreaLayout, hot: number) {
    this.area = area;
    this.main = new WebAssembly.Module(emitInterpreter(area, hot));
  }

  private static readonly known = new Map<string, InterpreterCode>();

  static for(area: AreaLayout, hot: number): InterpreterCode {
    const key = JSON.stringify([area, hot]);
    let code = InterpreterCode.known.get(key);
    if (!code) {
      code = new InterpreterCode(area, hot);
      InterpreterCode.known.set(key, code);
    }
    return code;
  }

  /** The floating-point services over a memory. */
  floatServices(memory: WebAssembly.Memory): WebAssembly.Exports {
    this.float ??= new WebAssembly.Module(emitFloatModule(this.area.window));
    return new WebAssembly.Instance(this.float, { engine: { memory } }).exports;
  }

  /**
   * The outlined function of a handler (of the first instruction of a fused one), bound to what it imports: the exports of
   * the main instance and of the float services.
   */
  outlinedFunction(handler: number, imports: OutlinedImports): CallableFunction {
    const form = firstForm(handler);
    let module = this.outlined.get(form.handler);
    if (!module) {
      module = new WebAssembly.Module(emitOutlined(form, this.area));
      this.outlined.set(form.handler, module);
    }
    const instance = new WebAssembly.Instance(module, imports as unknown as WebAssembly.Imports);
    return instance.exports[OUTLINED_NAME] as CallableFunction;
  }
}
