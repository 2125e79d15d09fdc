// The locals of a region's WebAssembly function: guest registers, where memory is, and the flags.
import type { FlagSource } from '../core/flags.ts';
import type { Expression, X32, X64 } from '../wasm/expression.ts';
import { I32, I64, i32, i64, isExtended, isLocal, isWrapped } from '../wasm/expression.ts';
import type { FunctionBuilder, L32, L64 } from '../wasm/function.ts';

export class RegionLocals {
  private readonly f: FunctionBuilder;
  private readonly registers: (L64 | undefined)[] = [];
  private readonly lowerHalves: (L32 | undefined)[] = [];
  /** Registers that their 32-bit locals hold at the running point. */
  narrow = 0;
  private readonly bits = new Map<Expression, number>();
  /** Data TLB of the exception level, and its linear range. */
  readonly tlb: L32;
  readonly rangeMinusFirst: L64;
  readonly rangeBytes: L64;
  readonly rangeHost: L32;
  /** Virtual address of the page. */
  readonly page: L64;
  /** Flags where nothing else says how they were set: which LAZY kind, and its operands. */
  readonly flagKind: L32;
  readonly flagA: L64;
  readonly flagB: L64;
  readonly n: L64;
  readonly z: L64;
  readonly c: L32;
  readonly v: L64;

  constructor(f: FunctionBuilder) {
    this.f = f;
    this.tlb = f.local(I32);
    this.rangeMinusFirst = f.local(I64);
    this.rangeBytes = f.local(I64);
    this.rangeHost = f.local(I32);
    this.page = f.local(I64);
    this.flagKind = f.local(I32);
    this.flagA = f.local(I64);
    this.flagB = f.local(I64);
    this.n = f.local(I64);
    this.z = f.local(I64);
    this.c = f.local(I32);
    this.v = f.local(I64);
  }

  private register(bit: number): L64 {
    let local = this.registers[bit];
    if (!local) {
      local = this.registers[bit] = this.f.local(I64);
      this.bits.set(local.get, bit);
    }
    return local;
  }
  private lowerHalf(bit: number): L32 {
    let local = this.lowerHalves[bit];
    if (!local) {
      local = this.lowerHalves[bit] = this.f.local(I32);
      this.bits.set(local.get, bit);
    }
    return local;
  }

  private isNarrow(bit: number): boolean {
    return ((this.narrow >>> bit) & 1) !== 0;
  }
  /** A register, by its bit; `narrow`: its 32-bit local holds it. */
  read(bit: number, narrow = this.isNarrow(bit)): X64 {
    return narrow ? i64.extendU(this.lowerHalf(bit).get) : this.register(bit).get;
  }
  readLower(bit: number, narrow = this.isNarrow(bit)): X32 {
    return narrow ? this.lowerHalf(bit).get : i32.wrap(this.register(bit).get);
  }
  /** Writes a register; `narrow`: the upper half of the value is zero, and is not kept. */
  write(f: FunctionBuilder, bit: number, value: X64, narrow = false): void {
    this.narrow = narrow ? this.narrow | (1 << bit) : this.narrow & ~(1 << bit);
    if (!narrow) f.set(this.register(bit), value);
    else f.set(this.lowerHalf(bit), isExtended(value) ? (value.a as X32) : i32.wrap(value));
  }
  /** Gives those registers of a set to their 64-bit locals that 32-bit ones hold, for who looks there. */
  widen(f: FunctionBuilder, set: number): void {
    for (const bit of bitsOf(set & this.narrow)) f.set(this.register(bit), this.read(bit));
  }

  /** The register whose value, or lower half, a local is read for; undefined for other locals. */
  bitOf(read: Expression): number | undefined {
    return this.bits.get(read);
  }
  /** Which register an expression reads, and how much of it; undefined for other expressions. */
  partOf(expression: Expression): string | undefined {
    const inner = isExtended(expression) || isWrapped(expression) ? expression.a! : expression;
    const bit = isLocal(inner) ? this.bits.get(inner) : undefined;
    if (bit === undefined) return undefined;
    // A 32-bit local has all of its register.
    return `${bit} ${expression.type === I64 ? 'whole' : 'lower'}`;
  }

  get explicitFlags(): FlagSource {
    return { n: () => this.n.get, z: () => this.z.get, c: () => this.c.get, v: () => this.v.get };
  }
}

/** Bits of a register set, from the lowest on. Asked for at every way out of every block: most sets are empty. */
export function bitsOf(set: number): number[] {
  const bits: number[] = [];
  for (let rest = set; rest !== 0; rest &= rest - 1) bits.push(31 - Math.clz32(rest & -rest));
  return bits;
}
