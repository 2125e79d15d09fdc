import { describe, expect, it } from 'vitest';
import type { Cpu } from '../../cpu/port.ts';
import { PSCI, PSCI_FUNCTIONS, callFirmware, psciFunctionName } from './psci.ts';
import type { PsciMachine } from './psci.ts';

function make() {
  const log: string[] = [];
  const on = new Set([0]);
  const machine: PsciMachine = {
    cpus: [0x8000_0000n, 0x8000_0001n, 0x5_8000_0100n].map((mpidr, index) => ({ index, mpidr })),
    isOn: (cpu) => on.has(cpu),
    on: (cpu, entry, context) => {
      on.add(cpu);
      log.push(`on ${cpu} at ${entry.toString(16)} with ${context.toString(16)}`);
    },
    off: (cpu) => {
      on.delete(cpu);
      log.push(`off ${cpu}`);
    },
    standby: (cpu) => log.push(`standby ${cpu}`),
    systemOff: () => log.push('system off'),
    systemReset: () => log.push('system reset'),
  };
  const call = (index: number, id: number, ...values: bigint[]): bigint => {
    const x = [BigInt(id), ...values, 0n, 0n, 0n];
    const cpu = { index, x: (n: number) => x[n]!, setX: (n: number, value: bigint) => (x[n] = value) };
    callFirmware(machine, cpu as unknown as Cpu);
    return BigInt.asIntN(64, x[0]!);
  };
  return { log, call };
}

describe('PSCI', () => {
  it('starts and stops CPUs by affinity', () => {
    const { call, log } = make();
    expect(call(0, 0xc400_0004, 1n, 0n)).toBe(1n);
    expect(call(0, 0xc400_0003, 1n, 0x4000_0000n, 0x77n)).toBe(PSCI.SUCCESS);
    expect(call(0, 0xc400_0003, 1n, 0x4000_0000n, 0n)).toBe(PSCI.ALREADY_ON);
    expect(call(0, 0xc400_0003, 0x5_0000_0100n, 0x1_0000_0000n, 2n ** 63n)).toBe(PSCI.SUCCESS);
    expect(call(0, 0xc400_0003, 0x100n, 0x4000_0000n, 0n)).toBe(PSCI.INVALID_PARAMETERS);
    expect(call(1, 0x8400_0002)).toBe(BigInt(0x8400_0002)); // does not come back
    expect(call(0, 0x8400_0004, 1n, 0n)).toBe(1n);
    expect(log).toEqual(['on 1 at 40000000 with 77', 'on 2 at 100000000 with 8000000000000000', 'off 1']);
  });

  it('cuts arguments of 32-bit calls', () => {
    const { call, log } = make();
    expect(call(0, 0x8400_0003, 0xffff_ffff_0000_0001n, 0xdead_0000_4000_0000n, 0xdead_0000_0000_0001n)).toBe(0n);
    expect(log).toEqual(['on 1 at 40000000 with 1']);
  });

  it('suspends, switches off and resets', () => {
    const { call, log } = make();
    expect(call(0, 0x8400_0001, 0x1_0000n)).toBe(0n);
    expect(call(0, 0x8400_0001, 0x8000_0000n)).toBe(PSCI.INVALID_PARAMETERS);
    call(0, 0x8400_0008);
    call(0, 0x8400_0009);
    expect(log).toEqual(['standby 0', 'system off', 'system reset']);
  });

  it('answers what it does not know', () => {
    const { call } = make();
    expect(call(0, 0x8600_0001)).toBe(PSCI.NOT_SUPPORTED);
    expect(psciFunctionName(0x8400_0003n)).toBe('CPU_ON');
    expect(psciFunctionName(0x8600_0001n)).toBe('0x86000001');
  });

  it('has every function id once', () => {
    const ids = PSCI_FUNCTIONS.flatMap((one) => one.ids);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
