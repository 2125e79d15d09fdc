// Random address spaces for the upper half of the virtual addresses: granule, size, attributes, holes, blocks, tables that
// lead nowhere (Arm ARM DDI 0487, D8). The harness stays in the lower half. What is mapped is the window's backing pages,
// which hold SVC instructions: a load tells by what it reads which word it reached, a branch by what it runs.
import type { CpuModel } from '../aarch64/system/models.ts';
import type { Random } from '../aarch64/table/random.ts';
import { encode } from '../testing/assembler.ts';
import { LAYOUT } from './layout.ts';

export interface AddressSpace {
  /** Fields of TCR_EL1 for the upper half, and IPS. */
  readonly tcr: bigint;
  readonly ttbr1: bigint;
  readonly mair: bigint;
  /** Bits of SCTLR_EL1 beyond the harness' own. */
  readonly sctlr: bigint;
  /** Descriptors by physical address. */
  readonly descriptors: ReadonlyMap<number, bigint>;
  /** Addresses that lead somewhere interesting. */
  readonly addresses: readonly bigint[];
  /** For reports. */
  readonly description: string;
}

/** Physical memory for the tables of one space, and spaces in an image. */
const SPACE_SIZE = 0x10_0000;
export const SPACES = 8;
/** Bytes from LAYOUT.backing on that leaves map. */
const TARGET_SIZE = 0x6000;
/** Physical address where neither board has anything. */
const HOLE = 0x7000_0000;

/** TG1 by granule bits. */
const TG1: Readonly<Record<number, bigint>> = { 12: 2n, 14: 1n, 16: 3n };
/** Output bits by TCR_EL1.IPS; 6 and 7 are reserved. */
const OUTPUT_BITS = [32, 36, 40, 42, 44, 48];
/** Normal memory of several kinds. Device memory is left out: QEMU 7.2 knows no alignment faults there. */
const ATTRIBUTES = [0xff, 0xff, 0x44, 0xbb, 0x4f, 0x77];
const SCTLR = { A: 1n << 1n, WXN: 1n << 19n } as const;

interface Table {
  readonly address: number;
  /** By index: the next table, a leaf's physical address, or that there is nothing. */
  readonly next: Map<number, Table | Leaf | 'nothing'>;
}
interface Leaf {
  readonly physical: number;
}

const shifted = (value: number | bigint, by: number): bigint => BigInt(value) << BigInt(by);

/** The pattern of the backing pages: SVC with the number of the word. */
export const servicePattern = (bytes: number): Uint8Array =>
  new Uint8Array(Uint32Array.from({ length: bytes / 4 }, (_, imm16) => encode('SVC', { imm16 })).buffer);

/** The space with number `index` of an image. */
export function randomSpace(random: Random, index: number, model: CpuModel): AddressSpace {
  return new SpaceBuilder(random, index, granulesOf(model)).build();
}

/** Granules that ID_AA64MMFR0_EL1 promises, the most usual more often. */
function granulesOf({ registers }: CpuModel): readonly number[] {
  const has16 = (registers.ID_AA64MMFR0_EL1! >> 20n) & 15n;
  return has16 ? [12, 14, 14, 16] : [12, 12, 16];
}

class SpaceBuilder {
  private readonly random: Random;
  private readonly granule: number;
  private readonly sizeField: number;
  private readonly inputBits: number;
  private readonly startLevel: number;
  private readonly ips: number;
  private readonly descriptors = new Map<number, bigint>();
  private readonly addresses: bigint[] = [];
  /** The model of tests: on QEMU it has extensions that give a meaning to more sizes and blocks. */
  private readonly extended: boolean;
  private nextTable: number;
  private readonly end: number;
  private readonly root: Table;

  constructor(random: Random, index: number, granules: readonly number[]) {
    this.random = random;
    this.granule = random.pick(granules);
    this.extended = granules.includes(14);
    this.sizeField = !this.extended && random.chance(0.06) ? random.below(64) : 16 + random.below(24);
    this.inputBits = 64 - Math.min(Math.max(this.sizeField, 16), 39);
    const stride = this.granule - 3;
    this.startLevel = 4 - Math.ceil((this.inputBits - this.granule) / stride);
    this.ips = random.chance(0.3) ? random.below(8) : 2;
    this.nextTable = LAYOUT.spaces + index * SPACE_SIZE;
    this.end = this.nextTable + SPACE_SIZE;
    this.root = this.table()!;
  }

  private table(): Table | undefined {
    const address = this.nextTable;
    if (address + 2 ** this.granule > this.end) return undefined;
    this.nextTable += 2 ** this.granule;
    return { address, next: new Map() };
  }

  private shift(level: number): number {
    return this.granule + (this.granule - 3) * (3 - level);
  }

  build(): AddressSpace {
    const { random } = this;
    for (let i = 0; i < 10; i++) this.path();
    // Below the space, at its very end, and with a tag.
    this.addresses.push(BigInt.asUintN(64, -shifted(1, this.inputBits) - 0x1_0000n), 0xffff_ffff_ffff_fff0n);
    this.addresses.push(BigInt.asUintN(64, random.pick(this.addresses) ^ shifted(random.below(256), 56)));
    const flag = (chance: number, bit: number): bigint => (random.chance(chance) ? shifted(1, bit) : 0n);
    const memory = shifted(random.below(64), 24);
    const tcr =
      shifted(this.sizeField, 16) |
      memory |
      (TG1[this.granule]! << 30n) |
      shifted(this.ips, 32) |
      (flag(0.3, 22) | flag(0.05, 23) | flag(0.5, 36) | flag(0.4, 38));
    const ttbr1 = BigInt(random.chance(0.03) ? HOLE : this.root.address) | shifted(random.below(0x1_0000), 48);
    let mair = 0n;
    for (let i = 0; i < 8; i++) mair |= shifted(random.pick(ATTRIBUTES), 8 * i);
    const sctlr = (random.chance(0.2) ? SCTLR.WXN : 0n) | (random.chance(0.1) ? SCTLR.A : 0n);
    const hex = (value: bigint): string => `0x${value.toString(16)}`;
    return {
      tcr,
      ttbr1,
      mair,
      sctlr,
      descriptors: this.descriptors,
      addresses: this.addresses,
      description: [
        `address space: TCR ${hex(tcr)} TTBR1 ${hex(ttbr1)} MAIR ${hex(mair)} SCTLR ${hex(sctlr)}`,
        ...[...this.descriptors].map(([at, value]) => `  0x${at.toString(16)}: ${hex(value)}`),
      ].join('\n'),
    };
  }

  /** Walks down from the root by random indices, making what is missing, and notes the address. */
  private path(): void {
    const { random } = this;
    let table = this.root;
    let va = -shifted(1, this.inputBits);
    for (let level = this.startLevel; level <= 3; level++) {
      const shift = this.shift(level);
      const entries = 2 ** (Math.min(this.inputBits, this.granule + (this.granule - 3) * (4 - level)) - shift);
      const index = random.pick([0, 1, entries - 1, entries >> 1, random.below(entries)]) % entries;
      va += shifted(index, shift);
      let next = table.next.get(index);
      if (!next) {
        next = this.entry(table, index, level, shift);
        table.next.set(index, next);
      }
      if (next !== 'nothing' && 'next' in next) {
        table = next;
        continue;
      }
      const target = LAYOUT.backing + random.below(TARGET_SIZE);
      const mapped = next !== 'nothing' && next.physical !== HOLE;
      this.note(va + BigInt(mapped ? (target % 2 ** shift) & ~7 : random.below(4096)));
      return;
    }
  }

  private note(va: bigint): void {
    this.addresses.push(BigInt.asUintN(64, va));
  }

  /** Writes a descriptor; returns what it leads to. */
  private entry(table: Table, index: number, level: number, shift: number): Table | Leaf | 'nothing' {
    const { random } = this;
    const put = (value: bigint): void =>
      void this.descriptors.set(table.address + 8 * index, BigInt.asUintN(64, value));
    const mayBlock = level === 2 || (level === 1 && this.granule === 12);
    if (random.chance(0.06)) {
      put(random.bigint() & ~1n);
      return 'nothing';
    }
    // Blocks at other levels are invalid; QEMU 7.2 takes them, as extensions of later cores do.
    const leaf = level === 3 || (mayBlock && random.chance(0.4));
    if (leaf) {
      const size = 2 ** shift;
      const hole = random.chance(0.04) && level === 3;
      const physical = hole ? HOLE : Math.floor((LAYOUT.backing + random.below(TARGET_SIZE)) / size) * size;
      const type = level === 3 ? (random.chance(0.96) ? 3n : 1n) : 1n;
      put(BigInt(physical) | this.tooBig() | this.attributes() | type);
      return { physical };
    }
    const next = this.table();
    if (!next) {
      put(0n);
      return 'nothing';
    }
    const address = random.chance(0.02) ? HOLE : next.address;
    let hierarchy = 0n;
    for (const bit of [59, 60, 61, 62, 63]) if (random.chance(0.12)) hierarchy |= shifted(1, bit);
    // Bits 11:2 and 58:52 of a table descriptor are ignored.
    put(
      BigInt(address) | this.tooBig() | hierarchy | shifted(random.below(128), 52) | shifted(random.below(256), 2) | 3n,
    );
    return next;
  }

  /** Rarely an address bit beyond the output size. */
  private tooBig(): bigint {
    const bits = OUTPUT_BITS[this.ips] ?? 48;
    return bits < 48 && this.random.chance(0.05) ? shifted(1, bits + this.random.below(48 - bits)) : 0n;
  }

  private attributes(): bigint {
    const { random } = this;
    const bit = (chance: number, at: number): bigint => (random.chance(chance) ? shifted(1, at) : 0n);
    return (
      shifted(random.below(8), 2) |
      bit(0.3, 5) |
      shifted(random.pick([0, 1, 1, 1, 2, 3]), 6) |
      shifted(random.below(4), 8) |
      bit(0.93, 10) |
      bit(0.4, 11) |
      bit(0.1, 52) |
      bit(0.25, 53) |
      bit(0.25, 54) |
      shifted(random.below(16), 55)
    );
  }
}
