// Configurations that nobody would write: every call answers 0 or an error number, and what a refused or destroyed cell
// had is back. FUZZ_RUNS makes it longer.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { configArbitrary } from '../config/arbitraries.ts';
import { encode, MEM_FLAG, PCI_TYPE, type CellConfig, type MemoryRegion, type PciDevice } from '../config/index.ts';
import { finish, type Task } from '../hypervisor/index.ts';
import { fakeMachine } from '../hypervisor/testing/fake-machine.ts';
import { inmateDemo, ivshmem, rootConfig } from '../hypervisor/testing/sample-configs.ts';
import { JailhouseDriver } from './driver.ts';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 60);

const anything = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const places = [
  0n,
  0x1000n,
  0x0800_0000n,
  0x0900_0000n,
  0x4000_0000n,
  0x7fa0_0000n,
  0x7faf_0000n,
  0x7fc0_0000n,
  0x8000_0000n,
];
const address = fc.oneof(
  { arbitrary: fc.constantFrom(...places), weight: 30 },
  { arbitrary: fc.bigInt({ min: 0n, max: 0xffff_ffffn }), weight: 10 },
  { arbitrary: anything, weight: 1 },
);
const size = fc.oneof(
  { arbitrary: fc.constantFrom(0n, 1n, 0x40n, 0x1000n, 0x1001n, 0x10000n, 0x20_0000n, 0x4000_0000n), weight: 40 },
  { arbitrary: anything, weight: 1 },
);
const flags = fc.subarray(Object.values(MEM_FLAG)).map((bits) => bits.reduce((all, bit) => all | bit, 0n));
const region: fc.Arbitrary<MemoryRegion> = fc.record({ physStart: address, virtStart: address, size, flags });
const device: fc.Arbitrary<PciDevice> = fc
  .record({
    type: fc.constantFrom(...Object.values(PCI_TYPE), 0, 9),
    bdf: fc.constantFrom(0, 8, 0x100, 0xffff),
    start: fc.nat({ max: 5 }),
    id: fc.nat({ max: 12 }),
    peers: fc.nat({ max: 3 }),
    vectors: fc.nat({ max: 17 }),
    mask: fc.constantFrom(0, 0xfffff000, 0xffffffff),
    msixAddress: fc.constantFrom(0n, 0x0a00_0000n),
  })
  .map(({ type, bdf, start, id, peers, vectors, mask, msixAddress }) => ({
    ...ivshmem(bdf, start, id, peers),
    type,
    barMask: [mask, mask, 0, 0, 0, 0],
    numMsixVectors: vectors,
    msixAddress,
    msixRegionSize: 0x1000,
  }));
const cell: fc.Arbitrary<CellConfig> = fc
  .record({
    name: fc.constantFrom('', 'a', 'b', 'c', '7', 'x'.repeat(31), 'qemu-arm64'),
    flags: fc.subarray([1, 2, 0x40000000, 0x80000000]).map((bits) => bits.reduce((all, bit) => all + bit, 0)),
    cpuSet: fc.oneof(
      fc.constantFrom(Uint8Array.of(2), Uint8Array.of(0x0c), Uint8Array.of()),
      fc.uint8Array({ maxLength: 3 }),
    ),
    memoryRegions: fc.array(region, { maxLength: 12 }),
    irqchips: fc.array(
      fc.record({
        address: fc.constantFrom(0x0800_0000n, 0n),
        id: fc.nat(),
        pinBase: fc.constantFrom(0, 32, 64, 96, 160, 896, 928),
        pinBitmap: fc.array(fc.nat({ max: 0xffffffff }), { minLength: 4, maxLength: 4 }),
      }),
      { maxLength: 3 },
    ),
    pciDevices: fc.array(device, { maxLength: 2 }),
    vpciIrqBase: fc.constantFrom(0, 112, 0xffffffff),
    cpuResetAddress: address,
    msgReplyTimeout: fc.constant(5n),
  })
  .map((change) => inmateDemo(change));

function setUp() {
  const machine = fakeMachine();
  const driver = new JailhouseDriver({ machine, output: () => undefined, onEvent: () => undefined });
  const run = (task: Task<number>): number => {
    const result = finish(machine, task);
    expect(Number.isInteger(result) && result <= 0).toBe(true);
    return result;
  };
  return { machine, driver, run };
}

it('any bytes and any valid configuration: enable and create answer', () => {
  const s = setUp();
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 700 }),
    configArbitrary().map((config) => encode(config)),
  );
  fc.assert(
    fc.property(bytes, fc.boolean(), (file, enabledFirst) => {
      if (enabledFirst && !s.driver.enabled) s.run(s.driver.enable(encode({ kind: 'system', system: rootConfig() })));
      s.run(s.driver.enable(file));
      s.run(s.driver.cellCreate(file));
      s.run(s.driver.disable());
    }),
    { numRuns: RUNS },
  );
});

it('any cell: what it took is back after a refusal and after its end', () => {
  const s = setUp();
  expect(s.run(s.driver.enable(encode({ kind: 'system', system: rootConfig() })))).toBe(0);
  const hv = s.driver.hypervisor!;
  fc.assert(
    fc.property(
      cell,
      fc.array(fc.constantFrom('load', 'start', 'access'), { maxLength: 4 }),
      fc.nat(),
      (config, steps, probe) => {
        const before = { cpus: [...hv.rootCell.cpus], mmio: hv.rootCell.mmio.windows.length, links: hv.pool.used };
        const created = s.run(s.driver.cellCreate(encode({ kind: 'cell', cell: config })));
        const made = s.driver.cells[1];
        expect(made !== undefined).toBe(created === 0);
        for (const step of made ? steps : []) {
          const id = { id: made!.id, name: '' };
          if (step === 'load')
            s.run(
              s.driver.cellLoad(id, [{ bytes: new Uint8Array(8), target: config.memoryRegions[0]?.virtStart ?? 0n }]),
            );
          else if (step === 'start') s.run(s.driver.cellStart(id));
          else if (made!.cpus[0] !== undefined && s.machine.power(made!.cpus[0]) === 'on')
            s.machine.cpu(made!.cpus[0]).access((probe * 8) % 2 ** 32, 4, probe % 2 === 0, probe >>> 0);
        }
        if (made) expect(s.run(s.driver.cellDestroy({ id: made.id, name: '' }))).toBe(0);
        expect(hv.cells).toEqual([hv.rootCell]);
        expect(hv.rootCell.cpus).toEqual(before.cpus);
        expect(s.driver.linux.onlineCpus).toHaveLength(16);
        // Blocks of the root that were split stay split; nothing else is kept.
        expect(hv.pool.used - before.links).toBeLessThanOrEqual(24);
      },
    ),
    { numRuns: RUNS },
  );
  expect(s.run(s.driver.disable())).toBe(0);
});
