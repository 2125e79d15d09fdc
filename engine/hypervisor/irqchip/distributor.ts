// The distributor as cells see it: trapped for everyone, each access cut down to what the cell owns.
// Source: ABI reference, C.4 (table); which register is treated how is in registers.ts.
import type { PerCpu } from '../cell/percpu.ts';
import type { MmioAccess, MmioHandler } from '../mmio/table.ts';
import { affinityFromHalves, cpuByAffinity } from './affinity.ts';
import { FIRST_SPI, type InterruptOwnership } from './ownership.ts';
import { DISTRIBUTOR, registerAt, type Moderation, type RegisterRange } from './registers.ts';

/** The physical distributor, reached in a CPU's name (GICv2 banks registers by CPU). */
export interface PhysicalGic {
  read(offset: number, size: 1 | 2 | 4, cpu: PerCpu): number;
  write(offset: number, size: 1 | 2 | 4, value: number, cpu: PerCpu): void;
}

export interface DistributorView {
  readonly version: 2 | 3;
  readonly gic: PhysicalGic;
  readonly interrupts: InterruptOwnership;
  /** The cell's CPUs. */
  cpus(): readonly PerCpu[];
  print(text: string): void;
  /** An SPI was to be routed to CPUs that are not the cell's. */
  misrouted(access: MmioAccess, intid: number): void;
  /** GICv2: a write of GICD_SGIR. */
  sendSgi(sender: PerCpu, value: number): void;
}

type Word = MmioAccess & { size: 1 | 2 | 4 };
type Rule = (view: DistributorView, access: Word, register: RegisterRange) => 'handled' | 'error';

const onesFor = (bytes: number): number => (bytes === 4 ? 0xffffffff : 2 ** (8 * bytes) - 1);

/** Bits of the accessed bytes that belong to interrupts of the cell. */
function ownedBits(
  { interrupts }: DistributorView,
  { offset, size }: Word,
  { from, bitsPerInterrupt }: RegisterRange,
): number {
  const width = bitsPerInterrupt ?? 8;
  const count = (size * 8) / width;
  const owned = interrupts.bits(((offset - from) * 8) / width, count);
  if (width === 1) return owned;
  let mask = 0;
  for (let i = 0; i < count; i++) if (owned & (1 << i)) mask |= (2 ** width - 1) << (i * width);
  return mask >>> 0;
}

const pass: Rule = ({ gic }, access) => {
  if (access.write) gic.write(access.offset, access.size, access.lo, access.cpu);
  else access.lo = gic.read(access.offset, access.size, access.cpu);
  return 'handled';
};

const readOnly: Rule = (view, access, register) => (access.write ? 'handled' : pass(view, access, register));

const setBits: Rule = (view, access, register) => {
  const mask = ownedBits(view, access, register);
  if (access.write) view.gic.write(access.offset, access.size, (access.lo & mask) >>> 0, access.cpu);
  else access.lo = (view.gic.read(access.offset, access.size, access.cpu) & mask) >>> 0;
  return 'handled';
};

const merge: Rule = (view, access, register) => {
  const mask = ownedBits(view, access, register);
  const now = view.gic.read(access.offset, access.size, access.cpu);
  if (access.write) {
    const value = ((now & ~mask) | (access.lo & mask)) & onesFor(access.size);
    view.gic.write(access.offset, access.size, value >>> 0, access.cpu);
  } else {
    access.lo = (now & mask) >>> 0;
  }
  return 'handled';
};

function misrouted(view: DistributorView, access: MmioAccess, intid: number): 'error' {
  view.print(`Attempt to route IRQ${intid} outside of cell\n`);
  view.misrouted(access, intid);
  return 'error';
}

/** GICv2: one byte an interrupt, one bit a CPU interface. */
const targets: Rule = (view, access, register) => {
  const first = access.offset - register.from;
  if (first < FIRST_SPI) return pass(view, access, register);
  const mask = ownedBits(view, access, register);
  if (access.write) {
    const ownCpus = view.cpus().reduce((bits, cpu) => bits | (1 << cpu.id), 0);
    for (let i = 0; i < access.size; i++) {
      const byte = (access.lo >>> (8 * i)) & 0xff;
      if (view.interrupts.owns(first + i) && byte & ~ownCpus) return misrouted(view, access, first + i);
    }
  }
  const now = view.gic.read(access.offset, access.size, access.cpu);
  if (access.write) view.gic.write(access.offset, access.size, ((now & ~mask) | (access.lo & mask)) >>> 0, access.cpu);
  else access.lo = (now & mask) >>> 0;
  return 'handled';
};

const softwareInterrupt: Rule = (view, access) => {
  if (access.write) view.sendSgi(access.cpu, access.lo);
  return 'handled';
};

const BY_MODERATION: Readonly<Record<Exclude<Moderation, 'route'>, Rule>> = {
  readable: readOnly,
  set: setBits,
  merge,
  targets,
  sgi: softwareInterrupt,
};

/** GICv3: 64 bits an interrupt, read and written whole or in halves. */
function route(view: DistributorView, access: MmioAccess, { from }: RegisterRange): 'handled' | 'error' {
  const intid = Math.floor((access.offset - from) / 8);
  if (intid < FIRST_SPI || !view.interrupts.owns(intid)) return 'handled';
  const { gic } = view;
  const low = from + intid * 8;
  const upperHalf = access.offset - low >= 4;
  if (!access.write) {
    access.lo = gic.read(low + (upperHalf ? 4 : 0), 4, access.cpu);
    access.hi = access.size === 8 ? gic.read(low + 4, 4, access.cpu) : 0;
    return 'handled';
  }
  const lo = upperHalf ? gic.read(low, 4, access.cpu) : access.lo;
  const hi = upperHalf ? access.lo : access.size === 8 ? access.hi : gic.read(low + 4, 4, access.cpu);
  if (!cpuByAffinity(view.cpus(), affinityFromHalves(lo, hi))) return misrouted(view, access, intid);
  gic.write(low, 4, lo, access.cpu);
  gic.write(low + 4, 4, hi, access.cpu);
  return 'handled';
}

/** The handler of a cell's distributor window. */
export function distributorHandler(view: DistributorView): MmioHandler {
  const ranges = DISTRIBUTOR[view.version];
  const word = (access: Word): 'handled' | 'error' => {
    const register = registerAt(ranges, access.offset);
    if (!register || register.moderation === 'route') return 'handled';
    return BY_MODERATION[register.moderation](view, access, register);
  };
  return (access) => {
    const register = registerAt(ranges, access.offset);
    if (register?.moderation === 'route') return route(view, access, register);
    if (access.size !== 8) return word(access as Word);
    const halves = [0, 4].map((delta) => ({
      ...access,
      offset: access.offset + delta,
      size: 4 as const,
      lo: delta === 0 ? access.lo : access.hi,
    }));
    for (const half of halves) if (word(half) === 'error') return 'error';
    [access.lo, access.hi] = [halves[0]!.lo, halves[1]!.lo];
    return 'handled';
  };
}
