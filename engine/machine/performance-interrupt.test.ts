// The performance monitors' interrupt on boards that wire it (Arm ARM DDI 0487, D11.3): an overflow of a counter that is
// set in PMINTENSET_EL1 is the board's private interrupt.
import { describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseBoard } from '../board/index.ts';
import { Assembler, XZR } from '../cpu/testing/assembler.ts';
import { guestNs, gva, pa } from '../util/units.ts';
import { BoardMachine } from './machine.ts';

const START = 0x4008_0000;
/** PMCR_EL0.E, and the cycle counter's bit. */
const ENABLE = 1;
const CYCLES = 0x8000_0000;
const PPI = 23;
const ICC_PMR = { o0: 1, op1: 0, CRn: 4, CRm: 6, op2: 0 } as const;
const ICC_IGRPEN1 = { o0: 1, op1: 0, CRn: 12, CRm: 12, op2: 7 } as const;
/** Offset of GICR_ISPENDR0 in a redistributor, and of GICD_ISPENDR0, which in GICv2 is the reading CPU's own. */
const PENDING = { redistributor: 0x1_0200, distributor: 0x200 };

function machineOf(name: string, write: (a: Assembler) => void): BoardMachine {
  const file = join(import.meta.dirname, '../../boards', name, 'board.json');
  const machine = new BoardMachine(parseBoard(name, readFileSync(file, 'utf8')));
  const a = new Assembler(START);
  write(a);
  machine.memory.write(pa(START), new Uint8Array(new Uint32Array(a.finish()).buffer));
  machine.cpus[0]!.reset({ pc: gva(BigInt(START)) });
  machine.setPower(0, 'on');
  return machine;
}

const overflow = (interrupting: boolean) => (a: Assembler) => {
  a.mov(2, 0xffff_ff00);
  a.msr('PMCCNTR_EL0', 2);
  a.mov(2, CYCLES);
  if (interrupting) a.msr('PMINTENSET_EL1', 2);
  a.msr('PMCNTENSET_EL0', 2);
  a.mov(0, ENABLE);
  a.msr('PMCR_EL0', 0);
  for (let i = 0; i < 400; i++) a.add(9, 9, 1);
  a.mrs(3, 'PMOVSCLR_EL0');
  a.msr('PMOVSCLR_EL0', 2);
  a.label('stay');
  a.b('stay');
};

describe.each(['qemu-arm64', 'qemu-arm64-gicv2'])('performance monitors of %s', (name) => {
  const pending = ({ gic }: BoardMachine): boolean => {
    const word =
      gic.version === 3
        ? gic.readRedistributor(0, PENDING.redistributor, 4)
        : gic.readDistributor(PENDING.distributor, 4);
    return ((word >>> PPI) & 1) === 1;
  };

  it('raise INTID 23 by an overflow, until the flag is cleared', () => {
    const machine = machineOf(name, overflow(true));
    machine.run(guestNs(200));
    expect(pending(machine)).toBe(false);
    machine.run(guestNs(350));
    expect(machine.cpus[0]!.x(9)).toBeGreaterThan(0n);
    expect(pending(machine)).toBe(true);
    machine.run(guestNs(1000));
    expect(pending(machine)).toBe(false);
  });

  it('raise nothing unless PMINTENSET_EL1 says so', () => {
    const machine = machineOf(name, overflow(false));
    machine.run(guestNs(350));
    expect(pending(machine)).toBe(false);
    machine.run(guestNs(1000));
    expect(machine.cpus[0]!.x(3)).toBe(BigInt(CYCLES));
  });
});

it('the interrupt is taken where the CPU interface signals it', () => {
  const machine = machineOf('qemu-arm64', (a) => {
    // Non-secure group 1 everywhere, PPI 23 enabled, in the redistributor's SGI frame of CPU 0.
    a.mov(0, 0x0800_0000);
    a.mov(1, 0x12);
    a.emit('STR Wt (unsigned offset)', { Rt: 1, Rn: 0, imm12: 0 });
    a.mov(0, 0x080b_0000);
    a.mov(1, 0xffff_ffff);
    a.emit('STR Wt (unsigned offset)', { Rt: 1, Rn: 0, imm12: 0x80 / 4 });
    a.mov(1, 2 ** PPI);
    a.emit('STR Wt (unsigned offset)', { Rt: 1, Rn: 0, imm12: 0x100 / 4 });
    a.mov(1, 0xff);
    a.emit('MSR (register)', { ...ICC_PMR, Rt: 1 });
    a.mov(1, 1);
    a.emit('MSR (register)', { ...ICC_IGRPEN1, Rt: 1 });
    a.mov(0, 0x080a_0000);
    a.emit('STR Wt (unsigned offset)', { Rt: XZR, Rn: 0, imm12: 0x14 / 4 });
    a.emit('MSR DAIFClr', { CRm: 2 });
    overflow(true)(a);
  });
  const cpu = machine.cpus[0]!;
  cpu.setSystemRegister('VBAR_EL1', 0x4100_0000n);
  machine.run(guestNs(700));
  expect(cpu.systemRegister('ELR_EL1')).toBeGreaterThan(BigInt(START));
  expect(machine.gic.acknowledge(0)).toBe(PPI);
});
