// Reciprocal and reciprocal square root estimates (Arm ARM DDI 0487, J1.3 shared/functions/float: FPRecipEstimate,
// FPRSqrtEstimate, FPRecpX, RecipEstimate, RecipSqrtEstimate, UnsignedRecipEstimate, UnsignedRSqrtEstimate).
import type { X32, X64 } from '../wasm/expression.ts';
import { I32, i32, I64, i64, V128 } from '../wasm/expression.ts';
import { f64 } from '../wasm/float.ts';
import type { FunctionBuilder } from '../wasm/function.ts';
import { i32x4, vectorConst } from '../wasm/vector.ts';
import type { Format } from './format.ts';
import { FPCR, FPSR } from './format.ts';
import type { FloatWriter } from './writer.ts';
import { flushInputs, isInfinite, isZero, returnNaN, returnOverflow, signOf, withSign } from './writer.ts';

/** Both estimates: nine bits in and out, the latter with its top bit set. */
export function defineEstimateTables(w: FloatWriter): void {
  w.define('recipTable', [I32], [I32], (f) => {
    // 1/a for the middle of the interval that the input stands for, rounded to nearest.
    const middle = i32.or(i32.shl(f.param(I32, 0).get, 1), 1);
    f.return(i32.shrU(i32.add(i32.divU(1 << 19, middle), 1), 1));
  });
  w.define('recipSqrtTable', [I32], [I32], (f) => {
    const a = f.param(I32, 0);
    // 128 to 255 stand for 0.25 up to 0.5, 256 to 511 for 0.5 up to 1: the middle of the interval.
    f.if(
      i32.ltU(a.get, 256),
      () => f.set(a, i32.or(i32.shl(a.get, 1), 1)),
      () => f.set(a, i32.shl(i32.add(i32.and(a.get, -2), 1), 1)),
    );
    // The largest b with a * b * b < 2^28, but at least 512; started one below the root.
    const b = f.local(I32);
    const root = f64.sqrt(f64.div(f64.const(2 ** 28), f64.convertS32(a.get)));
    f.set(b, i32.sub(f64.truncS32(root), 1));
    f.if(i32.ltS(b.get, 512), () => f.set(b, i32.const(512)));
    const next = i32.add(b.get, 1);
    f.loop((again) =>
      f.if(i32.ltU(i32.mul(a.get, i32.mul(next, next)), 1 << 28), () => {
        f.set(b, next);
        f.br(again);
      }),
    );
    f.return(i32.shrU(i32.add(b.get, 1), 1));
  });
}

/** A function that does something to each of the four 32-bit lanes. */
function defineLanes32(w: FloatWriter, name: string, lane: (f: FunctionBuilder, value: X32) => X32): void {
  w.define(name, [V128], [V128], (f) => {
    const value = f.param(V128, 0).get;
    const result = f.local(V128);
    f.set(result, vectorConst(new Uint8Array(16)));
    for (let i = 0; i < 4; i++) {
      const bits = f.keep(i32x4.lane(value, i));
      f.set(result, i32x4.replace(result.get, i, f.keep(lane(f, bits))));
    }
    f.return(result.get);
  });
}

export function defineUnsignedEstimates(w: FloatWriter): void {
  const estimate = (f: FunctionBuilder, name: string, value: X32): X32 =>
    i32.shl(f.call32(w.function(name), i32.shrU(value, 23)), 23);
  // Below a half, and below a quarter, the result does not fit: all ones.
  defineLanes32(w, 'unsignedRecipEstimate', (f, value) =>
    i32.select(i32.geS(value, 0), -1, estimate(f, 'recipTable', value)),
  );
  defineLanes32(w, 'unsignedRecipSqrtEstimate', (f, value) => {
    const large = f.keep(i32.gtU(value, 0x3fff_ffff));
    // The table is for inputs of 128 and more.
    const safe = i32.select(large, value, -1);
    return i32.select(large, estimate(f, 'recipSqrtTable', safe), -1);
  });
}

const magnitude = (format: Format, value: X64): X64 => i64.and(value, format.signBit - 1n);
const exponentField = (format: Format, value: X64): X32 =>
  i32.and(i32.wrap(i64.shrU(value, format.fraction)), format.specialExponent);

function defineRecipEstimate(w: FloatWriter, format: Format): void {
  const { fraction, bias } = format;
  w.define(`recipEstimate${format.bits}`, [I64], [I64], (f) => {
    const value = f.param(I64, 0);
    flushInputs(w, f, format, [value]);
    returnNaN(w, f, format, [value]);
    const sign = f.local(I32);
    f.set(sign, signOf(format, value.get));
    f.if(isInfinite(format, value.get), () => f.return(withSign(format, sign.get, 0n)));
    f.if(isZero(format, value.get), () => {
      w.raise(f, FPSR.DZC);
      f.return(withSign(format, sign.get, format.infinity));
    });
    // Reciprocals of less than 2^-(bias + 1) overflow: a quarter of the least normal number.
    f.if(i64.ltU(magnitude(format, value.get), 1n << BigInt(fraction - 2)), () =>
      returnOverflow(w, f, format, sign.get, f.keep(w.mode())),
    );
    const tiny = i64.geU(magnitude(format, value.get), BigInt(2 * bias - 1) << BigInt(fraction));
    f.if(i32.and(i32.ne(i32.and(w.fpcr(), FPCR.FZ), 0), tiny), () => {
      w.raise(f, FPSR.UFC);
      f.return(withSign(format, sign.get, 0n));
    });
    const exponent = f.local(I32);
    const top = f.local(I64);
    f.set(exponent, exponentField(format, value.get));
    // The fraction with its leading bit at bit 63.
    f.set(top, i64.shl(value.get, 64 - fraction));
    f.if(i32.eqz(exponent.get), () => {
      f.if(
        i64.geS(top.get, 0),
        () => {
          f.set(exponent, i32.const(-1));
          f.set(top, i64.shl(top.get, 2));
        },
        () => f.set(top, i64.shl(top.get, 1)),
      );
    });
    const scaled = i32.or(i32.wrap(i64.shrU(top.get, 56)), 256);
    const estimate = f.call32(w.function('recipTable'), scaled);
    f.set(exponent, i32.sub(2 * bias - 1, exponent.get));
    f.set(top, i64.shl(i64.extendU(estimate), 56));
    // Results that are subnormal have their leading one in the fraction.
    f.if(i32.leS(exponent.get, 0), () => {
      const leading = i64.or(i64.shrU(top.get, 1), 1n << 63n);
      f.set(top, i64.shrU(leading, i64.extendU(i32.neg(exponent.get))));
      f.set(exponent, i32.const(0));
    });
    const bits = i64.or(i64.shl(i64.extendU(exponent.get), fraction), i64.shrU(top.get, 64 - fraction));
    f.return(withSign(format, sign.get, bits));
  });
}

function defineRecipSqrtEstimate(w: FloatWriter, format: Format): void {
  const { fraction, bias } = format;
  w.define(`recipSqrtEstimate${format.bits}`, [I64], [I64], (f) => {
    const value = f.param(I64, 0);
    flushInputs(w, f, format, [value]);
    returnNaN(w, f, format, [value]);
    const sign = signOf(format, value.get);
    f.if(isZero(format, value.get), () => {
      w.raise(f, FPSR.DZC);
      f.return(withSign(format, sign, format.infinity));
    });
    f.if(sign, () => w.invalid(f, format));
    f.if(isInfinite(format, value.get), () => f.return(i64.const(0)));
    const exponent = f.local(I32);
    const top = f.local(I64);
    f.set(exponent, exponentField(format, value.get));
    f.set(top, i64.shl(value.get, 64 - fraction));
    f.if(i32.eqz(exponent.get), () => {
      const zeros = f.local(I64);
      f.set(zeros, i64.clz(top.get));
      f.set(exponent, i32.sub(0, i32.wrap(zeros.get)));
      f.set(top, i64.shl(i64.shl(top.get, zeros.get), 1));
    });
    const byte = i64.shrU(top.get, 56);
    const scaled = i32.select(
      i32.and(exponent.get, 1),
      i32.or(i32.shrU(i32.wrap(byte), 1), 128),
      i32.or(i32.wrap(byte), 256),
    );
    const estimate = f.call32(w.function('recipSqrtTable'), scaled);
    const result = i32.shrS(i32.sub(3 * bias - 1, exponent.get), 1);
    const bits = i64.shrU(i64.shl(i64.extendU(estimate), 56), 64 - fraction);
    f.return(i64.or(i64.shl(i64.extendU(result), fraction), bits));
  });
}

function defineRecipExponent(w: FloatWriter, format: Format): void {
  const { fraction, specialExponent } = format;
  w.define(`recipExponent${format.bits}`, [I64], [I64], (f) => {
    const value = f.param(I64, 0);
    flushInputs(w, f, format, [value]);
    returnNaN(w, f, format, [value]);
    const exponent = f.keep(exponentField(format, value.get));
    const inverted = i32.select(exponent, i32.xor(exponent, specialExponent), specialExponent - 1);
    f.return(withSign(format, signOf(format, value.get), i64.shl(i64.extendU(inverted), fraction)));
  });
}

export function defineEstimates(w: FloatWriter, format: Format): void {
  defineRecipEstimate(w, format);
  defineRecipSqrtEstimate(w, format);
  defineRecipExponent(w, format);
}
