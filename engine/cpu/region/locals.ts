// The locals of a region's WebAssembly function: guest registers, where memory is, and the flags.
import type { FlagSource } from '../core/flags.ts';
import type { Expression } from '../wasm/expression.ts';
import { I32, I64 } from '../wasm/expression.ts';
import type { FunctionBuilder, L32, L64 } from '../wasm/function.ts';

export class RegionLocals {
  private readonly f: FunctionBuilder;
  private readonly registers: (L64 | undefined)[] = [];
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

  /** Local of a register, by its bit. */
  register(bit: number): L64 {
    let local = this.registers[bit];
    if (!local) {
      local = this.registers[bit] = this.f.local(I64);
      this.bits.set(local.get, bit);
    }
    return local;
  }
  /** The register whose value a local is read for; undefined for other locals. */
  bitOf(read: Expression): number | undefined {
    return this.bits.get(read);
  }

  get explicitFlags(): FlagSource {
    return { n: () => this.n.get, z: () => this.z.get, c: () => this.c.get, v: () => this.v.get };
  }
}
