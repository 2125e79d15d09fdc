// Breakpoints: places in front of whose instruction a CPU stops. Where one may lie, the decoder puts a handler of its own
// into the record and regions end in front of it; whether a breakpoint really is there is asked when it is come to. So
// both tiers stop at the same instruction, and what lies elsewhere costs nothing.
import { PAGE_SIZE } from '../../util/units.ts';
import type { Gva, HostOffset } from '../../util/units.ts';

/** A place in the code of one CPU, or of all: by virtual address whatever is mapped there, or by where the bytes are. */
export interface CodePlace {
  /** Index of the CPU; absent: any. */
  readonly cpu?: number;
  readonly address: { readonly virtual: Gva } | { readonly host: HostOffset };
}

/** Number of the word in its page. */
const wordOf = ({ address }: CodePlace): number =>
  ('virtual' in address ? Number(address.virtual & BigInt(PAGE_SIZE - 1)) : address.host & (PAGE_SIZE - 1)) >>> 2;

export class Breakpoints {
  /** By number of the word in its page: virtual addresses are not known before code is mapped there. */
  private readonly byWord = new Map<number, Set<CodePlace>>();

  /** Returns the number of the word, in all pages, whose decoded form must be forgotten. */
  add(place: CodePlace): number {
    const word = wordOf(place);
    const there = this.byWord.get(word);
    if (there) there.add(place);
    else this.byWord.set(word, new Set([place]));
    return word;
  }

  remove(place: CodePlace): void {
    const word = wordOf(place);
    const there = this.byWord.get(word);
    there?.delete(place);
    if (there?.size === 0) this.byWord.delete(word);
  }

  get none(): boolean {
    return this.byWord.size === 0;
  }

  /** Whether a breakpoint may lie at a word of a page. */
  at(word: number): boolean {
    return this.byWord.has(word);
  }

  /** Whether one lies where a CPU stands: `pc` has its instruction at `host`. */
  hit(cpu: number, pc: Gva, host: number): boolean {
    const there = this.byWord.get((host & (PAGE_SIZE - 1)) >>> 2) ?? [];
    for (const place of there) {
      if (place.cpu !== undefined && place.cpu !== cpu) continue;
      if ('virtual' in place.address ? place.address.virtual === pc : place.address.host === host) return true;
    }
    return false;
  }
}
