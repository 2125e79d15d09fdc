import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONSOLE_FLAG, CONSOLE_TYPE } from '../../config/index.ts';
import type { Bus } from '../../machine/api.ts';
import { PL011 } from '../testing/sample-configs.ts';
import { session } from '../testing/session.ts';
import { HypervisorConsole, withCarriageReturns } from './console.ts';
import { ConsoleRing, readRing, RING_SIZE } from './ring.ts';
import { openUart } from './uart.ts';

describe('ring', () => {
  it('gives a reader exactly what it has not seen, or says how much is gone', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 1500 }), { maxLength: 8 }),
        fc.nat({ max: 8 }),
        (chunks, seen) => {
          const ring = new ConsoleRing();
          const all: number[] = [];
          let head = 0;
          for (const [i, chunk] of chunks.entries()) {
            for (const byte of chunk) ring.put(byte);
            all.push(...chunk);
            if (i < seen) head = ring.tail;
          }
          const { bytes, missed } = readRing(ring.snapshot(), head);
          expect(missed).toBe(Math.max(0, all.length - head - RING_SIZE));
          expect([...bytes]).toEqual(all.slice(head + missed));
        },
      ),
    );
  });
});

describe('hypervisor console', () => {
  it('converts line ends on the wire and not in the ring', () => {
    let wire = '';
    let run = '';
    const console = new HypervisorConsole(({ name }, bytes) => (run += `${name}:${new TextDecoder().decode(bytes)}`), {
      send: (byte) => (wire += String.fromCharCode(byte)),
    });
    console.print('a\nb\n');
    expect(wire).toBe('a\r\nb\r\n');
    expect(run).toBe('hypervisor:a\r\nb\r\n');
    expect(new TextDecoder().decode(readRing(console.ring.snapshot(), 0).bytes)).toBe('a\nb\n');
    expect([...withCarriageReturns(Uint8Array.of(10, 10))]).toEqual([13, 10, 13, 10]);
  });

  it('writes on the board’s UART in the hypervisor’s name', () => {
    const s = session();
    expect(s.machine.wire).toContain('\r\nInitializing Jailhouse hypervisor v0.12 on CPU 0\r\n');
    expect(s.machine.writers).toEqual(['hypervisor']);
  });
});

describe('UART drivers', () => {
  /** A bus that remembers accesses; every status reads as given. */
  const record = (type: number, status: number, change = {}) => {
    const log: string[] = [];
    const bus = {
      read: (address: number, size: number, result: { lo: number }) => {
        log.push(`r${size} ${(address - 0x1000).toString(16)}`);
        result.lo = status;
        return true;
      },
      write: (address: number, size: number, lo: number) => {
        log.push(`w${size} ${(address - 0x1000).toString(16)}=${lo.toString(16)}`);
        return true;
      },
    } as unknown as Bus;
    const flags = CONSOLE_FLAG.MMIO | CONSOLE_FLAG.REGDIST_4;
    const uart = openUart({ ...PL011, address: 0x1000n, type, flags, ...change }, bus, { name: 'hypervisor', cpu: -1 });
    uart.send(0x41);
    return log;
  };

  it.each([
    ['8250', 0x20, ['r4 14', 'w4 0=41']],
    ['PL011', 0, ['r4 18', 'w4 0=41']],
    ['XUARTPS', 0x8, ['r4 2c', 'w4 30=41']],
    ['MVEBU', 0, ['r4 c', 'w4 4=41']],
    ['HSCIF', 0x60, ['r2 10', 'w1 c=41', 'r2 10', 'w2 10=0']],
    ['SCIFA', 0x60, ['r2 14', 'w1 20=41', 'r2 14', 'w2 14=0']],
    ['SCIF', 0x40, ['r2 10', 'w1 c=41', 'r2 10', 'w2 10=0']],
    ['IMX', 0x41, ['r4 b4', 'r4 80', 'w4 40=41']],
    ['IMX_LPUART', 1 << 23, ['r4 14', 'w4 1c=41']],
  ] as const)('%s', (type, status, expected) => {
    expect(record(CONSOLE_TYPE[type], status)).toEqual(expected);
  });

  it('8250 with byte registers and divider', () => {
    const log = record(CONSOLE_TYPE['8250'], 0x20, { flags: CONSOLE_FLAG.MMIO, divider: 0x10d });
    expect(log).toEqual(['w1 3=80', 'w1 0=d', 'w1 1=1', 'w1 3=3', 'r1 5', 'w1 0=41']);
  });

  it('PL011 with divider', () => {
    const log = record(CONSOLE_TYPE.PL011, 0, { divider: 13 });
    expect(log.slice(0, 5)).toEqual(['w4 30=0', 'r4 18', 'w4 24=d', 'w4 2c=60', 'w4 30=d01']);
  });

  it('a UART that is never ready does not hold the hypervisor up for ever', () => {
    expect(record(CONSOLE_TYPE.PL011, 0x20).at(-1)).toBe('w4 0=41');
  });

  it('is silent without the MMIO flag and for types without a driver', () => {
    expect(record(CONSOLE_TYPE.PL011, 0, { flags: 0 })).toEqual([]);
    expect(record(CONSOLE_TYPE.NONE, 0)).toEqual([]);
    expect(record(99, 0)).toEqual([]);
  });
});
