// Outlined functions. The main module has those of the special handlers; an instruction form's function is emitted from
// its meaning when it is first called, as a module of its own, and put into the table of handlers.
import { meaningOf } from '../aarch64/meaning/index.ts';
import type { AreaLayout } from '../core/layout.ts';
import { RECORD_SIZE } from '../core/layout.ts';
import type { Services } from '../core/services.ts';
import { importServices } from '../core/services.ts';
import { StateAccess } from '../core/state.ts';
import { importFloatServices } from '../float/services.ts';
import { I32, i32, i64 } from '../wasm/expression.ts';
import type { FunctionBuilder } from '../wasm/function.ts';
import type { FunctionReference } from '../wasm/module.ts';
import { ModuleBuilder } from '../wasm/module.ts';
import type { Form } from './handlers.ts';
import { HANDLER_COUNT, SPECIAL } from './handlers.ts';
import { usesFp } from '../aarch64/table/instruction.ts';
import { OUTLINED } from './loop.ts';
import { OutlinedOperations } from './outlined.ts';

/** Declares and defines the special handlers' functions. All other places of the table call for theirs to be emitted. */
export function defineSpecial(module: ModuleBuilder, services: Services, area: AreaLayout): FunctionReference[] {
  const define = (name: string, write: (f: FunctionBuilder) => void): FunctionReference => {
    const reference = module.declare(name, OUTLINED.params, OUTLINED.results);
    module.define(reference, write);
    return reference;
  };
  // Asks for the function, and comes back to the same record.
  const missing = define('missing', (f) => f.call(services.emit, i32.load16u(f.param(I32, 0).get)));
  const functions = new Array<FunctionReference>(HANDLER_COUNT).fill(missing);

  /** Looking up the next record costs no instruction; `fetch` charges for the branch that it takes itself for. */
  const look = (f: FunctionBuilder, pc: 'pc' | 'pageEnd'): void => {
    const state = new StateAccess(f, area.window);
    const record = f.param(I32, 0).get;
    state.add32('remaining', RECORD_SIZE);
    const next = i64.add(state.get64('pcBias'), i64.extendU(i32.shrU(record, 2)));
    f.call(services.fetch, pc === 'pc' ? state.get64('pc') : next);
  };
  functions[SPECIAL.DECODE] = define('decode', (f) => f.call(services.decode, f.param(I32, 0).get));
  functions[SPECIAL.RESOLVE] = define('resolve', (f) => look(f, 'pc'));
  functions[SPECIAL.PAGE_END] = define('pageEnd', (f) => look(f, 'pageEnd'));
  functions[SPECIAL.UNDEFINED] = define('unallocated', (f) => f.call(services.undefined));
  functions[SPECIAL.UNIMPLEMENTED] = define('unimplemented', (f) => {
    f.call(services.unimplemented);
    f.call(services.undefined);
  });
  // The record has the operands of its instruction, and the host side knows the handler that it would have.
  functions[SPECIAL.BREAKPOINT] = define('breakpoint', (f) => {
    const record = f.param(I32, 0).get;
    const handler = f.keep(f.call32(services.breakpoint, record));
    f.if(handler, () => f.callIndirect(OUTLINED, handler, record));
  });
  return functions;
}

/** Name of the one export of an outlined function's module. */
export const OUTLINED_NAME = 'outlined';

/** Module with the outlined function of a form. */
export function emitOutlined(form: Form, area: AreaLayout): Uint8Array<ArrayBuffer> {
  const { instruction, statics, near } = form;
  const module = new ModuleBuilder();
  module.importMemory('engine', 'memory', 1);
  const services = importServices(module);
  const floats = importFloatServices(module);
  const meaning = meaningOf(instruction.name, statics);
  const reference = module.add(formName(instruction.name, statics), OUTLINED, (f) => {
    if (!meaning) {
      f.call(services.unimplemented);
      f.call(services.undefined);
      return;
    }
    const operations = new OutlinedOperations(f, area.window, services, floats);
    operations.near = near;
    operations.begin(instruction);
    if (usesFp(instruction)) operations.requireFp();
    meaning(operations, statics);
    operations.finish();
  });
  module.export(OUTLINED_NAME, reference);
  return module.finish();
}

const formName = (name: string, statics: Readonly<Record<string, number>>): string =>
  [name, ...Object.entries(statics).map(([key, value]) => `${key}=${value}`)].join(' ');
