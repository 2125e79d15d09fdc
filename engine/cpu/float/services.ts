// Names and signatures of the floating-point services: WebAssembly functions that compute every case to the bit, with FPCR
// read from and exceptions added to FPSR in the state's window. Values travel as bits in the low end of an i64, or as
// vectors whose lanes are done one after the other, the lowest first. What they compute is defined beside this file.
import type { FunctionReference, ModuleBuilder } from '../wasm/module.ts';
import type { ValueType } from '../wasm/expression.ts';
import { I32, I64, V128 } from '../wasm/expression.ts';

/** Operations by what they take besides values of the format. */
const UNARY = ['sqrt', 'recipEstimate', 'recipSqrtEstimate', 'recipExponent'] as const;
const BINARY = [
  ...['add', 'sub', 'mul', 'div', 'mulExtended', 'absDifference'],
  ...['max', 'min', 'maxNumber', 'minNumber'],
  ...['recipStep', 'recipSqrtStep'],
  // All ones where the relation holds, else zero; the last two compare magnitudes.
  ...['equal', 'greaterEqual', 'greater', 'absGreaterEqual', 'absGreater'],
] as const satisfies readonly string[];
export type UnaryOperation = (typeof UNARY)[number];
export type BinaryOperation =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'mulExtended'
  | 'absDifference'
  | 'max'
  | 'min'
  | 'maxNumber'
  | 'minNumber'
  | 'recipStep'
  | 'recipSqrtStep'
  | 'equal'
  | 'greaterEqual'
  | 'greater'
  | 'absGreaterEqual'
  | 'absGreater';

/** Number of values, then types of what else an operation takes. */
type Shape = readonly [values: number, ...parameters: ValueType[]];

const SHAPES: Readonly<Record<string, Shape>> = {
  ...Object.fromEntries(UNARY.map((name) => [name, [1]])),
  ...Object.fromEntries(BINARY.map((name) => [name, [2]])),
  /** (addend, n, m): addend + n * m. */
  mulAdd: [3],
  /** (value, rounding mode, 1 to signal inexact). */
  roundInt: [1, I32, I32],
  /** (value, fraction bits, rounding mode, 1 for unsigned, 16/32/64 result bits). */
  toInt: [1, I32, I32, I32, I32],
  /** (64-bit integer, fraction bits, 1 for unsigned). */
  fromInt: [1, I32, I32],
};
export type LaneOperation = UnaryOperation | BinaryOperation | 'mulAdd' | 'roundInt' | 'toInt' | 'fromInt';
export const LANE_OPERATIONS = Object.keys(SHAPES) as LaneOperation[];
export const shapeOf = (operation: LaneOperation): Shape => SHAPES[operation]!;

export type FloatService =
  | `${LaneOperation}${32 | 64}`
  | `${LaneOperation}${'32x4' | '64x2'}`
  /** (a, b, 1 to signal quiet NaNs) -> N:Z:C:V in bits 3:0. */
  | `compare${32 | 64}`
  /** (value, rounding mode). */
  | `convert${'16to32' | '16to64' | '32to16' | '32to64' | '64to16' | '64to32'}`
  /** Of unsigned 32-bit fixed-point fractions; one lane after the other. */
  | 'unsignedRecipEstimate'
  | 'unsignedRecipSqrtEstimate';

type FunctionType = readonly [params: readonly ValueType[], results: readonly ValueType[]];

function signatures(): Record<string, FunctionType> {
  const result: Record<string, FunctionType> = {};
  for (const bits of [32, 64] as const) {
    for (const operation of LANE_OPERATIONS) {
      const [values, ...parameters] = shapeOf(operation);
      result[`${operation}${bits}`] = [[...Array<ValueType>(values).fill(I64), ...parameters], [I64]];
      result[vectorName(operation, bits)] = [[...Array<ValueType>(values).fill(V128), ...parameters], [V128]];
    }
    result[`compare${bits}`] = [[I64, I64, I32], [I32]];
    for (const other of [16, 32, 64]) if (other !== bits) result[`convert${bits}to${other}`] = [[I64, I32], [I64]];
    result[`convert16to${bits}`] = [[I64, I32], [I64]];
  }
  result.unsignedRecipEstimate = result.unsignedRecipSqrtEstimate = [[V128], [V128]];
  return result;
}

export const vectorName = (operation: LaneOperation, bits: 32 | 64): FloatService =>
  bits === 32 ? `${operation}32x4` : `${operation}64x2`;

export const FLOAT_SERVICES = signatures() as Readonly<Record<FloatService, FunctionType>>;

/** Name of the module that the services are imported from. */
export const FLOAT_MODULE = 'float';

export type FloatReferences = Readonly<Record<FloatService, FunctionReference>>;

/** The services for a module: each is imported when it is first asked for. */
export function importFloatServices(module: ModuleBuilder): FloatReferences {
  const imported = new Map<string, FunctionReference>();
  return new Proxy({} as FloatReferences, {
    get(_, name: FloatService) {
      let reference = imported.get(name);
      if (!reference) {
        reference = module.importFunction(FLOAT_MODULE, name, ...FLOAT_SERVICES[name]);
        imported.set(name, reference);
      }
      return reference;
    },
  });
}
