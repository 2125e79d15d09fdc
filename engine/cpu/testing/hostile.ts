// A guest that does anything: random memory as code and as translation tables, random state, cut runs, interrupts in
// between. What it must never do is reach memory that its address map does not give it; canaries tell.
import { INSTRUCTIONS } from '../aarch64/table/index.ts';
import { Random, randomWordFrom } from '../aarch64/table/random.ts';
import type { RegionTuning } from '../region/cache.ts';
import { STATE_SIZE } from '../core/layout.ts';
import type { Gpa, HostOffset, Pa } from '../../util/units.ts';
import { gva, instructions, MiB } from '../../util/units.ts';
import { PlainBoard } from './board.ts';

/** Guest-physical places and sizes; host offsets are from the start of the board's RAM. */
const RAM = { start: 0x4000_0000, host: 0x4_0000, size: 0x8_0000 };
const ROM = { start: 0x4010_0000, host: 0xd_0000, size: 0x1_0000 };
/** Where the map ends in wrapping addresses. */
const TOP = { start: 0xffff_ffff_f000, host: 0xf_0000, size: 0x1000 };
const BACKING = 2 * MiB;
const CANARY = 0xc5;
/** Different words in the memory. */
const VOCABULARY = 4096;

const SCTLR_RANDOM = 0x0409_d21fn;

export interface HostileOptions {
  readonly model: string;
  readonly regions: boolean | RegionTuning;
  /** What the memory holds: words of the instruction table, any bytes, or tables that lead to themselves. */
  readonly memory: 'instructions' | 'bytes' | 'tables';
}

export class HostileGuest {
  private readonly random: Random;
  private readonly board: PlainBoard;
  private readonly options: HostileOptions;
  private readonly before: Uint8Array;

  constructor(seed: number, options: HostileOptions) {
    this.random = new Random(seed);
    this.options = options;
    this.board = new PlainBoard(options.model, BACKING, 2, 64, options.regions);
    const backing = this.backing(0, BACKING);
    backing.fill(CANARY);
    this.fillMemory();
    const segment = ({ start, host, size }: typeof RAM, writable: boolean) => ({
      start: start as Gpa,
      size,
      host: (this.board.ram + host) as HostOffset,
      physical: start as Pa,
      writable,
    });
    const map = this.board.cluster.createAddressMap([segment(RAM, true), segment(ROM, false), segment(TOP, true)]);
    for (const cpu of this.board.cluster.cpus) cpu.addressMap = map;
    this.start();
    this.before = this.untouchable();
  }

  private backing(host: number, size: number): Uint8Array {
    return new Uint8Array(this.board.memory.buffer, this.board.ram + host, size);
  }

  private fillMemory(): void {
    const { random, options } = this;
    const words = new Uint32Array(this.board.memory.buffer, this.board.ram + RAM.host, RAM.size / 4);
    const vocabulary = Array.from({ length: VOCABULARY }, () =>
      options.memory === 'bytes' ? random.next() : randomWordFrom(random, random.pick(INSTRUCTIONS)),
    );
    for (let i = 0; i < words.length; i++) words[i] = random.pick(vocabulary);
    if (options.memory !== 'tables') return;
    // The first pages are tables whose entries lead to themselves, to each other, to devices, and back to code.
    const entries = new BigUint64Array(words.buffer, words.byteOffset, 0x1_0000 / 8);
    for (let i = 0; i < entries.length; i++) {
      const where = random.pick([
        random.below(16) * 0x1000,
        0x2_0000 + random.below(64) * 0x1000,
        0xd000_0000,
        0xc900_0000,
      ]);
      entries[i] =
        BigInt(RAM.start + where) |
        BigInt(random.pick([0x703, 0x743, 0x701, 0x741, 0x403])) |
        (BigInt(random.below(4)) << 53n);
    }
  }

  private address(): bigint {
    const { random } = this;
    const base = random.pick([RAM.start, RAM.start + RAM.size, ROM.start, TOP.start + 0x1000, 0, 0x0900_0000]);
    const near = BigInt(random.chance(0.5) ? random.below(64) - 32 : random.below(0x10_0000) - 0x1000);
    return BigInt.asUintN(64, BigInt(base) + near + (random.chance(0.1) ? 0xffff_0000_0000_0000n : 0n));
  }

  /** A random state that begins in RAM. */
  private start(): void {
    const { random } = this;
    const { cpu } = this.board;
    const code = (): bigint => BigInt(RAM.start + 0x2_0000 + random.below(0x4_0000)) & ~3n;
    cpu.reset({ pc: gva(code()), pstate: random.pick([0x3c5, 0x3c4, 0, 5]) });
    for (let n = 0; n < 31; n++) cpu.setX(n, random.chance(0.7) ? this.address() : random.bigint());
    cpu.sp = this.address() & ~15n;
    cpu.setSystemRegister('VBAR_EL1', code() & ~0x7ffn);
    cpu.setSystemRegister('ELR_EL1', code());
    cpu.setSystemRegister('SPSR_EL1', BigInt(random.pick([0, 4, 5])));
    cpu.setSystemRegister('CPACR_EL1', random.bigint() & 0x30_0000n);
    cpu.setSystemRegister('TCR_EL1', (random.bigint() & 0x7f_ffbf_ffffn & ~0x3f_003fn) | 0x19_0019n);
    const table = (): bigint => BigInt(RAM.start + random.below(16) * 0x1000);
    cpu.setSystemRegister('TTBR0_EL1', random.chance(0.1) ? this.address() & ~0xfffn : table());
    cpu.setSystemRegister('TTBR1_EL1', random.chance(0.1) ? this.address() & ~0xfffn : table());
    cpu.setSystemRegister('MAIR_EL1', random.bigint());
    const translating = this.options.memory === 'tables' || random.chance(0.2);
    cpu.setSystemRegister('SCTLR_EL1', (random.bigint() & SCTLR_RANDOM & ~1n) | (translating ? 1n : 0n));
  }

  /**
   * Runs about so many instructions, cut anywhere, with interrupts coming and going. Throws if a run retires more than it
   * may, or stands still without waiting.
   */
  run(total: number): number {
    const { random, board } = this;
    const { cpu } = board;
    let executed = 0;
    while (executed < total) {
      const limit = random.pick([1, 2, random.below(100) + 1, random.below(20_000) + 1]);
      const exit = cpu.run(instructions(limit));
      if (exit.executed > limit) throw new Error(`${exit.executed} instructions retired of ${limit}`);
      if (exit.reason === 'limit' && exit.executed !== limit)
        throw new Error(`the run ended after ${exit.executed} of ${limit}`);
      executed += exit.executed;
      if (exit.reason === 'wait' || random.chance(0.05)) cpu.setIrq(random.chance(0.5));
      if (cpu.waiting !== 'no') {
        cpu.setIrq(true);
        cpu.signalEvent();
      }
      if (random.chance(0.02)) this.start();
    }
    return executed;
  }

  /** What has become of its registers and memory. */
  outcome(): { registers: readonly bigint[]; memory: Uint8Array } {
    const { cpu } = this.board;
    const general = Array.from({ length: 31 }, (_, n) => cpu.x(n));
    const vectors = Array.from({ length: 32 }, (_, n) => cpu.v(n));
    return { registers: [cpu.pc, cpu.sp, ...general, ...vectors], memory: this.backing(0, BACKING).slice() };
  }

  /** Everything that no guest may change: memory outside its map, ROM, the other CPU's state, the address maps. */
  private untouchable(): Uint8Array {
    const { area } = this.board.cluster;
    const all = new Uint8Array(this.board.memory.buffer);
    const parts = [
      all.subarray(area.saved + STATE_SIZE, area.saved + 2 * STATE_SIZE),
      all.subarray(area.maps, area.maps + 0x1_0000),
      all.subarray(area.end, this.board.ram),
      this.backing(0, RAM.host),
      this.backing(RAM.host + RAM.size, TOP.host - RAM.host - RAM.size),
      this.backing(TOP.host + TOP.size, BACKING - TOP.host - TOP.size),
    ];
    return Uint8Array.from(parts.flatMap((part) => [...part]));
  }

  /** Offset of the first byte that changed among those that no guest may change, or -1. */
  firstChange(): number {
    return this.untouchable().findIndex((byte, i) => byte !== this.before[i]);
  }
}
