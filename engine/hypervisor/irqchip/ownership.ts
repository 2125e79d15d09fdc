// Which interrupts a cell owns: a bitmap over the GIC's 1024 interrupt ids. Source: ABI reference, A.6 and C.4.
import type { CellConfig } from '../../config/index.ts';

export const INTERRUPTS = 1024;
export const FIRST_SPI = 32;
/** SGIs that the hypervisor uses physically (C.4). */
export const SGI_INJECT = 0;
export const SGI_EVENT = 1;

const WORDS = INTERRUPTS / 32;
const PINS_PER_CHIP = 128;

/** Private interrupts that a cell may touch: all but the hypervisor's two SGIs and the maintenance interrupt. */
export const privateMask = (maintenance: number): number =>
  ~((1 << SGI_INJECT) | (1 << SGI_EVENT) | (maintenance < 32 ? 1 << maintenance : 0)) >>> 0;

export class InterruptOwnership {
  /** Word w, bit b is interrupt id 32 * w + b. */
  readonly #words = new Uint32Array(WORDS);
  /** What the configuration asks for: the root gets back what it had of this. */
  readonly #configured: Uint32Array;

  private constructor(configured: Uint32Array) {
    this.#configured = configured;
    this.#words.set(configured);
  }

  /**
   * The bitmap of a configuration; entries for other interrupt controllers are ignored.
   * @returns the index of the first irqchip entry whose pin base does not fit, instead of a bitmap
   */
  static of(config: CellConfig, distributor: bigint, maintenance: number): InterruptOwnership | { badEntry: number } {
    const words = new Uint32Array(WORDS);
    for (const [badEntry, chip] of config.irqchips.entries()) {
      if (chip.address !== distributor) continue;
      if (chip.pinBase % 32 !== 0 || chip.pinBase + PINS_PER_CHIP > INTERRUPTS) return { badEntry };
      chip.pinBitmap.forEach((bits, i) => (words[chip.pinBase / 32 + i]! |= bits));
    }
    words[0] = privateMask(maintenance);
    return new InterruptOwnership(words);
  }

  owns(intid: number): boolean {
    return intid < INTERRUPTS && (this.#words[intid >>> 5]! & (1 << (intid & 31))) !== 0;
  }

  /** Bits of `count` interrupts from `first` on (a multiple of `count`; at most 32). */
  bits(first: number, count: number): number {
    const word = this.#words[first >>> 5] ?? 0;
    return count === 32 ? word : (word >>> (first & 31)) & (2 ** count - 1);
  }

  /** Shared interrupts, by word from 1 on. */
  *spiWords(): Generator<{ first: number; bits: number }> {
    for (let word = 1; word < WORDS; word++)
      if (this.#words[word]) yield { first: word * 32, bits: this.#words[word]! };
  }

  *spis(): Generator<number> {
    for (const { first, bits } of this.spiWords())
      for (let bit = 0; bit < 32; bit++) if (bits & (1 << bit)) yield first + bit;
  }

  /** A new cell takes its shared interrupts from the root. */
  remove(other: InterruptOwnership): void {
    for (let word = 1; word < WORDS; word++) this.#words[word]! &= ~other.#words[word]!;
  }

  /** A destroyed cell's shared interrupts return, as far as this configuration lists them. */
  restore(other: InterruptOwnership): void {
    for (let word = 1; word < WORDS; word++) this.#words[word]! |= other.#words[word]! & this.#configured[word]!;
  }
}
