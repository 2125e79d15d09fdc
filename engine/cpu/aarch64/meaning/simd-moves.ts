// Meanings of the SIMD instructions that move and combine bits (Arm ARM DDI 0487, C7.2).
import type { X64, XV } from '../../wasm/expression.ts';
import { i32, i64, v128 } from '../../wasm/expression.ts';
import type { Meaning, Operations } from './operations.ts';

const simd: Record<string, Meaning> = {};

/** A 64-bit pattern into both halves, or into the lower with the upper cleared. */
function writeHalves(o: Operations, q: number, value: X64): void {
  o.writeVectorLow('d', value);
  if (q === 1) o.writeLane('d', 3, value, 8);
}

for (const form of ['32-bit shifted', '16-bit shifted', '32-bit shifting ones'])
  for (const name of ['MOVI', 'MVNI'])
    simd[`${name} (${form})`] = (o, s) => writeHalves(o, s.Q!, o.keep(o.immediate64('imm')));
simd['MOVI (8-bit)'] = (o, s) => writeHalves(o, s.Q!, o.keep(o.immediate64('imm')));
simd['MOVI (64-bit)'] = simd['MOVI (8-bit)'];
simd['FMOV (vector, immediate, single)'] = simd['MOVI (8-bit)'];
simd['FMOV (vector, immediate, double)'] = (o) => writeHalves(o, 1, o.keep(o.immediate64('imm')));

for (const [name, combine] of [
  ['ORR', (a: X64, b: X64) => i64.or(a, b)],
  ['BIC', (a: X64, b: X64) => i64.and(a, i64.not(b))],
] as const)
  for (const form of ['32-bit', '16-bit'])
    simd[`${name} (vector, immediate, ${form})`] = (o, s) => {
      const imm = o.keep(o.immediate64('imm'));
      const high = o.readLane('d', 3, 8);
      o.writeVectorLow('d', combine(o.readVectorLow('d'), imm));
      if (s.Q === 1) o.writeLane('d', 3, combine(high, imm), 8);
    };

const splat = (value: X64, scale: number): XV =>
  scale === 3 ? v128.splat64(value) : [v128.splat8, v128.splat16, v128.splat32][scale]!(i32.wrap(value));

['B', 'H', 'S', 'D'].forEach((letter, scale) => {
  simd[`DUP (element ${letter})`] = (o, s) => o.writeVectorSized('d', s.Q!, splat(o.readLane('n', scale), scale));
  simd[`DUP (scalar ${letter})`] = (o) => o.writeVectorLow('d', o.readLane('n', scale));
  simd[`DUP (general ${letter})`] = (o, s) => o.writeVectorSized('d', s.Q!, splat(o.x.read('n') as X64, scale));
  simd[`INS (general ${letter})`] = (o) => o.writeLane('d', scale, o.x.read('n') as X64);
  simd[`INS (element ${letter})`] = (o) => o.writeLane('d', scale, o.readLane('n', scale));
  simd[`UMOV (${letter})`] = (o) => o.x.write('d', o.readLane('n', scale));
  simd[`SMOV (${letter})`] = (o, s) => {
    const value = [i64.extend8s, i64.extend16s, i64.extend32s][scale]!(o.readLane('n', scale));
    o.x.write('d', s.Q === 1 ? value : i64.and(value, 0xffff_ffff));
  };
});

const BITWISE: Record<string, (d: () => XV, n: XV, m: XV) => XV> = {
  AND: (_, n, m) => v128.and(n, m),
  BIC: (_, n, m) => v128.andnot(n, m),
  ORR: (_, n, m) => v128.or(n, m),
  ORN: (_, n, m) => v128.or(n, v128.not(m)),
  EOR: (_, n, m) => v128.xor(n, m),
  BSL: (d, n, m) => v128.bitselect(n, m, d()),
  BIT: (d, n, m) => v128.bitselect(n, d(), m),
  BIF: (d, n, m) => v128.bitselect(d(), n, m),
};
for (const [name, combine] of Object.entries(BITWISE))
  simd[`${name} (vector)`] = (o, s) =>
    o.writeVectorSized(
      'd',
      s.Q!,
      combine(() => o.readVector('d'), o.readVector('n'), o.readVector('m')),
    );
simd['NOT (vector)'] = (o, s) => o.writeVectorSized('d', s.Q!, v128.not(o.readVector('n')));

simd.EXT = (o, s) => {
  // Bytes of m:n from a position on; the 64-bit form joins the lower halves.
  const bytes = s.Q === 1 ? 16 : 8;
  const lanes = Array.from({ length: 16 }, (_, i) => {
    const byte = (s.imm4! + (i % bytes)) % (2 * bytes);
    return byte < bytes ? byte : 16 + byte - bytes;
  });
  o.writeVectorSized('d', s.Q!, v128.shuffle(o.readVector('n'), o.readVector('m'), lanes));
};

/** Element numbers of the result: below `count` from n, others from m. */
const PERMUTATIONS: Record<string, (i: number, count: number) => number> = {
  UZP1: (i) => 2 * i,
  UZP2: (i) => 2 * i + 1,
  TRN1: (i, count) => (i & ~1) + (i & 1 ? count : 0),
  TRN2: (i, count) => (i | 1) + (i & 1 ? count : 0),
  ZIP1: (i, count) => (i >> 1) + (i & 1 ? count : 0),
  ZIP2: (i, count) => (i >> 1) + count / 2 + (i & 1 ? count : 0),
};
for (const [name, element] of Object.entries(PERMUTATIONS))
  simd[name] = (o, s) => {
    const size = 1 << s.size!;
    const bytes = s.Q === 1 ? 16 : 8;
    const count = bytes / size;
    const lanes = Array.from({ length: 16 }, (_, byte) => {
      const within = byte % bytes;
      const chosen = element(Math.floor(within / size), count);
      const from = chosen < count ? chosen * size : 16 + (chosen - count) * size;
      return from + (within % size);
    });
    o.writeVectorSized('d', s.Q!, v128.shuffle(o.readVector('n'), o.readVector('m'), lanes));
  };

simd['FMOV (register S)'] = (o) => o.writeVectorLow('d', o.readLane('n', 2));
simd['FMOV (register D)'] = (o) => o.writeVectorLow('d', o.readVectorLow('n'));
simd['FMOV (immediate S)'] = (o) => o.writeVectorLow('d', i64.and(o.immediate64('imm'), 0xffff_ffff));
simd['FMOV (immediate D)'] = (o) => o.writeVectorLow('d', o.immediate64('imm'));
simd['FMOV (Wd, Sn)'] = (o) => o.x.write('d', o.readLane('n', 2));
simd['FMOV (Xd, Dn)'] = (o) => o.x.write('d', o.readVectorLow('n'));
simd['FMOV (Xd, Vn.D[1])'] = (o) => o.x.write('d', o.readLane('n', 3, 8));
simd['FMOV (Sd, Wn)'] = (o) => o.writeVectorLow('d', i64.extendU(i32.wrap(o.x.read('n') as X64)));
simd['FMOV (Dd, Xn)'] = (o) => o.writeVectorLow('d', o.x.read('n') as X64);
simd['FMOV (Vd.D[1], Xn)'] = (o) => o.writeLane('d', 3, o.x.read('n') as X64, 8);

export const SIMD_MOVE_MEANINGS: Readonly<Record<string, Meaning>> = simd;
