// Outlined functions of all handlers: the special ones by hand, an instruction form's from its meaning.
import { INLINE_MEANINGS, SYSTEM_MEANINGS } from '../aarch64/meaning/index.ts';
import type { AreaLayout } from '../core/layout.ts';
import { RECORD_SIZE } from '../core/layout.ts';
import type { Services } from '../core/services.ts';
import { StateAccess } from '../core/state.ts';
import { I32, i32, i64 } from '../wasm/expression.ts';
import type { FunctionBuilder } from '../wasm/function.ts';
import type { FunctionReference, ModuleBuilder } from '../wasm/module.ts';
import { FORMS, HANDLER_COUNT, SPECIAL, usesFp } from './handlers.ts';
import { OUTLINED } from './loop.ts';
import { OutlinedOperations } from './outlined.ts';

/** Declares and defines the function of every handler; the position in the result is the handler's number. */
export function defineOutlined(module: ModuleBuilder, services: Services, area: AreaLayout): FunctionReference[] {
  const functions = new Array<FunctionReference>(HANDLER_COUNT);
  const define = (handler: number, name: string, write: (f: FunctionBuilder) => void): void => {
    const reference = module.declare(name, OUTLINED.params, OUTLINED.results);
    functions[handler] = reference;
    module.define(reference, write);
  };

  /** Looking up the next record costs no instruction; `fetch` charges for the branch that it takes itself for. */
  const look = (f: FunctionBuilder, pc: 'pc' | 'pageEnd'): void => {
    const state = new StateAccess(f, area.window);
    const record = f.param(I32, 0).get;
    state.add32('remaining', RECORD_SIZE);
    const next = i64.add(state.get64('pcBias'), i64.extendU(i32.shrU(record, 2)));
    f.call(services.fetch, pc === 'pc' ? state.get64('pc') : next);
  };
  define(SPECIAL.DECODE, 'decode', (f) => f.call(services.decode, f.param(I32, 0).get));
  define(SPECIAL.RESOLVE, 'resolve', (f) => look(f, 'pc'));
  define(SPECIAL.PAGE_END, 'pageEnd', (f) => look(f, 'pageEnd'));
  define(SPECIAL.UNDEFINED, 'unallocated', (f) => f.call(services.undefined));
  define(SPECIAL.UNIMPLEMENTED, 'unimplemented', (f) => {
    f.call(services.unimplemented);
    f.call(services.undefined);
  });

  for (const { instruction, statics, near, handler } of FORMS) {
    const meaning = INLINE_MEANINGS[instruction.name] ?? SYSTEM_MEANINGS[instruction.name];
    if (!meaning) {
      functions[handler] = functions[SPECIAL.UNIMPLEMENTED]!;
      continue;
    }
    define(handler, formName(instruction.name, statics), (f) => {
      const operations = new OutlinedOperations(f, area.window, services);
      operations.near = near;
      operations.begin(instruction);
      if (usesFp(instruction)) operations.requireFp();
      meaning(operations, statics);
      operations.finish();
    });
  }
  return functions;
}

const formName = (name: string, statics: Readonly<Record<string, number>>): string =>
  [name, ...Object.entries(statics).map(([key, value]) => `${key}=${value}`)].join(' ');
