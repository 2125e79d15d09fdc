// A guest that does anything: every exit ends in one of the four outcomes, a parked CPU stays parked until the next start,
// and nothing reaches beyond the cell. FUZZ_RUNS makes it longer.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { OUTCOME } from '../cpu/port.ts';
import { gpa } from '../util/units.ts';
import { inmateDemo } from './testing/sample-configs.ts';
import { session } from './testing/session.ts';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 300);

const WINDOWS = [
  0x0800_0000, 0x080a_0000, 0x080c_0000, 0x0810_0000, 0x08e0_0000, 0x08f0_0000, 0x0900_0000, 0, 0x7faf_0000,
  0x7fc0_0000,
];
const address = fc.oneof(
  fc.tuple(fc.constantFrom(...WINDOWS), fc.nat({ max: 0xffff })).map(([base, offset]) => base + offset),
  fc.nat({ max: 0xffff_ffff }),
);
const word = fc.oneof(fc.constantFrom(0, 1, 2, 6, 0x8000, 0xffffffff, 0x08f0_0000), fc.nat({ max: 0xffffffff }));
const key = (crm: number, op2: number) => (3 << 14) | (12 << 7) | (crm << 3) | op2;

const step = fc.oneof(
  fc.record({
    kind: fc.constant('access' as const),
    address,
    size: fc.constantFrom(1 as const, 2 as const, 4 as const, 8 as const),
    write: fc.boolean(),
    value: word,
    valid: fc.integer({ min: 0, max: 9 }),
  }),
  fc.record({
    kind: fc.constant('hvc' as const),
    code: fc.nat({ max: 10 }),
    argument: word,
    immediate: fc.constantFrom(0x4a48, 0x4a48, 0x4a48, 0),
  }),
  fc.record({
    kind: fc.constant('smc' as const),
    id: fc.oneof(fc.constantFrom(0x84000000, 0xc4000003, 0x84000004, 0x80000000, 0xc2000000), word),
    argument: word,
  }),
  fc.record({
    kind: fc.constant('register' as const),
    key: fc.constantFrom(key(11, 5), key(12, 0), key(12, 1), key(11, 6)),
    value: word,
  }),
  fc.record({ kind: fc.constant('fetch' as const), address }),
);

it('never breaks the hypervisor', () => {
  const s = session();
  expect(s.create(inmateDemo())).toBe(0);
  const cpu = s.machine.cpu(1);
  const others = () => [0, 2, 3].map((id) => s.machine.gic.readRedistributor(id, 0x10100, 4));
  const before = others();
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      expect(s.start(1)).toBe(0);
      for (const each of steps) {
        if (s.machine.power(1) === 'off') break;
        if (each.kind === 'access') {
          const { outcome } = cpu.access(each.address, each.size, each.write, each.value, each.valid > 0);
          expect(Object.values(OUTCOME)).toContain(outcome);
        } else if (each.kind === 'hvc') cpu.hvc(each.code, each.argument, 0, each.immediate);
        else if (each.kind === 'smc') cpu.smc(each.id, BigInt(each.argument));
        else if (each.kind === 'fetch') cpu.port.fetchFault(cpu as never, gpa(each.address));
        else {
          cpu.exchange.lo = each.value;
          cpu.port.writeSystemRegister(cpu as never, each.key);
        }
        s.machine.run(s.machine.now);
      }
      const parked = s.hv.cpu(1)!.failed;
      expect(parked && s.machine.power(1) === 'on').toBe(false);
      expect(s.hv.cell(1)!.comm.state === 3).toBe(parked);
      expect(others()).toEqual(before);
    }),
    { numRuns: RUNS },
  );
  expect(s.destroy(1)).toBe(0);
});
