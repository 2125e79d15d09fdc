// The floating-point services against exact rational arithmetic on BigInts, in all rounding modes, with their exceptions.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemSlot } from '../aarch64/system/registers.ts';
import { createEngineMemory, WASM_PAGE } from '../core/memory.ts';
import type { Format } from './format.ts';
import { DOUBLE, FPCR, FPSR, HALF, ROUNDING, SINGLE } from './format.ts';
import { emitFloatModule } from './module.ts';
import type { FloatService } from './services.ts';
import { FLOAT_SERVICES } from './services.ts';

const memory = createEngineMemory(WASM_PAGE);
const state = new DataView(memory.buffer);
const instance = new WebAssembly.Instance(new WebAssembly.Module(emitFloatModule()), { engine: { memory } });

/** Result of a scalar service as unsigned bits, and the exceptions that it raised. */
function call(service: FloatService, fpcr: number, ...values: (bigint | number)[]): [bits: bigint, flags: number] {
  state.setUint32(systemSlot('FPCR'), fpcr, true);
  state.setUint32(systemSlot('FPSR'), 0, true);
  const result = (instance.exports[service] as (...values: (bigint | number)[]) => bigint | number)(...values);
  return [BigInt.asUintN(64, BigInt(result)), state.getUint32(systemSlot('FPSR'), true)];
}

/** A number as numerator / 2^scale, the numerator signed. */
interface Exact {
  readonly numerator: bigint;
  readonly scale: number;
}

function exactOf({ fraction, bits, bias, specialExponent }: Format, value: bigint): Exact {
  const exponent = Number(value >> BigInt(fraction)) & specialExponent;
  const part = value & ((1n << BigInt(fraction)) - 1n);
  const significand = exponent === 0 ? part : part | (1n << BigInt(fraction));
  const negative = value >> BigInt(bits - 1) === 1n;
  // Everything over the scale of the least subnormal keeps the arithmetic in integers.
  const shifted = significand << BigInt(Math.max(exponent, 1) - 1);
  return { numerator: negative ? -shifted : shifted, scale: bias - 1 + fraction };
}

/** numerator / denominator (> 0), rounded to a format: what IEEE 754-2008, chapters 4.3 and 7 say. Not for zeros. */
function round(format: Format, numerator: bigint, denominator: bigint, mode: number): [bigint, number] {
  const { fraction, bias, signBit, infinity, largest } = format;
  const negative = numerator < 0n;
  const magnitude = negative ? -numerator : numerator;
  const sign = negative ? signBit : 0n;
  const least = 1 - bias;
  // The exponent: 2^exponent <= magnitude / denominator < 2^(exponent + 1).
  let exponent = magnitude.toString(2).length - denominator.toString(2).length;
  const below = (power: number): boolean =>
    power >= 0 ? magnitude < denominator << BigInt(power) : magnitude << BigInt(-power) < denominator;
  if (below(exponent)) exponent--;
  const tiny = exponent < least;
  const unit = Math.max(exponent, least) - fraction;
  const [top, bottom] =
    unit >= 0 ? [magnitude, denominator << BigInt(unit)] : [magnitude << BigInt(-unit), denominator];
  const quotient = top / bottom;
  const rest = (top % bottom) * 2n;
  const up = {
    [ROUNDING.TIE_EVEN]: rest > bottom || (rest === bottom && (quotient & 1n) === 1n),
    [ROUNDING.UP]: rest > 0n && !negative,
    [ROUNDING.DOWN]: rest > 0n && negative,
    [ROUNDING.ZERO]: false,
  }[mode]!;
  const rounded = quotient + (up ? 1n : 0n);
  const field = BigInt(tiny ? 0 : exponent + bias - 1) << BigInt(fraction);
  const bits = field + rounded;
  if (bits >= infinity) {
    const away =
      mode === ROUNDING.TIE_EVEN || (mode === ROUNDING.UP && !negative) || (mode === ROUNDING.DOWN && negative);
    return [sign | (away ? infinity : largest), FPSR.OFC | FPSR.IXC];
  }
  return [sign | bits, rest === 0n ? 0 : FPSR.IXC | (tiny ? FPSR.UFC : 0)];
}

const roundExact = (format: Format, { numerator, scale }: Exact, mode: number): [bigint, number] =>
  round(format, numerator, 1n << BigInt(scale), mode);

const times = (a: Exact, b: Exact): Exact => ({ numerator: a.numerator * b.numerator, scale: a.scale + b.scale });
function plus(a: Exact, b: Exact): Exact {
  const scale = Math.max(a.scale, b.scale);
  const at = ({ numerator, scale: own }: Exact): bigint => numerator << BigInt(scale - own);
  return { numerator: at(a) + at(b), scale };
}

/** Finite numbers: anything, near one, near the ends of the range, with few or many fraction bits. */
function numbers({ bits, fraction, specialExponent, bias }: Format): fc.Arbitrary<bigint> {
  const exponents = fc.oneof(
    fc.integer({ min: 0, max: specialExponent - 1 }),
    fc.integer({ min: bias - 3, max: bias + 3 }),
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: specialExponent - 3, max: specialExponent - 1 }),
    fc.integer({ min: bias - fraction - 2, max: bias }),
  );
  const ones = (1n << BigInt(fraction)) - 1n;
  const fractions = fc.oneof(
    fc.bigInt({ min: 0n, max: ones }),
    fc.constantFrom(0n, 1n, ones, ones - 1n, 1n << BigInt(fraction - 1), (1n << BigInt(fraction - 1)) + 1n),
    fc.integer({ min: 0, max: fraction - 1 }).map((shift) => (ones >> BigInt(shift)) << BigInt(shift)),
  );
  return fc
    .tuple(fc.boolean(), exponents, fractions)
    .map(
      ([sign, exponent, part]) => (sign ? 1n << BigInt(bits - 1) : 0n) | (BigInt(exponent) << BigInt(fraction)) | part,
    );
}

const modes = fc.constantFrom(ROUNDING.TIE_EVEN, ROUNDING.UP, ROUNDING.DOWN, ROUNDING.ZERO);
const control = (mode: number): number => mode << FPCR.MODE_SHIFT;

describe.each([
  ['single', SINGLE],
  ['double', DOUBLE],
] as const)('%s precision', (_, format) => {
  const bits = format.bits as 32 | 64;
  const number = numbers(format);
  const exact = (value: bigint): Exact => exactOf(format, value);

  it('adds, multiplies and fuses as exact arithmetic rounded once', () => {
    fc.assert(
      fc.property(number, number, number, modes, (a, b, c, mode) => {
        const check = (service: FloatService, operands: bigint[], result: Exact): void => {
          if (result.numerator === 0n) return;
          expect(call(service, control(mode), ...operands)).toEqual(roundExact(format, result, mode));
        };
        check(`add${bits}`, [a, b], plus(exact(a), exact(b)));
        check(`sub${bits}`, [a, b ^ format.signBit], plus(exact(a), exact(b)));
        check(`mul${bits}`, [a, b], times(exact(a), exact(b)));
        check(`mulAdd${bits}`, [c, a, b], plus(exact(c), times(exact(a), exact(b))));
      }),
      { numRuns: 1000 },
    );
  });

  it('divides and takes roots as exact arithmetic rounded once', () => {
    fc.assert(
      fc.property(number, number, modes, (a, b, mode) => {
        const [n, d] = [exact(a).numerator, exact(b).numerator];
        if (n === 0n || d === 0n) return;
        const quotient = round(format, d < 0n ? -n : n, d < 0n ? -d : d, mode);
        expect(call(`div${bits}`, control(mode), a, b)).toEqual(quotient);
        // The root lies between the neighbours of what is said to be it; or is it, and then nothing is inexact.
        const value = a & (format.signBit - 1n);
        const [root, flags] = call(`sqrt${bits}`, control(ROUNDING.ZERO), value);
        const square = (x: bigint): Exact => times(exact(x), exact(x));
        const excess = (x: bigint): bigint =>
          plus(square(x), { numerator: -exact(value).numerator, scale: exact(value).scale }).numerator;
        expect(excess(root) <= 0n && excess(root + 1n) > 0n).toBe(true);
        expect(flags).toBe(excess(root) === 0n ? 0 : FPSR.IXC);
      }),
      { numRuns: 1000 },
    );
  });

  it('converts from and to integers and other formats as exact arithmetic rounded once', () => {
    fc.assert(
      fc.property(number, modes, fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), (a, mode, integer) => {
        if (integer !== 0n)
          expect(call(`fromInt${bits}`, control(mode), integer, 0, 0)).toEqual(round(format, integer, 1n, mode));
        for (const other of [HALF, SINGLE, DOUBLE]) {
          if (other === format || exact(a).numerator === 0n) continue;
          const service = `convert${bits}to${other.bits}` as FloatService;
          expect(call(service, control(mode), a, mode)).toEqual(roundExact(other, exact(a), mode));
        }
        const [whole] = call(`roundInt${bits}`, 0, a, mode, 0);
        const { numerator, scale } = exact(whole);
        expect(numerator % (1n << BigInt(scale))).toBe(0n);
        const asInteger = numerator >> BigInt(scale);
        const fits = asInteger >= -(1n << 63n) && asInteger < 1n << 63n;
        const [converted, flags] = call(`toInt${bits}`, 0, a, 0, mode, 0, 64);
        if (fits) expect(BigInt.asIntN(64, converted)).toBe(asInteger);
        expect((flags & FPSR.IOC) !== 0).toBe(!fits);
      }),
      { numRuns: 1000 },
    );
  });

  it('orders numbers', () => {
    fc.assert(
      fc.property(number, number, (a, b) => {
        const difference = exact(a).numerator - exact(b).numerator;
        const flags = difference === 0n ? 6 : difference < 0n ? 8 : 2;
        expect(call(`compare${bits}`, 0, a, b, 0)).toEqual([BigInt(flags), 0]);
        const [larger] = call(`max${bits}`, 0, a, b);
        expect(exact(larger).numerator).toBe(difference > 0n ? exact(a).numerator : exact(b).numerator);
      }),
    );
  });

  it('passes the first signalling NaN on, made quiet, or else the first NaN', () => {
    const quiet = format.defaultNaN | 5n;
    const signalling = format.infinity | 9n;
    const one = BigInt(format.bias) << BigInt(format.fraction);
    expect(call(`add${bits}`, 0, one, quiet)).toEqual([quiet, 0]);
    expect(call(`add${bits}`, 0, quiet, signalling)).toEqual([signalling | format.quietBit, FPSR.IOC]);
    expect(call(`mulAdd${bits}`, FPCR.DN, quiet, one, one)).toEqual([format.defaultNaN, 0]);
    expect(call(`maxNumber${bits}`, 0, quiet, one)).toEqual([one, 0]);
    expect(call(`div${bits}`, 0, one, 0n)).toEqual([format.infinity, FPSR.DZC]);
    expect(call(`sub${bits}`, 0, format.infinity, format.infinity)).toEqual([format.defaultNaN, FPSR.IOC]);
    expect(call(`mulExtended${bits}`, 0, format.infinity, 0n)).toEqual([one + (1n << BigInt(format.fraction)), 0]);
  });

  it('flushes subnormal numbers where FPCR.FZ says so', () => {
    const subnormal = 1n << BigInt(format.fraction - 1);
    const least = 1n << BigInt(format.fraction);
    const half = BigInt(format.bias - 1) << BigInt(format.fraction);
    expect(call(`add${bits}`, FPCR.FZ, subnormal, subnormal)).toEqual([0n, FPSR.IDC]);
    expect(call(`mul${bits}`, FPCR.FZ, least, half)).toEqual([0n, FPSR.UFC]);
    expect(call(`mul${bits}`, 0, least, half)).toEqual([least >> 1n, 0]);
  });
});

describe('estimates', () => {
  it('are within 2^-8 of reciprocals and of reciprocal roots', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true, noDefaultInfinity: true }), (x) => {
        const view = new DataView(new ArrayBuffer(8));
        view.setFloat64(0, x);
        const bits = view.getBigUint64(0);
        const estimate = (service: FloatService): number => {
          view.setBigUint64(0, call(service, 0, bits)[0]);
          return view.getFloat64(0);
        };
        expect(Math.abs(estimate('recipEstimate64') * x - 1)).toBeLessThan(2 ** -8);
        expect(Math.abs(estimate('recipSqrtEstimate64') * Math.sqrt(x) - 1)).toBeLessThan(2 ** -8);
      }),
    );
  });
});

it('all services have their signatures', () => {
  for (const [name, [params]] of Object.entries(FLOAT_SERVICES))
    expect((instance.exports[name] as CallableFunction).length, name).toBe(params.length);
});
