// The ways out of a region: what is stored where control leaves, and how it finds the record that it goes on with. Where it
// leaves, and why, is the writer's.
import { CODE_LAYOUT, CODE_TLB, RECORD_SIZE, REGION_HANDLER, STATE } from '../core/layout.ts';
import { LAZY } from '../core/lazy-flags.ts';
import { StateAccess } from '../core/state.ts';
import { REGION, RETURNED } from '../interpreter/loop.ts';
import type { In32, X32, X64 } from '../wasm/expression.ts';
import { I32, I64, i32, i64 } from '../wasm/expression.ts';
import type { FunctionBuilder, L32 } from '../wasm/function.ts';
import { inPage } from './blocks.ts';
import type { FlowBlock } from './flow.ts';
import type { RegionOperations, RegionServices } from './operations.ts';

export interface RegionPlace {
  /** Records of the code page. */
  readonly records: number;
  /** Offset of the entry in the page. */
  readonly entry: number;
  /** Most memory that is accessed lies in the linear range. */
  readonly ranged: boolean;
}

/** What must be stored where control leaves behind a block. */
export interface Exit {
  readonly block: FlowBlock;
  readonly dirty: number;
  readonly flagsDirty: boolean;
}

export class WaysOut {
  private readonly f: FunctionBuilder;
  private readonly place: RegionPlace;
  private readonly services: RegionServices;
  private readonly operations: RegionOperations;
  private readonly state: StateAccess;
  /** What is left of the budget. */
  readonly left: L32;
  /** How many regions wait for this one to return. */
  readonly depth: X32;
  /** Where the region that called this one expects the return. */
  readonly back: X64;

  constructor(f: FunctionBuilder, place: RegionPlace, services: RegionServices, operations: RegionOperations) {
    this.f = f;
    this.place = place;
    this.services = services;
    this.operations = operations;
    this.state = new StateAccess(f);
    this.left = f.param(I32, 1);
    this.depth = f.param(I32, 2).get;
    this.back = f.param(I64, 3).get;
  }

  /** The record of an offset in the page. */
  record(offset: number): number {
    return this.place.records + offset * (RECORD_SIZE / 4);
  }
  /** Guest-virtual address of an offset from the page's start. */
  address(offset: number): X64 {
    return i64.add(this.operations.locals.page.get, offset);
  }

  storeAll(exit: Exit): void {
    this.operations.storeRegisters(exit.dirty);
    this.storeFlags(exit.flagsDirty);
  }

  storeFlags(dirty: boolean): void {
    const { flagState } = this.operations;
    const { known, values } = flagState;
    if (!dirty || known === LAZY.STORED) return;
    if (known === 'dynamic') {
      flagState.gather();
      this.storeUnknownFlags();
    } else if (known === LAZY.EXPLICIT) this.storeExplicitFlags();
    else this.storeLazyFlags(known, values);
  }

  /** Stores flags of which only the locals know how they were set. */
  storeUnknownFlags(): void {
    const { f, operations } = this;
    const { locals } = operations;
    f.if(locals.flagKind.get, () =>
      f.if(
        i32.eq(locals.flagKind.get, LAZY.EXPLICIT),
        () => this.storeExplicitFlags(),
        () => this.storeLazyFlags(locals.flagKind.get, { a: locals.flagA.get, b: locals.flagB.get }),
      ),
    );
  }

  private storeExplicitFlags(): void {
    this.state.setFlags(this.operations.locals.explicitFlags);
    this.state.set32('lazyKind', LAZY.STORED);
  }
  private storeLazyFlags(kind: In32, { a, b }: { readonly a: X64; readonly b: X64 }): void {
    this.state.set32('lazyKind', kind);
    this.state.set64('lazyA', a);
    this.state.set64('lazyB', b);
  }

  /** The interpreter's functions want the flags themselves. */
  settleFlags(): void {
    const { f, state, services } = this;
    f.if(state.get32('lazyKind'), () => f.call(services.settleFlags));
  }

  /** Makes the state's `ip` the record of a direct target, and returns it; leaves if the page is not at hand. */
  findTarget(offset: number): X32 {
    if (!inPage(offset)) return this.lookUp(this.address(offset));
    const record = i32.const(this.record(offset));
    this.state.set32('ip', record);
    return record;
  }

  /** As findTarget for any address. */
  lookUp(target: X64): X32 {
    const { f, state } = this;
    const { ENTRIES, ENTRY_SIZE, ENTRY_SHIFT, TAG, BIAS, RECORDS } = CODE_TLB;
    const address = f.keep(target);
    const low = f.keep(i32.wrap(address));
    const index = i32.and(i32.shrU(low, 12 - ENTRY_SHIFT), (ENTRIES - 1) * ENTRY_SIZE);
    const entry = f.keep(i32.add(i32.load(CODE_LAYOUT.window, STATE.codeTlb), index));
    f.if(
      i64.ne(i64.and(address, ~0xffc), i64.load(entry, TAG)),
      () => {
        state.set64('pc', address);
        state.set32('ip', CODE_LAYOUT.resolveRecord);
        f.return(this.left.get);
      },
      undefined,
      'unlikely',
    );
    state.set64('pcBias', i64.load(entry, BIAS));
    const record = f.keep(i32.add(i32.load(entry, RECORDS), i32.shl(i32.and(low, 0xffc), 2)));
    state.set32('ip', record);
    return record;
  }

  /** Everything is stored: goes on in the region at a record, which the state's `ip` is, if there is one. */
  chain(record: X32): void {
    const { f } = this;
    const handler = f.keep(i32.load16u(record));
    f.if(i32.geU(handler, REGION_HANDLER.FIRST), () => this.replaceBy(handler, record));
    this.leaveUntranslated(record);
  }

  /** Goes on in another region, which returns to whoever called this one. */
  replaceBy(handler: X32, record: X32): void {
    this.f.returnCallIndirect(REGION, handler, record, this.left.get, this.depth, this.back);
  }

  /** Leaves for a record that has no region. */
  leaveUntranslated(record: X32): void {
    this.f.call(this.services.untranslated, record);
    this.f.return(this.left.get);
  }

  /** Everything is stored: returns to the region that called this one, if it expects that. */
  returnTo(target: X64): void {
    const { f, left } = this;
    f.if(i64.eq(target, this.back), () => f.return(i32.or(left.get, RETURNED)), undefined, 'likely');
  }
}
