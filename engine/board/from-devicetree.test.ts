import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { boardDeviceTree } from './devicetree.ts';
import { cells, readDeviceTree, string, twoCells, writeDeviceTree } from './dtb.ts';
import type { DeviceTree, DeviceTreeNode } from './dtb.ts';
import { boardFromDeviceTree } from './from-devicetree.ts';
import { checkBoard, parseBoard } from './load.ts';

const node = (name: string, values: Record<string, Uint8Array>, children: DeviceTreeNode[] = []): DeviceTreeNode => ({
  name,
  properties: Object.entries(values).map(([key, value]) => ({ name: key, value })),
  children,
});
const flag = new Uint8Array(0);
const tree = (...children: DeviceTreeNode[]): DeviceTree => ({
  root: node('', { '#address-cells': cells(2), '#size-cells': cells(2), model: string('A board') }, children),
  reservations: [],
  bootCpu: 0,
});
const cpus = (...affinities: number[]): DeviceTreeNode =>
  node(
    'cpus',
    { '#address-cells': cells(2), '#size-cells': cells(0) },
    affinities.map((affinity) =>
      node(`cpu@${affinity.toString(16)}`, {
        device_type: string('cpu'),
        compatible: string('arm,cortex-a53'),
        reg: cells(...twoCells(affinity)),
      }),
    ),
  );
const memory = node('memory@80000000', {
  device_type: string('memory'),
  reg: cells(0, 0x8000_0000, 0, 0x4000_0000, 8, 0x8000_0000, 1, 0),
});
const options = { name: 'new-board', file: 'new.dtb' };

describe('a board from a device tree', () => {
  it('is the board that the tree was made of', () => {
    const text = readFileSync(join(import.meta.dirname, '../../boards/qemu-arm64/board.json'), 'utf8');
    const board = parseBoard('qemu-arm64', text);
    const again = boardFromDeviceTree(readDeviceTree(writeDeviceTree(boardDeviceTree(board))), {
      name: 'qemu-arm64',
      file: 'virt.dtb',
      timerHz: board.timers!.frequencyHz,
    });
    const facts = ({ cpus, ram, reserved, timers, performanceMonitors, pci, psci }: typeof board) => ({
      cpus,
      ram,
      reserved,
      timers,
      performanceMonitors,
      pci,
      psci,
    });
    expect(facts(again)).toEqual(facts(board));
    expect(again.gic).toEqual({ ...board.gic, spis: 64 });
    expect(again.uarts).toEqual(board.uarts.map(({ receiveInterrupt: _, ...uart }) => uart));
    const windows = (devices: typeof board.devices) =>
      devices.map(({ type, base, size, spi }) => ({ type, base, size, spi })).sort((a, b) => a.base - b.base);
    expect(windows(again.devices)).toEqual(windows(board.devices));
    expect(checkBoard(again)).toEqual([]);
  });

  it('translates addresses through its buses and knows clusters, banks and strides', () => {
    const uart = (name: string, compatible: string, base: number, more: Record<string, Uint8Array> = {}) =>
      node(name, { compatible: string(compatible), reg: cells(base, 0x100), interrupts: cells(0, 5, 4), ...more });
    const bus = node(
      'soc@1000000',
      {
        compatible: string('simple-bus'),
        '#address-cells': cells(1),
        '#size-cells': cells(1),
        ranges: cells(0x100, 0x12, 0x3000_0000, 0x1000, 0x2000, 0x12, 0x4000_0000, 0x1000),
      },
      [
        uart('serial@200', 'snps,dw-apb-uart', 0x200, { 'reg-shift': cells(2) }),
        uart('serial@2100', 'ns16550a', 0x2100),
        uart('serial@9000', 'arm,pl011', 0x9000), // outside every range: not reachable
        uart('serial@300', 'arm,pl011', 0x300, { status: string('disabled') }),
      ],
    );
    const board = boardFromDeviceTree(tree(cpus(0, 1, 0x100, 0x101), memory, bus), options);
    expect(board.cpus.map(({ id, affinity, cluster }) => [id, affinity, cluster])).toEqual([
      [0, 0, 0],
      [1, 1, 0],
      [2, 0x100, 1],
      [3, 0x101, 1],
    ]);
    expect(board.ram).toEqual([
      { name: 'RAM0', base: 0x8000_0000, size: 0x4000_0000 },
      { name: 'RAM1', base: 0x8_8000_0000, size: 0x1_0000_0000 },
    ]);
    expect(board.uarts).toEqual([
      { name: 'uart0', type: '8250', base: 0x12_3000_0100, size: 0x100, spi: 5, stride: 4 },
      { name: 'uart1', type: '8250', base: 0x12_4000_0100, size: 0x100, spi: 5, stride: 1 },
    ]);
    expect(board.title).toBe('A board');
    expect(board.psci).toBeUndefined();
  });

  it('reads a GICv2 with all its windows, and reserved memory', () => {
    const gic = node('gic', {
      compatible: string('arm,gic-400'),
      reg: cells(...[0x1000, 0x1000, 0x2000, 0x2000, 0x4000, 0x2000, 0x6000, 0x2000].flatMap((value) => [0, value])),
      interrupts: cells(1, 9, 0xf04),
    });
    const reserved = node('reserved-memory', { '#address-cells': cells(2), '#size-cells': cells(2), ranges: flag }, [
      node('tee@bf000000', { reg: cells(0, 0xbf00_0000, 0, 0x10_0000), 'no-map': flag }),
      node('pool', { size: cells(0, 0x100_0000) }),
    ]);
    const board = boardFromDeviceTree(
      { ...tree(cpus(0), memory, gic, reserved), reservations: [{ address: 0x8000_0000n, size: 0x1000n }] },
      options,
    );
    expect(board.gic).toEqual({
      version: 2,
      distributor: 0x1000,
      cpuInterface: 0x2000,
      hypervisorInterface: 0x4000,
      virtualCpuInterface: 0x6000,
      spis: 32,
      maintenanceIrq: 25,
    });
    expect(board.reserved).toEqual([
      { name: 'reservation0', base: 0x8000_0000, size: 0x1000 },
      { name: 'tee', base: 0xbf00_0000, size: 0x10_0000 },
    ]);
  });

  it('is refused without CPUs or memory', () => {
    expect(() => boardFromDeviceTree(tree(), options)).toThrow(
      'new.dtb: /cpus: the tree has no CPUs\nnew.dtb: /memory: the tree has no memory: its firmware fills it in',
    );
    const board = boardFromDeviceTree(tree(cpus(0)), { ...options, ram: [{ base: 0x1000, size: 0x1000 }] });
    expect(board.ram).toEqual([{ name: 'RAM', base: 0x1000, size: 0x1000 }]);
  });

  it('names the SMMUs that the tree enables', () => {
    const smmu = (unit: string, name: string, base: number, status = 'okay') =>
      node(`${unit}@${base.toString(16)}`, {
        compatible: string(name),
        status: string(status),
        reg: cells(...twoCells(base), 0, 0x20000),
      });
    const board = boardFromDeviceTree(
      tree(
        cpus(0),
        memory,
        smmu('iommu', 'arm,smmu-v3', 0x3660_0000),
        smmu('smmu', 'arm,mmu-500', 0xfd80_0000),
        smmu('smmu', 'arm,mmu-500', 0xfe80_0000, 'disabled'),
      ),
      options,
    );
    expect(board.iommus).toEqual([
      { name: 'smmu0', type: 'SMMUv3', base: 0x3660_0000, size: 0x20000 },
      { name: 'smmu1', type: 'MMU-500', base: 0xfd80_0000, size: 0x20000 },
    ]);
  });
});
