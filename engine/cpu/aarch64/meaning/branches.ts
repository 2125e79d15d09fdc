// Meanings of branches, and of hints and barriers that need nothing but order (Arm ARM DDI 0487, C6.2). One thread runs all
// CPUs in turn, each access complete before the next: barriers hold without being carried out.
import type { X32, X64 } from '../../wasm/expression.ts';
import { i32, i64 } from '../../wasm/expression.ts';
import type { Meaning } from './operations.ts';

const branches: Record<string, Meaning> = {
  B: (o) => o.branch('target'),
  BL: (o) => {
    o.link();
    o.branch('target');
  },
  'B.cond': (o, s) => (s.cond! >= 14 ? o.branch('target') : o.branchIf(o.condition(s.cond!), 'target')),
  CBZ: (o, s) => {
    const w = o.width(s.sf!);
    o.branchIf(w.eqz(w.read('t')), 'target');
  },
  CBNZ: (o, s) => {
    const w = o.width(s.sf!);
    o.branchIf(w.ltU(w.const(0), w.read('t')), 'target');
  },
  TBZ: (o) => o.branchIf(i32.eqz(testedBit(o.x.read('t') as X64, o.immediate64('bit'))), 'target'),
  TBNZ: (o) => o.branchIf(testedBit(o.x.read('t') as X64, o.immediate64('bit')), 'target'),
  BR: (o) => o.jump(o.x.read('n') as X64),
  BLR: (o) => {
    const target = o.x.read('n') as X64;
    o.link();
    o.jump(target);
  },
  RET: (o) => o.jump(o.x.read('n') as X64),
  DSB: (o) => o.nothing(),
  DMB: (o) => o.nothing(),
  ISB: (o) => o.nothing(),
};

const testedBit = (value: X64, bit: X64): X32 => i32.and(i32.wrap(i64.shrU(value, bit)), 1);

export const BRANCH_MEANINGS: Readonly<Record<string, Meaning>> = branches;
