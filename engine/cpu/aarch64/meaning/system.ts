// Meanings of exception generation, system registers, hints, exclusives and atomics (Arm ARM DDI 0487, C6.2): all that
// needs the processor's services. They never run inside the interpreter's main loop.
import { REGISTER_KIND } from '../system/registers.ts';
import type { ATOMICS } from '../table/memory.ts';
import type { X32, X64 } from '../../wasm/expression.ts';
import { i32, i64 } from '../../wasm/expression.ts';
import type { Access, Meaning, Operations } from './operations.ts';

/** Services of the processor. Those said to end the instruction must come last. */
export interface SystemOperations extends Operations {
  /** Ends the instruction: supervisor call, breakpoint and the like, with the immediate in the syndrome. */
  supervisorCall(immediate: X32): void;
  hypervisorCall(immediate: X32): void;
  secureMonitorCall(immediate: X32): void;
  breakpoint(immediate: X32): void;
  undefined(): void;
  exceptionReturn(): void;

  /** Registers that need more than a slot: the value for a key, or the exception for it. */
  readSystem(key: X32): X64;
  writeSystem(key: X32, value: X64): void;
  systemInstruction(key: X32, value: X64): void;
  readPstate(): X32;
  selectStack(selector: X32): void;
  setPan(on: X32): void;

  waitForInterrupt(): void;
  waitForEvent(): void;
  sendEvent(): void;
  sendLocalEvent(): void;
  clearExclusive(): void;

  /** Arms the monitor for an address with the value that was loaded. */
  armMonitor(address: X64, bytes: number, low: X64, high: X64): void;
  /** Runs `then` if the monitor is armed for exactly this address and size; `otherwise` if not. Disarms it. */
  ifMonitor(address: X64, bytes: number, then: () => void, otherwise: () => void): void;
  monitored(): readonly [X64, X64];
}

const system: Record<string, Meaning<SystemOperations>> = {
  SVC: (o) => o.supervisorCall(o.immediate32('immediate')),
  HVC: (o) => o.hypervisorCall(o.immediate32('immediate')),
  SMC: (o) => o.secureMonitorCall(o.immediate32('immediate')),
  BRK: (o) => o.breakpoint(o.immediate32('immediate')),
  HLT: (o) => o.undefined(),
  DCPS: (o) => o.undefined(),
  DRPS: (o) => o.undefined(),
  UDF: (o) => o.undefined(),
  ERET: (o) => {
    o.requireEl1();
    o.exceptionReturn();
  },
  CLREX: (o) => o.clearExclusive(),
  HINT: (o, s) =>
    [o.nothing, o.nothing, o.waitForEvent, o.waitForInterrupt, o.sendEvent, o.sendLocalEvent][s.hint!]!.call(o),
  'MSR SPSel': (o) => {
    o.requireEl1();
    o.selectStack(i32.and(o.immediate32('imm'), 1));
  },
  'MSR PAN': (o) => {
    o.requireEl1();
    o.setPan(i32.and(o.immediate32('imm'), 1));
  },
  MRS: (o, s) => {
    if (s.kind === REGISTER_KIND.NZCV) o.x.write('t', i64.extendU(i32.and(o.readPstate(), 0xf000_0000)));
    else o.x.write('t', o.readSystem(o.immediate32('key')));
  },
  'MSR (register)': (o, s) => {
    const value = o.x.read('t') as X64;
    if (s.kind === REGISTER_KIND.NZCV) o.setFlagsFrom(i32.shrU(i32.wrap(value), 28));
    else o.writeSystem(o.immediate32('place'), value);
  },
  SYS: (o) => {
    o.systemInstruction(o.immediate32('key'), o.x.read('t') as X64);
  },
  SYSL: (o) => o.undefined(),
};

for (const [name, load] of [
  ['LDXR', true],
  ['LDAXR', true],
  ['STXR', false],
  ['STLXR', false],
] as const)
  system[name] = (o, s) => {
    const access: Access = { scale: s.size!, ordered: true, wide: s.size === 3 };
    const address = o.base('n', s.stack);
    if (load) {
      const value = o.load(address, access);
      o.armMonitor(address, 1 << s.size!, value, i64.const(0));
      return o.x.write('t', value);
    }
    const value = o.x.read('t') as X64;
    o.ifMonitor(
      address,
      1 << s.size!,
      () => {
        o.probe(address, access);
        const [expected] = o.monitored();
        storeIf(o, i64.eq(o.load(address, access), expected), () => o.store(address, value, access));
      },
      () => o.w.write('s', i32.const(1)),
    );
  };

/** Ends a store-exclusive: status 0 and the store, or status 1. */
function storeIf(o: SystemOperations, same: X32, store: () => void): void {
  o.if(
    same,
    () => {
      store();
      o.w.write('s', i32.const(0));
    },
    () => o.w.write('s', i32.const(1)),
  );
}

for (const [name, load] of [
  ['LDXP', true],
  ['LDAXP', true],
  ['STXP', false],
  ['STLXP', false],
] as const)
  system[name] = (o, s) => {
    // Two words of 4 or 8 bytes, aligned to both together.
    const scale = 2 + s.sz!;
    const access: Access = { scale, ordered: true, wide: scale === 3, pair: true };
    const address = o.base('n', s.stack);
    const next = o.keep(i64.add(address, 1 << scale));
    if (load) {
      const first = o.load(address, access);
      const second = o.load(next, { ...access, pair: false });
      o.armMonitor(address, 2 << scale, first, second);
      o.x.write('t', first);
      return o.x.write('t2', second);
    }
    const first = o.x.read('t') as X64;
    const second = o.x.read('t2') as X64;
    o.ifMonitor(
      address,
      2 << scale,
      () => {
        o.probe(address, access);
        const [low, high] = o.monitored();
        const same = i32.and(
          i64.eq(o.load(address, access), low),
          i64.eq(o.load(next, { ...access, pair: false }), high),
        );
        storeIf(o, same, () => {
          o.store(address, first, access);
          o.store(next, second, { ...access, pair: false });
        });
      },
      () => o.w.write('s', i32.const(1)),
    );
  };

for (const name of ['LDAR', 'STLR'])
  system[name] = (o, s) => {
    const access: Access = { scale: s.size!, ordered: true, syndrome: true, wide: s.size === 3 };
    const address = o.base('n', s.stack);
    if (name === 'LDAR') o.x.write('t', o.load(address, access));
    else o.store(address, o.x.read('t') as X64, access);
  };

/** Sign-extends an operand of an atomic to 64 bits, so that one comparison serves all sizes. */
const signedOperand = (value: X64, scale: number): X64 =>
  [i64.extend8s, i64.extend16s, i64.extend32s][scale]?.(value) ?? value;
const unsignedOperand = (value: X64, scale: number): X64 =>
  scale === 3 ? value : i64.and(value, 2 ** (8 << scale) - 1);

const ATOMIC_RESULT: Record<(typeof ATOMICS)[number] | 'SWP', (old: X64, operand: X64, scale: number) => X64> = {
  ADD: (old, operand) => i64.add(old, operand),
  CLR: (old, operand) => i64.and(old, i64.not(operand)),
  EOR: (old, operand) => i64.xor(old, operand),
  SET: (old, operand) => i64.or(old, operand),
  SMAX: (old, operand, scale) =>
    i64.select(i64.gtS(signedOperand(old, scale), signedOperand(operand, scale)), old, operand),
  SMIN: (old, operand, scale) =>
    i64.select(i64.ltS(signedOperand(old, scale), signedOperand(operand, scale)), old, operand),
  UMAX: (old, operand, scale) => i64.select(i64.gtU(old, unsignedOperand(operand, scale)), old, operand),
  UMIN: (old, operand, scale) => i64.select(i64.ltU(old, unsignedOperand(operand, scale)), old, operand),
  SWP: (_, operand) => operand,
};

for (const [operation, result] of Object.entries(ATOMIC_RESULT))
  for (const suffix of ['', 'A', 'L', 'AL'])
    system[(operation === 'SWP' ? 'SWP' : `LD${operation}`) + suffix] = (o, s) => {
      const access: Access = { scale: s.size!, ordered: true, syndrome: true, wide: s.size === 3 };
      const address = o.base('n', s.stack);
      const operand = o.x.read('s') as X64;
      // A fault counts as a read's if a read would have faulted too (D17.2.37, WnR).
      const old = o.load(address, access);
      o.probe(address, access);
      o.store(address, result(old, operand, s.size!), access);
      o.x.write('t', old);
    };

for (const suffix of ['', 'A', 'L', 'AL']) {
  system[`CAS${suffix}`] = (o, s) => {
    const access: Access = { scale: s.size!, ordered: true, syndrome: true, wide: s.size === 3 };
    const address = o.base('n', s.stack);
    const expected = o.keep(unsignedOperand(o.x.read('s') as X64, s.size!));
    const value = o.x.read('t') as X64;
    const old = o.load(address, access);
    o.probe(address, access);
    o.if(i64.eq(old, expected), () => o.store(address, value, access));
    o.x.write('d', old);
  };
  system[`CASP${suffix}`] = (o, s) => {
    const scale = 2 + s.sz!;
    const access: Access = { scale, ordered: true, wide: scale === 3, pair: true };
    const address = o.base('n', s.stack);
    const next = o.keep(i64.add(address, 1 << scale));
    const expected = ['s', 's2'].map((name) => o.keep(unsignedOperand(o.x.read(name) as X64, scale)));
    const values = ['t', 't2'].map((name) => o.x.read(name) as X64);
    const first = o.load(address, access);
    const second = o.load(next, { ...access, pair: false });
    o.probe(address, access);
    o.if(i32.and(i64.eq(first, expected[0]!), i64.eq(second, expected[1]!)), () => {
      o.store(address, values[0]!, access);
      o.store(next, values[1]!, { ...access, pair: false });
    });
    o.x.write('s', first);
    o.x.write('d2', second);
  };
}

export const SYSTEM_MEANINGS: Readonly<Record<string, Meaning<SystemOperations>>> = system;
