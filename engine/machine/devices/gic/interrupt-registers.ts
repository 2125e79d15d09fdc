// The registers that hold a bit, two bits or a byte for every interrupt. GICD has them for the shared interrupts (GICv2
// also for the private ones of the CPU that asks), GICR for one CPU's private ones: declared once for both.
// Source: Arm IHI 0069 12.9 and 12.11, IHI 0048 4.3.
import type { RegisterDeclaration } from '../../registers.ts';
import type { InterruptState } from './interrupts.ts';

/** What the registers act on. */
export interface InterruptBank {
  readonly state: InterruptState;
  readonly version: 2 | 3;
  /** The state word behind register `index` of a one-bit-each array; -1 where nothing is implemented. */
  bank(index: number): number;
  refresh(word: number, bits: number): void;
  /** Interrupts of a word changed group. */
  regrouped(word: number): void;
}

type BitsName<Prefix extends string> =
  `${Prefix}_${'IGROUPR' | 'ISENABLER' | 'ICENABLER' | 'ISPENDR' | 'ICPENDR' | 'ISACTIVER' | 'ICACTIVER' | 'IPRIORITYR' | 'ICFGR'}`;

/** Bits 1 of each pair of ICFGR, from 16 bits of edge configuration. */
function spread(bits: number): number {
  let pairs = 0;
  for (let bit = 0; bit < 16; bit++) if ((bits >>> bit) & 1) pairs |= 2 << (bit * 2);
  return pairs >>> 0;
}

function gather(pairs: number): number {
  let bits = 0;
  for (let bit = 0; bit < 16; bit++) if ((pairs >>> (bit * 2 + 1)) & 1) bits |= 1 << bit;
  return bits;
}

/** SGIs: always edges; in GICv2 always enabled and pended through their own registers. */
const SGI_BITS = 0xffff;

/**
 * @param prefix GICD or GICR
 * @param base offset of the frame that the registers sit in (GICR: SGI_base, 0x10000)
 * @param words how many one-bit-each registers there are at most (32 for INTIDs 0 to 1019, 1 for a redistributor)
 */
export function interruptRegisters<Prefix extends string>(
  prefix: Prefix,
  base: number,
  words: number,
): Record<BitsName<Prefix>, RegisterDeclaration<InterruptBank>> {
  type Bits = (state: InterruptState, word: number) => number;
  type Change = (owner: InterruptBank, word: number, bits: number) => void;

  /** SGIs of GICv2 whose state these registers must not touch. */
  const fixed = ({ state, version }: InterruptBank, word: number): number =>
    version === 2 && word < state.cpus ? SGI_BITS : 0;

  const bits = (offset: number, read: Bits, change: Change): RegisterDeclaration<InterruptBank> => ({
    offset: base + offset,
    count: words,
    narrow: 'none',
    read: (owner, index) => {
      const word = owner.bank(index);
      return word < 0 ? 0 : read(owner.state, word);
    },
    write: (owner, value, index) => {
      const word = owner.bank(index);
      if (word < 0) return;
      change(owner, word, value);
      owner.refresh(word, value);
    },
  });
  const set =
    (array: (state: InterruptState) => Uint32Array, protect = false): Change =>
    (owner, word, value) => {
      const words32 = array(owner.state);
      words32[word] = words32[word]! | (value & ~(protect ? fixed(owner, word) : 0));
    };
  const clear =
    (array: (state: InterruptState) => Uint32Array, protect = false): Change =>
    (owner, word, value) => {
      const words32 = array(owner.state);
      words32[word] = words32[word]! & ~(value & ~(protect ? fixed(owner, word) : 0));
    };

  const enabled = (state: InterruptState): Uint32Array => state.enabled;
  const latched = (state: InterruptState): Uint32Array => state.latched;
  const active = (state: InterruptState): Uint32Array => state.active;

  const registers: Record<string, RegisterDeclaration<InterruptBank>> = {
    IGROUPR: bits(
      0x080,
      (state, word) => state.group[word]!,
      (owner, word, value) => {
        owner.state.group[word] = value;
        owner.regrouped(word);
      },
    ),
    ISENABLER: bits(0x100, (state, word) => state.enabled[word]!, set(enabled, true)),
    ICENABLER: bits(0x180, (state, word) => state.enabled[word]!, clear(enabled, true)),
    ISPENDR: bits(0x200, (state, word) => state.pending(word), set(latched, true)),
    ICPENDR: bits(0x280, (state, word) => state.pending(word), clear(latched, true)),
    ISACTIVER: bits(0x300, (state, word) => state.active[word]!, set(active)),
    ICACTIVER: bits(0x380, (state, word) => state.active[word]!, clear(active)),
    IPRIORITYR: {
      offset: base + 0x400,
      count: words * 8 - (words === 32 ? 1 : 0),
      narrow: 'lanes',
      read: (owner, index) => {
        const word = owner.bank(index >>> 3);
        if (word < 0) return 0;
        const { priority } = owner.state;
        const at = word * 32 + (index & 7) * 4;
        return (priority[at]! | (priority[at + 1]! << 8) | (priority[at + 2]! << 16) | (priority[at + 3]! << 24)) >>> 0;
      },
      write: (owner, value, index, _half, lanes) => {
        const word = owner.bank(index >>> 3);
        if (word < 0) return;
        const at = word * 32 + (index & 7) * 4;
        for (let byte = 0; byte < 4; byte++)
          if ((lanes >>> (byte * 8)) & 0xff) owner.state.priority[at + byte] = value >>> (byte * 8);
        owner.refresh(word, 0xf << ((index & 7) * 4));
      },
    },
    ICFGR: {
      offset: base + 0xc00,
      count: words * 2,
      narrow: 'none',
      read: (owner, index) => {
        const word = owner.bank(index >>> 1);
        return word < 0 ? 0 : spread(owner.state.edge[word]! >>> ((index & 1) * 16));
      },
      write: (owner, value, index) => {
        const word = owner.bank(index >>> 1);
        if (word < 0 || index === 0) return;
        const shift = (index & 1) * 16;
        owner.state.edge[word] = (owner.state.edge[word]! & ~(0xffff << shift)) | (gather(value) << shift);
        owner.refresh(word, 0xffff << shift);
      },
    },
  };
  return Object.fromEntries(
    Object.entries(registers).map(([name, declaration]) => [`${prefix}_${name}`, declaration]),
  ) as Record<BitsName<Prefix>, RegisterDeclaration<InterruptBank>>;
}
