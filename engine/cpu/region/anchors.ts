// Accesses off one base share a look at the TLB: where an address was found, others a little above it need no more than to
// be in the same page. Addresses are followed through a block as a root (what a register held at its start, or anything
// that was computed) and a constant distance from it.
import type { Expression } from '../wasm/expression.ts';
import { I32, isConstant, isLocal } from '../wasm/expression.ts';
import type { FunctionBuilder, L32 } from '../wasm/function.ts';
import type { RegionLocals } from './locals.ts';

/** Where an address lies. */
export interface Place {
  readonly root: number;
  readonly offset: number;
}

/** An address whose host address the TLB said, or known to be elsewhere. */
export interface Anchor extends Place {
  /** Host address, or what stands for one that the TLB does not have. */
  readonly host: L32;
  /** Stores may go there. */
  readonly stores: boolean;
}

const I64_ADD = 0x7c;
const I64_SUB = 0x7d;
/** Anchors at a time: each may take a register of the host. */
const ANCHORS = 4;
/** Roots of registers are their bits; others come behind them. */
const FIRST_ROOT = 32;
const FARTHEST = 0x10000;
/** Bytes behind an anchor that accesses may share it for: more are seldom in its page. */
const REACH = 512;

export class Anchors {
  private readonly f: FunctionBuilder;
  private readonly locals: RegionLocals;
  private readonly hosts: L32[] = [];
  private anchors: Anchor[] = [];
  private readonly registers = new Map<number, Place>();
  /** Of values kept in temporaries while the instruction is written. */
  private readonly temporaries = new Map<Expression, Place>();
  private roots = FIRST_ROOT;

  constructor(f: FunctionBuilder, locals: RegionLocals) {
    this.f = f;
    this.locals = locals;
  }

  /** Nothing is known any more: several ways meet, or code ran that may have changed where memory is. */
  forget(): void {
    this.anchors = [];
    this.registers.clear();
    this.temporaries.clear();
  }

  /** Another instruction: the temporaries of the one before are used again. */
  next(): void {
    this.temporaries.clear();
  }

  /** Where the value of an expression lies, if that is known. */
  placeOf(value: Expression): Place | undefined {
    if (isLocal(value)) {
      const bit = this.locals.bitOf(value);
      return bit === undefined ? this.temporaries.get(value) : (this.registers.get(bit) ?? { root: bit, offset: 0 });
    }
    if ((value.op !== I64_ADD && value.op !== I64_SUB) || !value.b || !isConstant(value.b)) return undefined;
    const distance = smallConstant(value.b);
    const base = distance === undefined ? undefined : this.placeOf(value.a!);
    return base && { root: base.root, offset: base.offset + (value.op === I64_ADD ? distance! : -distance!) };
  }

  /** A value was put into a temporary. */
  kept(temporary: Expression, value: Expression): void {
    const place = this.placeOf(value);
    if (place) this.temporaries.set(temporary, place);
  }

  /** A register was written. */
  written(bit: number, place: Place | undefined): void {
    this.registers.set(bit, place ?? { root: this.roots++, offset: 0 });
  }

  /** An anchor not far below an access. */
  find(place: Place, bytes: number, write: boolean): Anchor | undefined {
    return this.anchors.find(
      ({ root, offset, stores }) =>
        root === place.root && place.offset >= offset && place.offset - offset + bytes <= REACH && (stores || !write),
    );
  }

  /** Makes an anchor of a place; the caller sets its host address on every way. */
  drop(place: Place, stores: boolean): L32 {
    const taken = this.anchors.length < ANCHORS ? undefined : this.anchors.shift();
    const host = taken?.host ?? this.freeHost();
    this.anchors.push({ ...place, host, stores });
    return host;
  }

  private freeHost(): L32 {
    const free = this.hosts.find((host) => !this.anchors.some((anchor) => anchor.host === host));
    if (free) return free;
    const host = this.f.local(I32);
    this.hosts.push(host);
    return host;
  }
}

/** A 64-bit constant near zero. */
function smallConstant({ k, hi }: Expression): number | undefined {
  const low = k | 0;
  return low >> 31 === (hi | 0) && Math.abs(low) < FARTHEST ? low : undefined;
}
