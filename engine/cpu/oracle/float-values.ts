// Floating-point operands and control bits for random programs: the values where formats end and roundings tie (Arm ARM DDI
// 0487, A1.4 to A1.5, C5.2.8 FPCR).
import type { Random } from '../aarch64/table/random.ts';
import { DOUBLE, FPCR, FPSR, HALF, SINGLE } from '../float/format.ts';

export const FPCR_BITS = FPCR.AHP | FPCR.DN | FPCR.FZ | FPCR.MODE;
export const FPSR_BITS = FPSR.IOC | FPSR.DZC | FPSR.OFC | FPSR.UFC | FPSR.IXC | FPSR.IDC | FPSR.QC;
/** With this set inexact results change nothing. */
export const FPSR_INEXACT = FPSR.IXC;

export const BYTE_CORNERS = [0, 1, 2, 7, 8, 9, 0x0f, 0x10, 0x1f, 0x20, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xc0, 0xf8, 0xff];

/** Significands that tie or nearly tie when they are shortened, multiplied or added. */
function fraction(random: Random, bits: number): bigint {
  const ones = (1n << BigInt(bits)) - 1n;
  const at = 1n << BigInt(random.below(bits));
  switch (random.below(6)) {
    case 0:
      return 0n;
    case 1:
      return ones;
    case 2:
      return at;
    case 3:
      return ones ^ (at - 1n);
    case 4:
      return at - 1n;
    default:
      return random.bigint() & ones;
  }
}

/** A number of a format: near one, near the ends of its range, special, or anything. */
export function floatCorner(random: Random, bits: number): bigint {
  const format = [HALF, SINGLE, DOUBLE].find((candidate) => candidate.bits === bits)!;
  const { fraction: width, specialExponent, bias } = format;
  const sign = BigInt(random.below(2)) << BigInt(bits - 1);
  const exponents = [
    () => bias + random.below(9) - 4,
    () => random.below(3),
    () => specialExponent - random.below(3),
    () => bias + width + random.below(7) - 3,
    () => bias + random.pick([7, 8, 15, 16, 31, 32, 63, 64]) - random.below(2),
    () => bias - random.below(width + 4),
    // Where the other formats end.
    () => bias + random.pick([-1075, -1022, -150, -149, -127, -126, -25, -24, -15, -14, 15, 16, 127, 128, 1023]),
    () => (bias >> 1) + random.below(7) - 3,
    () => random.below(specialExponent + 1),
  ];
  const exponent = random.pick(exponents)();
  const field = BigInt(Math.min(specialExponent, Math.max(0, exponent)));
  return sign | (field << BigInt(width)) | fraction(random, width);
}
