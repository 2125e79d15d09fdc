// Formats and control bits of Arm floating point (Arm ARM DDI 0487, A1.4.2 to A1.5, C5.2.8 FPCR, C5.2.9 FPSR).

/** A binary interchange format of IEEE 754-2008. */
export interface Format {
  readonly bits: 16 | 32 | 64;
  /** Bits of the fraction, without the leading one. */
  readonly fraction: number;
  /** Exponent field of infinities and NaNs. */
  readonly specialExponent: number;
  readonly bias: number;
  readonly signBit: bigint;
  /** Clear in signalling NaNs. */
  readonly quietBit: bigint;
  readonly infinity: bigint;
  readonly defaultNaN: bigint;
  /** The number of largest magnitude. */
  readonly largest: bigint;
}

function format(bits: Format['bits'], fraction: number): Format {
  const exponentBits = bits - 1 - fraction;
  const specialExponent = 2 ** exponentBits - 1;
  const infinity = BigInt(specialExponent) << BigInt(fraction);
  const quietBit = 1n << BigInt(fraction - 1);
  return {
    bits,
    fraction,
    specialExponent,
    bias: 2 ** (exponentBits - 1) - 1,
    signBit: 1n << BigInt(bits - 1),
    quietBit,
    infinity,
    defaultNaN: infinity | quietBit,
    largest: infinity - 1n,
  };
}

export const HALF = format(16, 10);
export const SINGLE = format(32, 23);
export const DOUBLE = format(64, 52);

/** Cumulative exception bits. */
export const FPSR = { IOC: 1, DZC: 2, OFC: 4, UFC: 8, IXC: 16, IDC: 128, QC: 1 << 27 } as const;
/** RMode lies in bits 23:22. */
export const FPCR = { AHP: 1 << 26, DN: 1 << 25, FZ: 1 << 24, MODE: 3 << 22, MODE_SHIFT: 22 } as const;

/** Rounding modes: the four of FPCR.RMode by its values, and two that only instructions ask for. */
export const ROUNDING = { TIE_EVEN: 0, UP: 1, DOWN: 2, ZERO: 3, TIE_AWAY: 4, ODD: 5 } as const;
