// Outlined functions. The main module has those of the special handlers; an instruction form's is emitted from its meaning:
// when it is first called, as a module of its own, or with many others for the interpreter's image (image.ts).
import { meaningOf } from '../aarch64/meaning/index.ts';
import { RECORD_SIZE } from '../core/layout.ts';
import type { Services } from '../core/services.ts';
import { importServices } from '../core/services.ts';
import { StateAccess } from '../core/state.ts';
import type { FloatReferences } from '../float/services.ts';
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
export function defineSpecial(module: ModuleBuilder, services: Services): FunctionReference[] {
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
    const state = new StateAccess(f);
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
export function emitOutlined(form: Form): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  module.importMemory('engine', 'memory', 1);
  const { name, write } = outlinedFunction(form, importsFor(module));
  module.export(OUTLINED_NAME, module.add(name, OUTLINED, write));
  return module.finish();
}

/** Module that puts the outlined functions of many forms into the table: of each handler that has the form first. */
export function emitOutlinedTable(forms: ReadonlyMap<Form, readonly number[]>): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  module.importMemory('engine', 'memory', 1);
  module.importTable('engine', 'handlers', HANDLER_COUNT);
  const imports = importsFor(module);
  const references = module.addAll(
    OUTLINED,
    [...forms.keys()].map((form) => outlinedFunction(form, imports)),
  );
  const byHandler = new Map([...forms.values()].flatMap((handlers, i) => handlers.map((n) => [n, references[i]!])));
  for (const run of runsOf([...byHandler.keys()]))
    module.fillTable(
      run[0]!,
      run.map((handler) => byHandler.get(handler)!),
    );
  return module.finish();
}

/** Numbers in order, as the pieces in which one follows the other. */
function runsOf(numbers: number[]): number[][] {
  const runs: number[][] = [];
  for (const n of numbers.sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last?.at(-1) === n - 1) last.push(n);
    else runs.push([n]);
  }
  return runs;
}

interface OutlinedReferences {
  readonly services: Services;
  readonly floats: FloatReferences;
}

const importsFor = (module: ModuleBuilder): OutlinedReferences => ({
  services: importServices(module),
  floats: importFloatServices(module),
});

function outlinedFunction(
  { instruction, statics, near }: Form,
  { services, floats }: OutlinedReferences,
): { name: string; write: (f: FunctionBuilder) => void } {
  const meaning = meaningOf(instruction.name, statics);
  const write = (f: FunctionBuilder): void => {
    if (!meaning) {
      f.call(services.unimplemented);
      f.call(services.undefined);
      return;
    }
    const operations = new OutlinedOperations(f, services, floats);
    operations.near = near;
    operations.begin(instruction);
    if (usesFp(instruction)) operations.requireFp();
    meaning(operations, statics);
    operations.finish();
  };
  return { name: formName(instruction.name, statics), write };
}

const formName = (name: string, statics: Readonly<Record<string, number>>): string =>
  [name, ...Object.entries(statics).map(([key, value]) => `${key}=${value}`)].join(' ');
