// Random GIC operation streams: many small moves on few interrupts, so that priorities, groups, preemption and active
// states meet. The generator runs the model along, so that ends of interrupt name what was acknowledged.
import type { ModelBoard } from './model-board.ts';
import { systemRegisterKey } from './oracle.ts';
import { Dice, Recorder } from './recorder.ts';

export const icc = (crm: number, op2: number, crn = 12): number => systemRegisterKey(3, 0, crn, crm, op2);
export const ICC = {
  PMR: icc(6, 0, 4),
  IAR: [icc(8, 0), icc(12, 0)],
  EOIR: [icc(8, 1), icc(12, 1)],
  HPPIR: [icc(8, 2), icc(12, 2)],
  BPR: [icc(8, 3), icc(12, 3)],
  APR: [icc(8, 4), icc(9, 0)],
  DIR: icc(11, 1),
  RPR: icc(11, 3),
  SGI1R: icc(11, 5),
  ASGI1R: icc(11, 6),
  SGI0R: icc(11, 7),
  CTLR: icc(12, 4),
  IGRPEN: [icc(12, 6), icc(12, 7)],
};
export const ISR_EL1 = icc(1, 0);
const CNTV_CTL = systemRegisterKey(3, 3, 14, 3, 1);
const CNTP_CTL = systemRegisterKey(3, 3, 14, 2, 1);

export const GICD = 0x0800_0000;
const GICC = 0x0801_0000;
export const GICR = 0x080a_0000;
const UART = 0x0900_0000;

const SGIS = [0, 1, 5];
const PPIS = [27, 30];
/** The UART's wire and some with no wire. */
const UART_INTID = 33;
const SPIS = [UART_INTID, 36, 37, 70];
export const PRIORITIES = [0x00, 0x20, 0x40, 0x48, 0x50, 0x80, 0x81, 0xa0, 0xf0, 0xf8, 0xff];

/** `count` moves on a fresh board; each is followed by a look at the outputs. */
export function gicStream(board: ModelBoard, version: 2 | 3, cpus: number, seed: number, count: number): Recorder {
  const dice = new Dice(seed);
  const stream = new Recorder(board);
  const read = stream.read.bind(stream);
  const write = stream.write.bind(stream);
  const mrs = stream.mrs.bind(stream);
  const msr = stream.msr.bind(stream);
  const running: number[][] = Array.from({ length: cpus }, () => []);

  /** Frame in which an interrupt's registers are, as seen by a CPU about a CPU. */
  const frame = (intid: number, cpu: number): number =>
    intid < 32 && version === 3 ? GICR + cpu * 0x20000 + 0x10000 : GICD;
  const bit = (intid: number): number => (1 << (intid & 31)) >>> 0;
  const word = (intid: number): number => (intid >>> 5) * 4;
  const anyIntid = (): number => dice.pick([...SGIS, ...PPIS, ...SPIS]);

  const bits = (cpu: number, offset: number): void => {
    const intid = anyIntid();
    const about = version === 3 ? dice.below(cpus) : cpu;
    let mask = dice.below(4) === 0 ? 0xffffffff : bit(intid);
    // Not compared: QEMU's GICv2 does not pend private interrupts by ISPENDR0 (IHI 0048, 4.3.7: PPIs may be).
    // Nor does it pend a shared interrupt without a target.
    // The group of an active interrupt stays: QEMU's GICv2 asks for it again at its end.
    if (version === 2 && offset === 0x80 && running.flat().length > 0) return;
    // QEMU makes a shared interrupt active for every CPU, and only the one that ends it inactive again.
    if (version === 2 && offset === 0x300 && intid >= 32) return;
    if (version === 2 && (offset & ~0x80) === 0x200) mask = intid < 32 ? 0 : bit(intid);
    write(cpu, frame(intid, about) + offset + word(intid), mask);
    read(cpu, frame(intid, about) + offset + word(intid));
  };

  // GICv2: what was written to each GICC_CTLR and to GICD_CTLR. Not compared: QEMU acknowledges for disabled groups too.
  const control = Array.from({ length: cpus }, () => 3);
  let groups = 3;

  const acknowledge = (cpu: number): void => {
    if (version === 2 && (control[cpu]! & groups & 3) !== 3) return;
    // Not compared: GICC_AIAR, GICC_AEOIR and GICC_AHPPIR, which QEMU's GICv2 does not have.
    const answer = version === 3 ? mrs(cpu, dice.pick(ICC.IAR)) : read(cpu, GICC + 0x0c);
    if ((answer & 0x3ffn) < 1020n) running[cpu]!.push(Number(answer));
  };
  const end = (cpu: number): void => {
    const stack = running[cpu]!;
    // GICv2: only what was acknowledged last; anything else is unpredictable (IHI 0048, 4.4.5), and QEMU's choice differs.
    if (version === 2 && stack.length === 0) return;
    const intid = version === 3 && (dice.below(8) === 0 || stack.length === 0) ? anyIntid() : stack.at(-1)!;
    if (version === 3) msr(cpu, dice.pick(ICC.EOIR), intid);
    else write(cpu, GICC + 0x10, intid);
    if (version === 2 || dice.below(2) === 0) stack.pop();
    if (dice.below(3) === 0) {
      if (version === 3) msr(cpu, ICC.DIR, intid);
      else write(cpu, GICC + 0x1000, intid);
    }
  };

  const moves: ((cpu: number) => void)[] = [
    acknowledge,
    acknowledge,
    acknowledge,
    end,
    end,
    end,
    (cpu) => bits(cpu, 0x80),
    (cpu) => bits(cpu, 0x100),
    (cpu) => bits(cpu, 0x100),
    (cpu) => bits(cpu, 0x180),
    (cpu) => bits(cpu, 0x200),
    (cpu) => bits(cpu, 0x200),
    (cpu) => bits(cpu, 0x280),
    (cpu) => bits(cpu, 0x300),
    (cpu) => bits(cpu, 0x380),
    (cpu) => {
      const intid = anyIntid();
      const at = frame(intid, dice.below(cpus)) + 0x400 + intid;
      write(cpu, at, dice.pick(PRIORITIES), 1);
      read(cpu, at - (intid & 3));
    },
    (cpu) => {
      // QEMU's GICv2 has one GICD_ICFGR1 for all CPUs; IHI 0048, 4.3.13 banks it.
      // A shared interrupt whose wire may be up stays as it is: QEMU looks at the wire only when it moves.
      const unwired = SPIS.filter((spi) => spi !== UART_INTID);
      const intid = dice.pick(version === 3 ? [...PPIS, ...unwired] : unwired);
      const at = frame(intid, dice.below(cpus)) + 0xc00 + (intid >>> 4) * 4;
      write(cpu, at, dice.below(2) === 0 ? 0 : 2 << ((intid & 15) * 2));
      read(cpu, at);
    },
    (cpu) => {
      const intid = dice.pick(SPIS);
      if (version === 3) {
        write(cpu, GICD + 0x6000 + intid * 8, dice.below(cpus + 1));
        read(cpu, GICD + 0x6000 + intid * 8);
      } else {
        // Targets stay as the start set them: QEMU's GICv2 keeps pending state by target, and loses it when they change.
        read(cpu, GICD + 0x800 + (intid & ~3));
      }
    },
    (cpu) => {
      // Not compared in GICv2: one group disabled. QEMU lets its interrupts stand in the way of the other group's.
      groups = dice.below(4) > 0 ? 3 : version === 3 ? dice.below(4) : 0;
      write(cpu, GICD, groups);
      read(cpu, GICD);
    },
    (cpu) => {
      if (version === 3) {
        msr(cpu, ICC.PMR, dice.pick(PRIORITIES));
        mrs(cpu, ICC.PMR);
      } else {
        write(cpu, GICC + 4, dice.pick(PRIORITIES));
        read(cpu, GICC + 4);
      }
    },
    (cpu) => {
      const group = dice.below(2);
      const value = dice.below(8);
      if (version === 3) {
        msr(cpu, ICC.BPR[group]!, value);
        mrs(cpu, ICC.BPR[1 - group]!);
      } else {
        write(cpu, GICC + (group ? 0x1c : 0x08), value);
        read(cpu, GICC + (group ? 0x08 : 0x1c));
      }
    },
    (cpu) => {
      if (version === 3) {
        msr(cpu, ICC.CTLR, dice.below(4));
        mrs(cpu, ICC.CTLR);
      } else {
        control[cpu] = dice.below(32) | (dice.below(2) << 9) | (dice.below(4) === 0 ? 0 : 3);
        write(cpu, GICC, control[cpu]);
        read(cpu, GICC);
      }
    },
    (cpu) => {
      if (version === 3) {
        msr(cpu, dice.pick(ICC.IGRPEN), dice.below(4) === 0 ? 0 : 1);
      }
    },
    (cpu) => {
      if (version === 3) {
        for (const key of [...ICC.HPPIR, ...ICC.APR, ICC.RPR]) mrs(cpu, key);
      } else {
        // Not compared: GICC_HPPIR, which in QEMU's GICv2 heeds priority mask and group enables.
        for (const offset of [0x14, 0xd0, 0xe0]) read(cpu, GICC + offset);
      }
    },
    (cpu) => {
      const id = dice.pick(SGIS);
      if (version === 3) {
        const all = dice.below(4) === 0 ? 1n << 40n : 0n;
        const key = dice.pick([ICC.SGI0R, ICC.SGI1R, ICC.SGI1R, ICC.ASGI1R]);
        msr(cpu, key, (BigInt(id) << 24n) | all | BigInt(dice.below(1 << cpus)));
      } else {
        write(cpu, GICD + 0xf00, (dice.below(3) << 24) | (dice.below(1 << cpus) << 16) | id);
      }
    },
    (cpu) => {
      // Wires: timers (private, level) and the UART's transmit interrupt (SPI 1).
      if (dice.below(3) > 0) msr(cpu, dice.pick([CNTV_CTL, CNTP_CTL]), dice.below(4));
      else if (dice.below(2) === 0) write(cpu, UART + 0x38, dice.below(2) * 0x20);
      else if (dice.below(2) === 0) write(cpu, UART, 0x2e);
      else write(cpu, UART + 0x44, 0x20);
    },
  ];
  if (version === 2) {
    moves.push((cpu) => {
      const index = dice.pick(SGIS);
      // Never an empty set: QEMU's GICv2 then pends an SGI without a source and dies of an assertion.
      write(cpu, GICD + dice.pick([0xf10, 0xf20]) + index, 1 + dice.below((1 << cpus) - 1), 1);
      read(cpu, GICD + 0xf20 + (index & ~3));
    });
  }

  // A start in which something can happen.
  for (let cpu = 0; cpu < cpus; cpu++) {
    if (version === 3) {
      write(cpu, GICR + cpu * 0x20000 + 0x14, 0);
      msr(cpu, ICC.PMR, 0xf8);
      for (const key of ICC.IGRPEN) msr(cpu, key, 1);
      write(cpu, frame(0, cpu) + 0x100, 0xffffffff);
      write(cpu, frame(0, cpu) + 0x80, dice.below(2) ? 0xffffffff : 0x5a5a5a5a);
    } else {
      write(cpu, GICC + 4, 0xf8);
      write(cpu, GICC, 3);
      write(cpu, GICD + 0x100, 0xffffffff);
    }
  }
  // One target each: QEMU's GICv2 delivers a shared interrupt to every target (N-N; the manual's 1.4.3 asks for 1-N).
  if (version === 2) for (const intid of SPIS) write(0, GICD + 0x800 + intid, 1 << dice.below(cpus), 1);
  write(0, GICD, 3);
  for (let move = 0; move < count; move++) {
    const cpu = dice.below(cpus);
    dice.pick(moves)(cpu);
    mrs(cpu, ISR_EL1);
    if (dice.below(4) === 0) mrs(dice.below(cpus), ISR_EL1);
  }
  return stream;
}
