// The float module: all floating-point services as one WebAssembly module over the engine memory, and their vector forms.
import type { Expression, X32, X64, XV } from '../wasm/expression.ts';
import { i32, i64, V128 } from '../wasm/expression.ts';
import { i32x4, i64x2, vectorConst } from '../wasm/vector.ts';
import { ModuleBuilder } from '../wasm/module.ts';
import { defineArithmetic } from './arithmetic.ts';
import { defineComparisons } from './comparison.ts';
import { defineConversion, defineIntegerConversions } from './conversion.ts';
import { defineEstimates, defineEstimateTables, defineUnsignedEstimates } from './estimates.ts';
import { DOUBLE, HALF, SINGLE } from './format.ts';
import type { FloatService, LaneOperation } from './services.ts';
import { FLOAT_SERVICES, LANE_OPERATIONS, shapeOf, vectorName } from './services.ts';
import { defineNaNs, defineRound, FloatWriter } from './writer.ts';

/** The vector form of an operation: the lanes one after the other. */
function defineVector(w: FloatWriter, operation: LaneOperation, bits: 32 | 64): void {
  const [values] = shapeOf(operation);
  const name = vectorName(operation, bits);
  const [params, results] = FLOAT_SERVICES[name];
  // Integers are widened as the operation's last parameter says; all else is bits.
  const signedLane = operation === 'fromInt';
  w.define(name, params, results, (f) => {
    const result = f.local(V128);
    f.set(result, vectorConst(new Uint8Array(16)));
    const rest = params.slice(values).map((type, i) => f.param(type, values + i).get);
    for (let lane = 0; lane < 128 / bits; lane++) {
      const laneOf = (vector: XV): X64 => {
        if (bits === 64) return i64x2.lane(vector, lane);
        const word = i32x4.lane(vector, lane);
        if (!signedLane) return i64.extendU(word);
        const unsigned = rest.at(-1) as X32;
        return i64.select(unsigned, i64.extendU(word), i64.extendS(word));
      };
      const operands: Expression[] = Array.from({ length: values }, (_, i) => laneOf(f.param(V128, i).get));
      const value = f.call64(w.function(`${operation}${bits}`), ...operands, ...rest);
      const replaced: XV =
        bits === 64 ? i64x2.replace(result.get, lane, value) : i32x4.replace(result.get, lane, i32.wrap(value));
      f.set(result, replaced);
    }
    f.return(result.get);
  });
}

export function emitFloatModule(): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder();
  module.importMemory('engine', 'memory', 1);
  const w = new FloatWriter(module);
  defineEstimateTables(w);
  defineUnsignedEstimates(w);
  for (const format of [HALF, SINGLE, DOUBLE]) {
    defineNaNs(w, format);
    defineRound(w, format);
  }
  for (const format of [SINGLE, DOUBLE]) {
    defineArithmetic(w, format);
    defineComparisons(w, format);
    defineIntegerConversions(w, format);
    defineEstimates(w, format);
  }
  for (const from of [HALF, SINGLE, DOUBLE])
    for (const to of [HALF, SINGLE, DOUBLE]) if (from !== to) defineConversion(w, from, to);
  for (const operation of LANE_OPERATIONS) for (const bits of [32, 64] as const) defineVector(w, operation, bits);
  for (const name of Object.keys(FLOAT_SERVICES) as FloatService[]) module.export(name, w.function(name));
  return module.finish();
}
