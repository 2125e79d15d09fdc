import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { listBoards } from '../../board/index.ts';
import { DEVICE_MODELS, pciWindows } from './models.ts';
import { TestClock, TestLine } from './test-clock.ts';

const BOARDS = join(import.meta.dirname, '../../../boards');
const { boards } = listBoards({
  folders: () => readdirSync(BOARDS),
  read: (folder, file) => {
    const path = join(BOARDS, folder, file);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  },
});

it('there is a model for every device of qemu-arm64, and each answers at its first register', () => {
  const board = boards.find((one) => one.name === 'qemu-arm64')!;
  const connections = { clock: new TestClock(), interrupt: () => new TestLine(), cpus: board.cpus.length };
  for (const device of board.devices) {
    const model = DEVICE_MODELS[device.type]!(device, connections);
    expect(model.name).toBe(device.name);
    expect(model.read(0, 4)).toBeTypeOf('number');
  }
  expect(board.devices).toHaveLength(2 + 3 + 32);
});

it('a physical PCI host shows its bridge and nothing else, a virtual one nothing at all', () => {
  const host = boards.find((one) => one.name === 'qemu-arm64')!.pci[0]!;
  const windows = pciWindows(host, 'pci0');
  expect(windows.map(({ device }) => device.name)).toEqual([
    'pci0 ECAM',
    'pci0 io window',
    'pci0 mem32 window',
    'pci0 mem64 window',
  ]);
  const ecam = windows[0]!.device;
  expect(ecam.read(0, 4)).toBe(0x00081b36);
  expect(ecam.read(0x8000, 4)).toBe(0xffffffff);
  expect(windows[3]!.device.read(0x7f_ffff_fffc, 4)).toBe(0xffffffff);
  expect(pciWindows({ ...host, virtual: true }, 'pci1')).toEqual([]);
});
