// The service that decodes a straight line of instruction words into records, from the tables of decode-tables.ts. It is
// WebAssembly because that runs at speed from the first word on: a boot decodes 300,000, most of them once.
import { CODE_LAYOUT, RECORD_SIZE, RECORDS_PER_PAGE } from '../core/layout.ts';
import type { ServiceContext } from '../core/services.ts';
import type { X32 } from '../wasm/expression.ts';
import { I32, i32, v128 } from '../wasm/expression.ts';
import type { FunctionBuilder, L32, Label } from '../wasm/function.ts';
import { BUCKET_MASK, BUCKET_SHIFT } from '../aarch64/table/index.ts';
import type { DecodeTables } from './decode-tables.ts';
import {
  CANDIDATE,
  PLAN,
  PLAN_STATE,
  placeDecodeTables,
  REGISTER,
  SLOTS_SIZE,
  TEMPLATE,
  TEMPLATE_BITS,
} from './decode-tables.ts';
import { SPECIAL } from './handlers.ts';

/** Records decoded at most in one go. */
const RUN_AHEAD = 32;
/** Number of the register that is something else. */
const LAST_REGISTER = 31;

export function defineDecodeLine({ module, services }: ServiceContext): void {
  const tables = placeDecodeTables(CODE_LAYOUT.decodeTables);
  module.define(services.decodeLine, (f) => {
    const [records, code, first] = [f.param(I32, 0).get, f.param(I32, 1).get, f.param(I32, 2).get];
    const index = f.local(I32);
    const word = f.local(I32);
    const plan = f.local(I32);
    f.set(index, first);
    const behind = i32.add(first, RUN_AHEAD);
    const limit = f.keep(i32.select(i32.ltU(behind, RECORDS_PER_PAGE), behind, RECORDS_PER_PAGE));
    f.block((end) =>
      f.loop((next) => {
        const record = f.keep(i32.add(records, i32.mul(index.get, RECORD_SIZE)));
        f.brIf(end, i32.and(i32.gtU(index.get, first), i32.ne(i32.load16u(record), SPECIAL.DECODE)));
        f.set(word, i32.load(i32.add(code, i32.shl(index.get, 2))));
        f.block((unallocated) => {
          findPlan(f, tables, word.get, plan, unallocated);
          f.if(
            i32.eqz(i32.load(plan.get, PLAN.STATE)),
            () => f.call(services.fillPlan, plan.get),
            undefined,
            'unlikely',
          );
          f.brIf(unallocated, i32.eq(i32.load(plan.get, PLAN.STATE), PLAN_STATE.UNALLOCATED), 'unlikely');
          const key = keyOf(f, word.get, plan.get);
          // Fibonacci hashing.
          const hash = i32.shrU(i32.mul(key, 0x9e37_79b1), 32 - TEMPLATE_BITS);
          const template = f.keep(i32.add(i32.mul(hash, TEMPLATE.SIZE), tables.templates));
          const otherKey = i32.ne(i32.load(template, TEMPLATE.KEY), key);
          const otherPlan = i32.ne(i32.load(template, TEMPLATE.PLAN), plan.get);
          f.if(
            i32.or(otherKey, otherPlan),
            () => f.call(services.fillTemplate, plan.get, word.get, key, template),
            undefined,
            'unlikely',
          );
          f.store128(record, 0, v128.load(template, TEMPLATE.RECORD));
          putRegisters(f, tables, word.get, plan.get, record);
          putBranch(f, { word: word.get, plan: plan.get, record, template, index: index.get });
          f.set(index, i32.add(index.get, 1));
          f.brIf(end, i32.load(plan.get, PLAN.ENDS_LINE));
          f.brIf(next, i32.ltU(index.get, limit));
          f.br(end);
        });
        f.store16(record, 0, SPECIAL.UNDEFINED);
        f.set(index, i32.add(index.get, 1));
      }),
    );
    f.return(i32.sub(index.get, first));
  });
}

/** Sets `plan` to that of the entry which a word belongs to. */
function findPlan(f: FunctionBuilder, tables: DecodeTables, word: X32, plan: L32, unallocated: Label): void {
  const bucket = i32.and(i32.shrU(word, BUCKET_SHIFT), BUCKET_MASK);
  const list = f.temporary(I32);
  const candidate = f.temporary(I32);
  const hole = f.temporary(I32);
  f.set(list, i32.load(i32.add(i32.shl(bucket, 2), tables.buckets)));
  f.block((found) =>
    f.loop((next) => {
      f.set(candidate, i32.load(list.get));
      f.brIf(unallocated, i32.eqz(candidate.get), 'unlikely');
      f.block((other) => {
        const masked = i32.and(word, i32.load(candidate.get, CANDIDATE.MASK));
        f.brIf(other, i32.ne(masked, i32.load(candidate.get, CANDIDATE.VALUE)));
        f.set(hole, i32.load(candidate.get, CANDIDATE.HOLES));
        f.brIf(found, i32.eqz(hole.get));
        f.loop((again) => {
          const mask = f.keep(i32.load(hole.get));
          f.brIf(found, i32.eqz(mask));
          f.brIf(other, i32.eq(i32.and(word, mask), i32.load(hole.get, 4)));
          f.set(hole, i32.add(hole.get, 8));
          f.br(again);
        });
      });
      f.set(list, i32.add(list.get, 4));
      f.br(next);
    }),
  );
  f.set(plan, i32.load(candidate.get, CANDIDATE.PLAN));
}

/** Runs over the registers of a plan. */
function eachRegister(f: FunctionBuilder, plan: X32, use: (register: X32) => void): void {
  const register = f.temporary(I32);
  const end = f.keep(i32.load(plan, PLAN.END));
  f.set(register, i32.add(plan, PLAN.REGISTERS));
  f.block((done) =>
    f.loop((next) => {
      f.brIf(done, i32.geU(register.get, end));
      use(register.get);
      f.set(register, i32.add(register.get, REGISTER.SIZE));
      f.br(next);
    }),
  );
}

const registerNumber = (register: X32, word: X32): X32 =>
  i32.and(i32.shrU(word, i32.load8u(register, REGISTER.SHIFT)), i32.load8u(register, REGISTER.MASK));

/** What chooses the template of a word. */
function keyOf(f: FunctionBuilder, word: X32, plan: X32): X32 {
  const key = f.temporary(I32);
  f.set(key, i32.and(word, i32.not(i32.load(plan, PLAN.VARIABLE))));
  eachRegister(f, plan, (register) => {
    const last = i32.eq(registerNumber(register, word), LAST_REGISTER);
    const bits = i32.shl(LAST_REGISTER, i32.load8u(register, REGISTER.SHIFT));
    f.set(key, i32.or(key.get, i32.select(last, bits, 0)));
  });
  return key.get;
}

/** Adds the registers' slots to what the record has for them. */
function putRegisters(f: FunctionBuilder, tables: DecodeTables, word: X32, plan: X32, record: X32): void {
  eachRegister(f, plan, (register) => {
    const number = registerNumber(register, word);
    const slots = i32.add(i32.mul(i32.load8u(register, REGISTER.SLOTS), SLOTS_SIZE), tables.slots);
    const slot = i32.load16u(i32.add(slots, i32.shl(number, 1)));
    const place = f.keep(i32.add(record, i32.load8u(register, REGISTER.PLACE)));
    f.store16(place, 0, i32.add(i32.load16u(place), slot));
  });
}

/** Within the page the operand of a branch is the distance in bytes of records, and the handler is another. */
function putBranch(
  f: FunctionBuilder,
  { word, plan, record, template, index }: Record<'word' | 'plan' | 'record' | 'template' | 'index', X32>,
): void {
  const branch = f.keep(i32.load(plan, PLAN.BRANCH));
  f.if(branch, () => {
    const up = i32.load(plan, PLAN.BRANCH_UP);
    const distance = f.keep(i32.shrS(i32.shl(word, up), i32.load(plan, PLAN.BRANCH_DOWN)));
    const place = i32.add(record, branch);
    f.if(
      i32.ltU(i32.add(index, distance), RECORDS_PER_PAGE),
      () => {
        f.store32(place, 0, i32.mul(distance, RECORD_SIZE));
        f.store16(record, 0, i32.load(template, TEMPLATE.NEAR_HANDLER));
      },
      () => f.store32(place, 0, i32.shl(distance, 2)),
    );
  });
}
