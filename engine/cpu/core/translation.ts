// Stage 1 translation of EL1&0 (Arm ARM DDI 0487, D8) and the guest-physical address map behind it. Granules of 4, 16 and
// 64 KiB, any start level, hierarchical permissions, access flag, PAN and WXN. The TLBs cache 4 KiB pieces of the result,
// so contiguous entries and blocks need no more than the walk.
import { SCTLR } from '../aarch64/system/registers.ts';
import type { X32, X64 } from '../wasm/expression.ts';
import { I32, I64, i32, i64 } from '../wasm/expression.ts';
import type { FunctionBuilder } from '../wasm/function.ts';
import { EXCEPTION_CLASS, FAULT, PSTATE, syndrome } from './exceptions.ts';
import { LARGE_MAP, SEGMENT, TRANSLATED } from './layout.ts';
import type { ServiceContext } from './services.ts';
import { PERMIT } from './services.ts';
import { StateAccess } from './state.ts';

/** Most bits of a virtual address, without its tag. */
const ADDRESS_BITS = 48;
/** Descriptor bits (D8.3). */
const VALID = 1;
const TABLE = 2;
const ACCESS_FLAG = 1 << 10;
/** Upper descriptor bits, after shifting right by 32. */
const UXN = 1 << 22;
const PXN = 1 << 21;

export function defineTranslation(context: ServiceContext): void {
  const { module, services } = context;

  /** (address): finds its segment; sets translatedKind and, for RAM and ROM, translatedHost (the exact byte). */
  const lookUp = module.declare('lookUp', [I64]);
  module.define(lookUp, (f) => {
    const state = new StateAccess(f);
    const address = f.param(I64, 0).get;
    const low = f.local(I32);
    const high = f.local(I32);
    const entry = f.local(I32);
    f.set(low, 0);
    f.set(high, state.get32('segmentCount'));
    f.block((missing) => {
      f.loop((again) => {
        f.brIf(missing, i32.geU(low.get, high.get));
        const middle = f.keep(i32.shrU(i32.add(low.get, high.get), 1));
        f.set(entry, i32.add(state.get32('segments'), i32.mul(middle, SEGMENT.SIZE)));
        f.if(i64.ltU(address, i64.load(entry.get, SEGMENT.FIRST)), () => {
          f.set(high, middle);
          f.br(again);
        });
        f.if(i64.gtU(address, i64.load(entry.get, SEGMENT.LAST)), () => {
          f.set(low, i32.add(middle, 1));
          f.br(again);
        });
        const distance = i32.wrap(i64.sub(address, i64.load(entry.get, SEGMENT.FIRST)));
        state.set32('translatedSegment', entry.get);
        state.set32('translatedHost', i32.add(i32.load(entry.get, SEGMENT.HOST), distance));
        state.set32(
          'translatedKind',
          i32.select(i32.load(entry.get, SEGMENT.WRITABLE), TRANSLATED.RAM, TRANSLATED.ROM),
        );
        f.return();
      });
    });
    state.set32('translatedKind', TRANSLATED.OUTSIDE);
  });

  module.define(services.translate, (f) => {
    const state = new StateAccess(f);
    const va = f.param(I64, 0).get;
    const want = f.param(I32, 1).get;
    const user = f.param(I32, 2).get;
    const level = f.local(I32);
    const fail = (code: number, atLevel: X32 | number): void => {
      state.set32('faultStatus', i32.add(atLevel, code));
      f.return(i32.const(1));
    };
    const lowerHalf = f.keep(i32.eqz(i32.and(i32.wrap(i64.shrU(va, 55)), 1)));
    const control = f.keep(state.system('TCR_EL1'));
    const topByteIgnored = f.keep(i32.and(i32.wrap(i64.shrU(control, i64.select(lowerHalf, 37, 38))), 1));

    f.if(state.get32('translationOff'), () => {
      // Flat, everything allowed; bits above the implemented physical size must be zero (AArch64.S1DisabledOutput).
      const ignored = i64.select(topByteIgnored, 8, 0);
      const significant = f.keep(i64.shrU(i64.shl(va, ignored), ignored));
      f.if(i64.ne(i64.shrU(significant, i64.extendU(state.get32('physicalBits'))), 0), () =>
        fail(FAULT.ADDRESS_SIZE, 0),
      );
      state.set64('translatedAddress', significant);
      state.set32('translatedShift', ADDRESS_BITS);
      state.set32('translatedAttributes', PERMIT.READ | PERMIT.WRITE | PERMIT.EXECUTE);
      // Device memory, but see "unaligned without translation" in ../aarch64/choices.ts.
      state.set32('translatedDevice', 0);
      f.call(lookUp, significant);
      f.return(i32.const(0));
    });

    // Fields of TCR_EL1 for the half of the address space: T0SZ, EPD0, TG0 or T1SZ, EPD1, TG1.
    const half = f.keep(i32.wrap(i64.shrU(control, i64.select(lowerHalf, 0, 16))));
    const rawSize = f.keep(i32.and(half, 63));
    f.if(i32.gtU(i32.sub(rawSize, 16), 39 - 16), () => fail(FAULT.TRANSLATION, 0));
    const inputSize = f.keep(i32.sub(64, rawSize));
    const granuleField = f.keep(i32.and(i32.shrU(half, 14), 3));
    const granule = f.keep(granuleBits(granuleField, lowerHalf));
    const stride = f.keep(i32.sub(granule, 3));

    // The bits between the input size and the top must all equal bit 55.
    const ignored = i64.select(topByteIgnored, 8, 0);
    const upper = f.keep(i64.shrS(i64.shl(va, ignored), ignored));
    const above = f.keep(i64.shrS(upper, i64.extendU(inputSize)));
    const expected = i64.select(lowerHalf, 0, -1);
    f.if(i64.ne(above, expected), () => fail(FAULT.TRANSLATION, 0));
    f.if(i32.and(i32.shrU(half, 7), 1), () => fail(FAULT.TRANSLATION, 0));

    const physicalBits = f.keep(outputBits(f, control, state));
    const tooBig = (address: X64): X32 => i64.ne(i64.shrU(address, i64.extendU(physicalBits)), 0);

    const table = f.local(I64);
    const shift = f.local(I32);
    const descriptor = f.local(I64);
    /** APTable, XNTable and PXNTable seen so far, as upper descriptor bits. */
    const inherited = f.local(I32);
    f.set(inherited, 0);
    // Levels are counted so that each resolves `stride` bits and the last one ends at the granule.
    const levels = i32.divU(i32.sub(i32.add(i32.sub(inputSize, granule), stride), 1), stride);
    f.set(level, i32.sub(4, levels));
    f.set(shift, i32.add(granule, i32.mul(stride, i32.sub(3, level.get))));
    const indexBits = f.local(I32);
    f.set(indexBits, i32.sub(inputSize, shift.get));
    const base = f.keep(
      i64.and(i64.select(lowerHalf, state.system('TTBR0_EL1'), state.system('TTBR1_EL1')), 0xffff_ffff_fffen),
    );
    // The table is aligned to its size.
    const tableBits = f.keep(i64.extendU(i32.add(indexBits.get, 3)));
    f.set(table, i64.shl(i64.shrU(base, tableBits), tableBits));
    f.if(tooBig(base), () => fail(FAULT.ADDRESS_SIZE, 0));

    f.block((found) => {
      f.loop((next) => {
        const mask = i64.sub(i64.shl(1, i64.extendU(indexBits.get)), 1);
        const index = i64.and(i64.shrU(va, i64.extendU(shift.get)), mask);
        f.call(lookUp, i64.add(table.get, i64.shl(index, 3)));
        f.if(i32.eqz(state.get32('translatedKind')), () => fail(FAULT.EXTERNAL_ON_WALK, level.get));
        f.set(descriptor, i64.load(state.get32('translatedHost')));
        const low = f.keep(i32.wrap(descriptor.get));
        f.if(i32.eqz(i32.and(low, VALID)), () => fail(FAULT.TRANSLATION, level.get));
        f.if(
          i32.eq(level.get, 3),
          () => {
            f.if(i32.eqz(i32.and(low, TABLE)), () => fail(FAULT.TRANSLATION, level.get));
            f.br(found);
          },
          () =>
            f.if(i32.eqz(i32.and(low, TABLE)), () => {
              // Blocks: level 1 only with 4 KiB granules, level 2 always.
              const allowed = i32.or(i32.eq(level.get, 2), i32.and(i32.eq(level.get, 1), i32.eq(granule, 12)));
              f.if(i32.eqz(allowed), () => fail(FAULT.TRANSLATION, level.get));
              f.br(found);
            }),
        );
        f.set(inherited, i32.or(inherited.get, i32.wrap(i64.shrU(descriptor.get, 32))));
        f.set(table, addressBits(descriptor.get, i64.extendU(granule)));
        f.if(tooBig(table.get), () => fail(FAULT.ADDRESS_SIZE, level.get));
        f.set(indexBits, stride);
        f.set(shift, i32.sub(shift.get, stride));
        f.set(level, i32.add(level.get, 1));
        f.br(next);
      });
    });

    const shift64 = f.keep(i64.extendU(shift.get));
    const output = f.keep(addressBits(descriptor.get, shift64));
    f.if(tooBig(output), () => fail(FAULT.ADDRESS_SIZE, level.get));
    const low = f.keep(i32.wrap(descriptor.get));
    const high = f.keep(i32.wrap(i64.shrU(descriptor.get, 32)));
    f.if(i32.eqz(i32.and(low, ACCESS_FLAG)), () => fail(FAULT.ACCESS_FLAG, level.get));

    // AP[2] read-only or APTable[1]; AP[1] EL0 may, unless APTable[0] (D8.4).
    const readOnly = f.keep(i32.and(i32.or(i32.shrU(low, 7), i32.shrU(inherited.get, 30)), 1));
    const el0 = f.keep(i32.and(i32.and(i32.shrU(low, 6), i32.xor(i32.shrU(inherited.get, 29), 1)), 1));
    const el0Writes = f.keep(i32.and(el0, i32.xor(readOnly, 1)));
    const uxn = i32.ne(i32.or(i32.and(high, UXN), i32.and(inherited.get, 1 << 28)), 0);
    const pxn = i32.or(i32.ne(i32.or(i32.and(high, PXN), i32.and(inherited.get, 1 << 27)), 0), el0Writes);
    const panned = i32.and(el0, i32.ne(i32.and(state.get32('pstate'), PSTATE.PAN), 0));
    const mayAccess = f.keep(i32.select(user, el0, i32.eqz(panned)));
    const mayWrite = f.keep(i32.and(mayAccess, i32.xor(readOnly, 1)));
    const writableNever = i32.and(i32.ne(i32.and(state.system32('SCTLR_EL1'), SCTLR.WXN), 0), mayWrite);
    const never = i32.or(i32.select(user, uxn, pxn), writableNever);
    const permissions = f.keep(i32.or(i32.or(mayAccess, i32.shl(mayWrite, 1)), i32.shl(i32.eqz(never), 2)));
    state.set32('translatedAttributes', permissions);
    state.set32('translatedMemory', i32.and(low, 0xb1c));
    state.set32('translatedDevice', i64.eqz(i64.and(memoryAttributes(state), 0xf0)));
    f.if(i32.eqz(i32.and(permissions, want)), () => fail(FAULT.PERMISSION, level.get));

    // Larger than a page: invalidating one address must find all its pages.
    f.if(i32.gtU(shift.get, 12), () => {
      const mark = (start: number, number: X64, count: number): void => {
        const bit = f.keep(i32.and(i32.wrap(number), count - 1));
        const byte = f.keep(i32.add(i32.add(state.get32('largeMap'), start), i32.shrU(bit, 3)));
        f.store8(byte, 0, i32.or(i32.load8u(byte), i32.shl(1, i32.and(bit, 7))));
      };
      mark(0, i64.shrU(va, LARGE_MAP.SHIFT), LARGE_MAP.BITS);
      f.if(i32.gtU(shift.get, LARGE_MAP.SHIFT), () =>
        mark(LARGE_MAP.BITS / 8, i64.shrU(va, LARGE_MAP.HUGE_SHIFT), LARGE_MAP.HUGE_BITS),
      );
    });

    const within = i64.sub(i64.shl(1, shift64), 1);
    const address = f.keep(i64.or(output, i64.and(va, within)));
    state.set64('translatedAddress', address);
    state.set32('translatedShift', shift.get);
    f.call(lookUp, address);
    f.return(i32.const(0));
  });
}

/** Data abort from EL1 with ISS.CM and WnR. */
const WALK_ABORT = syndrome(EXCEPTION_CLASS.DATA_ABORT + 1, (1 << 8) | (1 << 6));
const PAR_NON_SECURE = 1 << 9;
const PAR_RES1 = 1 << 11;

/** AT: PAR_EL1 holds the frame and its attributes, or F = 1 and the fault status (D17.2.105). Returns 1 if it aborted. */
export function defineAddressTranslation({ module, services }: ServiceContext): void {
  module.define(services.addressTranslation, (f) => {
    const state = new StateAccess(f);
    const [lo, hi, write, user] = [0, 1, 2, 3].map((i) => f.param(I32, i).get) as [X32, X32, X32, X32];
    const va = i64.or(i64.extendU(lo), i64.shl(i64.extendU(hi), 32));
    f.if(
      f.call32(services.translate, va, i32.add(write, PERMIT.READ), user),
      () => {
        const status = f.keep(state.get32('faultStatus'));
        // Where the walk itself meets no memory the instruction aborts (D8.2.12).
        f.if(i32.eq(i32.and(status, ~3), FAULT.EXTERNAL_ON_WALK), () => {
          f.call(services.raiseAt, i32.or(status, WALK_ABORT), va);
          f.return(i32.const(1));
        });
        // F, FST in bits 6:1, bit 11 RES1.
        state.setSystem('PAR_EL1', i64.extendU(i32.or(i32.shl(status, 1), PAR_RES1 | 1)));
      },
      () => {
        const memory = f.keep(state.get32('translatedMemory'));
        // Without translation, data is Device-nGnRnE (D8.2.10).
        const attributeByte = i64.select(state.get32('translationOff'), 0, memoryAttributes(state));
        const share = i64.select(state.get32('translationOff'), 2, i64.extendU(i32.and(i32.shrU(memory, 8), 3)));
        const frame = i64.and(state.get64('translatedAddress'), 0xffff_ffff_f000n);
        const attributes = i64.or(i64.shl(attributeByte, 56), i64.shl(share, 7));
        state.setSystem('PAR_EL1', i64.or(i64.or(frame, attributes), PAR_NON_SECURE | PAR_RES1));
      },
    );
    f.return(i32.const(0));
  });
}

/** The byte of MAIR_EL1 that the last descriptor's AttrIndx chooses. */
const memoryAttributes = (state: StateAccess): X64 => {
  const index = i32.and(i32.shrU(state.get32('translatedMemory'), 2), 7);
  return i64.and(i64.shrU(state.system('MAIR_EL1'), i64.extendU(i32.shl(index, 3))), 0xff);
};

/** Bits 47 down to `from` of a descriptor. */
const addressBits = (descriptor: X64, from: X64): X64 =>
  i64.and(descriptor, i64.sub(i64.const(1n << 48n), i64.shl(1, from)));

/** TG0 0: 4K, 1: 64K, 2: 16K; TG1 1: 16K, 2: 4K, 3: 64K; reserved values mean 4K. */
function granuleBits(field: X32, lowerHalf: X32): X32 {
  // One byte a value of the field, TG0 in the low half of the constant.
  const bits = i64.select(lowerHalf, 0x0c0e_100cn, 0x100c_0e0cn);
  return i32.and(i32.wrap(i64.shrU(bits, i64.extendU(i32.shl(field, 3)))), 31);
}

/** The smaller of TCR_EL1.IPS and the implemented physical size, in bits. */
function outputBits(f: FunctionBuilder, control: X64, state: StateAccess): X32 {
  const ips = i32.and(i32.wrap(i64.shrU(control, 32)), 7);
  // 32, 36, 40, 42, 44, 48 bits; reserved values count as 48.
  const bits = f.keep(i32.and(i32.wrap(i64.shrU(i64.const(0x3030_302c_2a28_2420n), i64.extendU(i32.shl(ips, 3)))), 63));
  const implemented = f.keep(state.get32('physicalBits'));
  return i32.select(i32.ltU(bits, implemented), bits, implemented);
}
