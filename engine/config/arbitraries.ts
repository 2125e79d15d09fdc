// Random configurations for property tests: every field takes any value that its place holds, odd ones included.
// Made from the tables of layout.ts, so a new field is covered the day it is declared.
import fc from 'fast-check';
import {
  CELL_LAYOUT,
  SYSTEM_LAYOUT,
  TRAILING_ARRAYS,
  platformLayout,
  type Field,
  type Scalar,
  type StructLayout,
} from './layout.ts';
import { CONFIG_REVISION, type CellConfig, type Config, type SystemConfig } from './model.ts';
import { CELL_SIGNATURE, SYSTEM_SIGNATURE } from './symbols.ts';

const scalarArbitrary = (scalar: Scalar): fc.Arbitrary<number | bigint> =>
  scalar === 'u64'
    ? fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })
    : fc.nat({ max: { u8: 0xff, u16: 0xffff, u32: 0xffffffff }[scalar] });

/** Latin-1 text of at most `length` characters without a trailing NUL. */
const textArbitrary = (length: number): fc.Arbitrary<string> =>
  fc.uint8Array({ maxLength: length }).map((bytes) => String.fromCharCode(...bytes).replace(/\0+$/, ''));

const exactBytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

function fieldArbitrary({ type }: Field, architecture: number): fc.Arbitrary<unknown> | null {
  switch (type.kind) {
    case 'scalar':
      return scalarArbitrary(type.scalar);
    case 'scalars':
      return fc.array(scalarArbitrary(type.scalar), { minLength: type.count, maxLength: type.count });
    case 'text':
      return textArbitrary(type.length);
    case 'bytes':
      return exactBytes(type.length);
    case 'struct':
      return type.layout === CELL_LAYOUT ? cellArbitrary({}, architecture) : structArbitrary(type.layout, architecture);
    case 'structs':
      return fc.array(structArbitrary(type.layout, architecture), { minLength: type.count, maxLength: type.count });
    case 'platform':
      return structArbitrary(platformLayout(architecture), architecture).map((platform) => ({
        kind: architecture === 0 ? 'x86' : 'arm',
        ...platform,
      }));
    case 'count':
      return null;
  }
}

function structArbitrary(layout: StructLayout, architecture: number): fc.Arbitrary<Record<string, unknown>> {
  const record: Record<string, fc.Arbitrary<unknown>> = {};
  for (const field of layout.fields) {
    const arbitrary = fieldArbitrary(field, architecture);
    if (arbitrary) record[field.key] = arbitrary;
  }
  return fc.record(record);
}

function cellArbitrary(fixed: Partial<CellConfig>, architecture: number): fc.Arbitrary<CellConfig> {
  const record: Record<string, fc.Arbitrary<unknown>> = {};
  for (const { key, layout } of TRAILING_ARRAYS)
    record[key] =
      key === 'cpuSet'
        ? fc.uint8Array({ maxLength: 24 })
        : fc.array<unknown>(layout ? structArbitrary(layout, architecture) : scalarArbitrary('u32'), { maxLength: 4 });
  return fc
    .tuple(structArbitrary(CELL_LAYOUT, architecture), fc.record(record))
    .map(([descriptor, arrays]) => ({ ...descriptor, ...arrays, ...fixed }) as unknown as CellConfig);
}

const systemArbitrary = (architecture: number): fc.Arbitrary<Config> =>
  structArbitrary(SYSTEM_LAYOUT, architecture).map((system) => ({
    kind: 'system' as const,
    system: {
      ...(system as unknown as SystemConfig),
      signature: SYSTEM_SIGNATURE,
      architecture,
      revision: CONFIG_REVISION,
    },
  }));

/** A configuration that decode() accepts, of either kind and any architecture. */
export const configArbitrary = (): fc.Arbitrary<Config> =>
  fc.constantFrom(0, 1, 2).chain((architecture) =>
    fc.oneof(
      systemArbitrary(architecture),
      cellArbitrary({ signature: CELL_SIGNATURE, architecture, revision: CONFIG_REVISION }, architecture).map(
        (cell): Config => ({ kind: 'cell', cell }),
      ),
    ),
  );
