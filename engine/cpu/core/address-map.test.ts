// Address maps: what they refuse, and what happens when they change.
import { describe, expect, it } from 'vitest';
import { OUTCOME } from '../port.ts';
import { RAM_BASE } from '../testing/board.ts';
import { boardWith, counting, portWith, run } from '../testing/program.ts';
import type { Gpa, HostOffset, Pa } from '../../util/units.ts';
import { MiB } from '../../util/units.ts';

describe('address maps', () => {
  it('drop translations when they change, and keep read-only segments from being written', () => {
    const board = boardWith((a) => {
      a.mov(0, 0x1000_0000);
      a.label('again');
      a.ldr(1, 0);
      a.str(2, 0);
      a.b('again');
    });
    const ram = {
      start: RAM_BASE as Gpa,
      size: 4 * MiB,
      host: board.ram as HostOffset,
      physical: RAM_BASE as Pa,
      writable: true,
    };
    const window = (offset: number, writable: boolean) => ({
      start: 0x1000_0000 as Gpa,
      size: 4096,
      host: (board.ram + offset) as HostOffset,
      physical: (RAM_BASE + offset) as Pa,
      writable,
    });
    board.bytes(RAM_BASE, 1)[0] = 11;
    board.bytes(RAM_BASE + 0x1000, 1)[0] = 22;
    const map = board.cluster.createAddressMap([window(0, true), ram]);
    const { cpu } = board;
    cpu.addressMap = map;
    run(cpu, 2);
    expect(cpu.x(1)).toBe(11n);
    map.update([window(0x1000, false), ram]);
    const writes: number[] = [];
    cpu.port = portWith({
      access(_, { address, write }) {
        if (write) writes.push(address);
        return OUTCOME.DONE;
      },
    });
    run(cpu, 3);
    expect(cpu.x(1)).toBe(22n);
    expect(writes).toEqual([0x1000_0000]);
    expect(board.bytes(RAM_BASE + 0x1000, 1)[0]).toBe(22);
  });

  it('refuse segments that overlap or are not page multiples', () => {
    const board = boardWith(counting);
    const segment = (start: number, size: number) => ({
      start: start as Gpa,
      size,
      host: board.ram as HostOffset,
      physical: start as Pa,
      writable: true,
    });
    expect(() => board.cluster.createAddressMap([segment(0, 0x2000), segment(0x1000, 0x1000)])).toThrow('overlaps');
    expect(() => board.cluster.createAddressMap([segment(0x10, 0x1000)])).toThrow('page multiples');
  });
});
