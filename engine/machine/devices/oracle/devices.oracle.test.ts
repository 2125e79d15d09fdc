// The small devices, the identification registers and the PSCI firmware against QEMU's virt machine.
import { describe, expect, it } from 'vitest';
import type { Cpu } from '../../../cpu/port.ts';
import { CfiFlash } from '../cfi-flash.ts';
import { FwCfg, FW_CFG_SIZE } from '../fw-cfg.ts';
import { EmptyPciHost, EmptyPciWindow } from '../pci-host.ts';
import { Pl031 } from '../pl031.ts';
import { Pl061 } from '../pl061.ts';
import { callFirmware } from '../psci.ts';
import type { PsciMachine } from '../psci.ts';
import { TestClock, TestLine } from '../test-clock.ts';
import { EmptyVirtioSlot } from '../virtio-mmio.ts';
import { firstDifference } from './compare.ts';
import { ModelBoard } from './model-board.ts';
import { askQemu, oracleMissing, systemRegisterKey } from './oracle.ts';
import type { Operation } from './oracle.ts';

const missing = oracleMissing();

const BANK = 0x0400_0000;
const RTC = 0x0901_0000;
const FW_CFG = 0x0902_0000;
const GPIO = 0x0903_0000;
const VIRTIO = 0x0a00_0000;
const PIO = 0x3eff_0000;
const ECAM = 0x40_1000_0000;
const PAGE = 0x1000;

const read = (address: number, size: 1 | 2 | 4 | 8 = 4): Operation => ({ kind: 'read', cpu: 0, address, size });
const write = (address: number, value: number, size: 1 | 2 | 4 = 4): Operation => ({
  kind: 'write',
  cpu: 0,
  address,
  size,
  value: BigInt(value),
});
const words = (base: number, from: number, to: number): Operation[] =>
  Array.from({ length: (to - from) / 4 }, (_, n) => read(base + from + n * 4));

function board(): ModelBoard {
  const model = new ModelBoard({ gicVersion: 3, cpus: 1 });
  const clock = new TestClock();
  for (const bank of [0, 1]) model.attach(bank * BANK, BANK, new CfiFlash({ name: `flash${bank}`, size: BANK }));
  model.attach(RTC, PAGE, new Pl031({ name: 'rtc', clock, interrupt: new TestLine() }));
  model.attach(FW_CFG, FW_CFG_SIZE, new FwCfg({ name: 'fw-cfg', cpus: 1 }));
  model.attach(GPIO, PAGE, new Pl061({ name: 'gpio', interrupt: new TestLine() }));
  model.attach(VIRTIO, 0x200, new EmptyVirtioSlot('virtio0'));
  model.attach(PIO, 0x10000, new EmptyPciWindow('io'));
  model.attach(ECAM, 0x1000_0000, new EmptyPciHost('pci0'));
  return model;
}

/** What is asked, by topic. Registers that show the time of day are left out. */
const SESSIONS: Readonly<Record<string, Operation[]>> = {
  'identification registers': [RTC, GPIO, 0x0900_0000].flatMap((base) => words(base, 0xfe0, 0x1000)),
  'GIC identification': [...words(0x0800_0000, 0xffd0, 0x10000), ...words(0x080a_0000, 0xffd0, 0x10000)],
  'UART registers': [
    ...[0x00, 0x04, 0x18, 0x20, 0x24, 0x28, 0x2c, 0x30, 0x34, 0x38, 0x3c, 0x40, 0x48].map((at) =>
      read(0x0900_0000 + at),
    ),
    ...[0x24, 0x28, 0x2c, 0x34].flatMap((at) => [write(0x0900_0000 + at, 0x12), read(0x0900_0000 + at)]),
    read(0x0900_0018, 1),
    read(0x0900_0018, 2),
  ],
  'RTC alarm': [
    ...[0x04, 0x08, 0x0c, 0x10, 0x14, 0x18].map((at) => read(RTC + at)),
    write(RTC + 0x08, 0x1000),
    read(RTC + 0x08),
    write(RTC + 0x04, 0x1000),
    read(RTC + 0x04),
    read(RTC + 0x14),
    read(RTC + 0x18),
    write(RTC + 0x10, 1),
    read(RTC + 0x18),
    write(RTC + 0x1c, 1),
    read(RTC + 0x14),
    write(RTC + 0x0c, 0),
    read(RTC + 0x0c),
  ],
  'firmware configuration': [
    read(FW_CFG, 1),
    read(FW_CFG, 2),
    read(FW_CFG, 4),
    read(FW_CFG, 8),
    write(FW_CFG + 8, 0x0000, 2),
    ...Array.from({ length: 6 }, () => read(FW_CFG, 1)),
    write(FW_CFG + 8, 0x0500, 2),
    read(FW_CFG, 2),
    read(FW_CFG, 2),
    write(FW_CFG + 8, 0xff00, 2),
    read(FW_CFG, 4),
  ],
  GPIO: [
    read(GPIO),
    write(GPIO + 0x400, 0xff),
    read(GPIO + 0x400),
    write(GPIO + 0x3fc, 0xa5),
    read(GPIO + 0x3fc),
    read(GPIO + 0x03c),
    write(GPIO + 0x010, 0xff),
    read(GPIO + 0x3fc),
  ],
  'empty virtio slot': [...words(VIRTIO, 0, 0x120), write(VIRTIO + 0x70, 3), read(VIRTIO + 0x70), read(VIRTIO, 1)],
  'empty PCI host': [
    ...words(ECAM, 0, 0x100),
    read(ECAM + 0x100),
    read(ECAM + 0x8000),
    read(ECAM + 0x10_0000),
    ...([1, 2, 4, 8] as const).map((size) => read(ECAM, size)),
    read(ECAM + 2, 2),
    ...[0x04, 0x10, 0x30, 0x3c].flatMap((at) => [write(ECAM + at, 0xffffffff), read(ECAM + at)]),
    read(PIO),
    read(PIO + 2, 2),
  ],
  'flash: modes and query': [
    ...[read(0), write(0, 0x900090), read(0), read(4), read(8), read(0x40000), read(0x40004), write(0, 0xff00ff)],
    ...[read(0), write(0, 0x700070), read(0), read(4), write(0, 0x500050), read(0)],
    ...[write(0, 0x98), ...words(0, 0x40, 0x110), read(0x40, 2), read(0x42, 2), read(0x40, 1), write(0, 0xff), read(0)],
  ],
  'flash: programming and erasing': [
    ...[write(0, 0x400040), write(0x100, 0x12345678), read(0x100), write(0, 0xff00ff), read(0x100), read(0x104)],
    ...[write(0, 0x10), write(0x100, 0xffff0000), read(0x100), write(0, 0xff), read(0x100)],
    ...[write(0, 0x200020), write(0, 0xd000d0), read(0), write(0, 0xff00ff), read(0x100), read(0x3fffc), read(0x40000)],
    ...[write(0x200, 0xe800e8), read(0x200), write(0x200, 0x30003), read(0x200)],
    ...[1, 2, 3, 4].map((n) => write(0x1fc + n * 4, n * 0x11111111)),
    ...[write(0x200, 0xd000d0), read(0x200), write(0, 0xff00ff), ...words(0, 0x1fc, 0x214)],
    ...[write(0x300, 0xe800e8), write(0x300, 0), write(0x300, 1), write(0x300, 0xff00ff), read(0x300)],
    ...[write(0, 0x600060), write(0, 0xd000d0), read(0), write(0, 0xff00ff), read(0)],
    ...[write(BANK, 0x40), write(BANK + 8, 0xab, 1), write(BANK, 0xff), read(BANK + 8), read(8)],
  ],
  timers: [
    { kind: 'mrs', cpu: 0, key: systemRegisterKey(3, 3, 14, 0, 0) },
    ...[2, 3].flatMap((crm): Operation[] => [
      { kind: 'msr', cpu: 0, key: systemRegisterKey(3, 3, 14, crm, 1), value: 0xffn },
      { kind: 'mrs', cpu: 0, key: systemRegisterKey(3, 3, 14, crm, 1) },
      { kind: 'msr', cpu: 0, key: systemRegisterKey(3, 3, 14, crm, 2), value: 0xffff_ffff_ffff_fff0n },
      { kind: 'mrs', cpu: 0, key: systemRegisterKey(3, 3, 14, crm, 2) },
      { kind: 'mrs', cpu: 0, key: systemRegisterKey(3, 3, 14, crm, 1) },
      { kind: 'msr', cpu: 0, key: systemRegisterKey(3, 3, 14, crm, 1), value: 0n },
      { kind: 'mrs', cpu: 0, key: systemRegisterKey(3, 3, 14, crm, 1) },
    ]),
    { kind: 'msr', cpu: 0, key: systemRegisterKey(3, 0, 14, 1, 0), value: 0x3ffn },
    { kind: 'mrs', cpu: 0, key: systemRegisterKey(3, 0, 14, 1, 0) },
  ],
};

/** A machine of three CPUs that are all on, as the probe's are. */
function askFirmware(id: number, first: number, second: number): bigint {
  const x = [BigInt(id), BigInt(first), BigInt(second), 0x1234n];
  const machine: PsciMachine = {
    cpus: [0, 1, 2].map((index) => ({ index, mpidr: 0x8000_0000n | BigInt(index) })),
    isOn: () => true,
    on: () => undefined,
    off: () => undefined,
    systemOff: () => undefined,
    systemReset: () => undefined,
  };
  const cpu = { index: 0, x: (n: number) => x[n]!, setX: (n: number, value: bigint) => (x[n] = value) };
  callFirmware(machine, cpu as unknown as Cpu);
  return x[0]!;
}

const FUNCTION_IDS = [
  ...Array.from({ length: 0x15 }, (_, n) => 0x8400_0000 + n),
  ...Array.from({ length: 0x15 }, (_, n) => 0xc400_0000 + n),
  ...[0x8000_0000, 0x8000_0001, 0x8000_8000, 0x8000_7fff, 0x95c1_ba5f, 0x95c1_ba60, 0x95c1_ba61, 0x8600_0000],
];
/** Calls that come back, with their arguments. */
const CALLS: [number, number, number][] = [
  [0x8400_0000, 0, 0],
  ...[0, 1, 2, 3, 0x100].map((target): [number, number, number] => [0x8400_0004, target, 0]),
  [0xc400_0004, 1, 0],
  [0x8400_0004, 5, 1],
  [0x8400_0004, 5, 4],
  [0x8400_0003, 0, 0x1000],
  [0xc400_0003, 1, 0x1000],
  [0xc400_0003, 9, 0x1000],
  [0xc400_0003, 2, 0x1001],
  [0x8400_0001, 0x0100_0000, 0],
  [0x8400_0001, 0x0002_0000, 0],
  ...[0x8400_0005, 0x8400_0006, 0x8400_0007, 0x8400_000b, 0x8400_000f].map((id): [number, number, number] => [
    id,
    0,
    0,
  ]),
  ...[0x8000_0000, 0x8000_0001, 0x8000_8000, 0x8600_0000, 0x1234_5678].map((id): [number, number, number] => [
    id,
    0,
    0,
  ]),
  ...FUNCTION_IDS.map((id): [number, number, number] => [0x8400_000a, id, 0]),
];

describe.skipIf(missing)(`devices against qemu-system-aarch64${missing ? ` (skipped: ${missing})` : ''}`, () => {
  it('answer as on the virt machine', () => {
    const operations = Object.values(SESSIONS).flat();
    const model = board();
    const ours = operations.map((operation) => model.run(operation));
    const theirs = askQemu(operations, { gicVersion: 3, cpus: 1 });
    expect(firstDifference(operations, ours, theirs) ?? 'no difference').toBe('no difference');
  });

  it('answer PSCI calls as its firmware does', () => {
    const operations = CALLS.map((call): Operation => ({
      kind: 'hvc',
      cpu: 0,
      arguments: [BigInt(call[0]), BigInt(call[1]), BigInt(call[2])],
    }));
    const ours = CALLS.map((call) => askFirmware(...call));
    const theirs = askQemu(operations, { gicVersion: 3, cpus: 3 });
    expect(firstDifference(operations, ours, theirs) ?? 'no difference').toBe('no difference');
  });
});
