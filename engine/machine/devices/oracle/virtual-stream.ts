// Random streams for the virtual interface: a hypervisor that fills list registers, and its guest that acknowledges and
// ends what it finds there. One CPU; GICv3 by system registers, GICv2 by the GICH and GICV windows.
import { GICD, GICR, ICC, ISR_EL1, PRIORITIES, icc } from './gic-stream.ts';
import { GICH_LISTS, GICH_MISR, encodeList, encodeList2 } from './model-board.ts';
import type { ModelBoard } from './model-board.ts';
import { systemRegisterKey } from './oracle.ts';
import { Dice, Recorder } from './recorder.ts';
import type { ListRegister } from '../gic/virtual-interface.ts';

const GICH = 0x0803_0000;
const GICV = 0x0804_0000;

const HCR_EL2 = systemRegisterKey(3, 4, 1, 1, 0);
const ICH_HCR_EL2 = systemRegisterKey(3, 4, 12, 11, 0);
const ICH_MISR_EL2 = systemRegisterKey(3, 4, 12, 11, 2);
const ICH_LR_EL2 = [0, 1, 2, 3].map((n) => systemRegisterKey(3, 4, 12, 12, n));
const ICC_SRE_EL1 = icc(12, 5);

/** HCR_EL2: RW, IMO and FMO. */
const HYPERVISOR_CONTROL = (1n << 31n) | 0x18n;

/** The moves of both sides, in the words of one GIC version. */
interface Sides {
  prepare(): void;
  acknowledge(): bigint;
  end(intid: number): void;
  deactivate(intid: number): void;
  setPriorityMask(value: number): void;
  setBinaryPoint(group: number, value: number): void;
  setControl(): void;
  look(): void;
  fill(index: number, list: ListRegister): void;
  lookAtLists(): void;
  setUnderflow(on: boolean): void;
}

function version3(stream: Recorder, dice: Dice): Sides {
  const mrs = (key: number): bigint => stream.mrs(0, key, true);
  const msr = (key: number, value: number | bigint): bigint => stream.msr(0, key, value, true);
  return {
    prepare() {
      stream.msr(0, ICH_HCR_EL2, 1);
      stream.msr(0, ICC.PMR, 0xff);
      stream.msr(0, ICC.CTLR, 2);
      for (const key of ICC.IGRPEN) stream.msr(0, key, 1);
      msr(ICC.PMR, 0xf8);
      for (const key of ICC.IGRPEN) msr(key, 1);
    },
    acknowledge: () => mrs(dice.pick(ICC.IAR)),
    end: (intid) => msr(dice.pick(ICC.EOIR), intid),
    deactivate: (intid) => msr(ICC.DIR, intid),
    setPriorityMask(value) {
      msr(ICC.PMR, value);
      mrs(ICC.PMR);
    },
    setBinaryPoint(group, value) {
      msr(ICC.BPR[group]!, value);
      mrs(ICC.BPR[1 - group]!);
    },
    setControl() {
      if (dice.below(2) === 0) {
        msr(dice.pick(ICC.IGRPEN), dice.below(4) === 0 ? 0 : 1);
      } else {
        msr(ICC.CTLR, dice.below(4));
        mrs(ICC.CTLR);
      }
    },
    look() {
      for (const key of [...ICC.HPPIR, ...ICC.APR, ICC.RPR, ICC_SRE_EL1]) mrs(key);
    },
    fill: (index, list) => stream.msr(0, ICH_LR_EL2[index]!, encodeList(list)),
    lookAtLists() {
      for (const key of [...ICH_LR_EL2, ICH_MISR_EL2]) stream.mrs(0, key);
    },
    setUnderflow(on) {
      stream.msr(0, ICH_HCR_EL2, on ? 3 : 1);
      stream.mrs(0, ICH_MISR_EL2);
      stream.read(0, GICR + 0x10200);
    },
  };
}

function version2(stream: Recorder, dice: Dice): Sides {
  const read = (offset: number): bigint => stream.read(0, GICV + offset);
  const write = (offset: number, value: number): bigint => stream.write(0, GICV + offset, value);
  return {
    prepare() {
      stream.write(0, GICH, 1);
      write(0x04, 0xf8);
      write(0x00, 3);
    },
    acknowledge: () => read(0x0c),
    end: (intid) => write(0x10, intid),
    deactivate: (intid) => write(0x1000, intid),
    setPriorityMask(value) {
      write(0x04, value);
      read(0x04);
    },
    setBinaryPoint(group, value) {
      // QEMU's GICV_ABPR keeps values below the least that five bits of priority need (IHI 0048, 3.3.3).
      write(group ? 0x1c : 0x08, group ? Math.max(value, 3) : value);
      read(group ? 0x08 : 0x1c);
    },
    setControl() {
      // Both groups stay enabled: QEMU acknowledges for disabled ones too.
      write(0x00, 3 | (dice.below(8) << 2) | (dice.below(2) << 9));
      read(0x00);
    },
    look() {
      for (const offset of [0x14, 0xd0]) read(offset);
    },
    fill: (index, list) => stream.write(0, GICH + GICH_LISTS + index * 4, encodeList2(list)),
    lookAtLists() {
      for (let index = 0; index < 4; index++) stream.read(0, GICH + GICH_LISTS + index * 4);
      stream.read(0, GICH + GICH_MISR);
    },
    setUnderflow(on) {
      stream.write(0, GICH, on ? 3 : 1);
      stream.read(0, GICH + GICH_MISR);
      stream.read(0, GICD + 0x200);
    },
  };
}

const VIRTUAL_IDS = [0, 3, 27, 33, 36, 37, 70];

/** `count` moves on a fresh board with the virtual interface; each is followed by a look at the guest's lines. */
export function virtualStream(board: ModelBoard, version: 2 | 3, seed: number, count: number): Recorder {
  const dice = new Dice(seed);
  const stream = new Recorder(board);
  const sides = version === 3 ? version3(stream, dice) : version2(stream, dice);
  const running: number[] = [];
  const { lists } = board.gic.virtual[0]!;

  const fill = (): void => {
    // Only a free list register, and no second one for the same interrupt: else unpredictable (IHI 0069, 6.3).
    const free = lists.findIndex((list) => list.state === 0);
    const intid = dice.pick(VIRTUAL_IDS);
    if (free < 0 || lists.some((list) => list.state !== 0 && list.intid === intid)) return;
    // QEMU's GICv2 makes a physical interrupt active for every CPU by ISACTIVER, and inactive for one only.
    const hardware = version === 3 && intid >= 32 && dice.below(2) === 0;
    sides.fill(free, {
      state: hardware ? 1 : 1 + dice.below(3),
      intid,
      physical: hardware ? intid : -1,
      priority: dice.pick(PRIORITIES) & 0xf8,
      group: dice.below(2) === 0 ? 0 : 1,
    });
    if (hardware) stream.write(0, GICD + 0x300 + (intid >>> 5) * 4, 1 << (intid & 31));
  };
  const acknowledge = (): void => {
    const answer = sides.acknowledge();
    if (answer < 1020n) running.push(Number(answer));
  };
  const end = (): void => {
    const any = version === 3 && (dice.below(8) === 0 || running.length === 0);
    const intid = any ? dice.pick(VIRTUAL_IDS) : running.at(-1);
    if (intid === undefined) return;
    sides.end(intid);
    if (version === 2 || dice.below(2) === 0) running.pop();
    if (dice.below(3) === 0) sides.deactivate(intid);
  };
  const moves: (() => void)[] = [
    ...[fill, fill, fill, acknowledge, acknowledge, acknowledge, end, end, end],
    () => sides.setPriorityMask(dice.pick(PRIORITIES)),
    () => sides.setBinaryPoint(dice.below(2), dice.below(8)),
    () => sides.setControl(),
    () => sides.look(),
    () => sides.lookAtLists(),
    () => sides.setUnderflow(dice.below(2) === 0),
    () => {
      stream.read(0, GICD + 0x304);
      stream.read(0, GICD + 0x308);
    },
  ];

  stream.msr(0, HCR_EL2, HYPERVISOR_CONTROL);
  // The maintenance interrupt (PPI 25) stays disabled: a physical interrupt would take the place of a guest's operation.
  stream.write(0, GICD, 3);
  sides.prepare();
  for (let move = 0; move < count; move++) {
    dice.pick(moves)();
    stream.mrs(0, ISR_EL1, true);
  }
  return stream;
}
