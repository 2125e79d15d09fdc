// Random instruction words of one table entry, from a seed: for tests of the table and for random programs.
import type { Instruction } from './instruction.ts';
import { conditionCube, inCube, insertFields } from './pattern.ts';

/** A small deterministic generator (xorshift32); equal seeds give equal sequences on every host. */
export class Random {
  private state: number;

  constructor(seed: number) {
    // Spread small seeds, and never start at zero.
    this.state = (Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) ^ 0x1234_5677) | 1;
    for (let i = 0; i < 8; i++) this.next();
  }

  /** Unsigned 32 bits. */
  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return x >>> 0;
  }

  /** 0 … bound - 1. */
  below(bound: number): number {
    return Math.floor((this.next() / 2 ** 32) * bound);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  chance(probability: number): boolean {
    return this.next() < probability * 2 ** 32;
  }

  bigint(): bigint {
    return (BigInt(this.next()) << 32n) | BigInt(this.next());
  }
}

/** A word of the entry with random fields; `fixed` sets some of them. */
export function randomWord(
  instruction: Instruction,
  seed: number,
  fixed: Readonly<Record<string, number>> = {},
): number {
  return randomWordFrom(new Random(seed), instruction, fixed);
}

export function randomWordFrom(
  random: Random,
  instruction: Instruction,
  fixed: Readonly<Record<string, number>> = {},
): number {
  const holes = instruction.except.map((condition) => conditionCube(instruction.pattern, condition));
  for (let attempt = 0; attempt < 1000; attempt++) {
    const fields: Record<string, number> = {};
    for (const [name, { width }] of instruction.pattern.fields) fields[name] = fixed[name] ?? random.below(2 ** width);
    const word = insertFields(instruction.pattern, fields);
    if (!holes.some((hole) => inCube(hole, word))) return word;
  }
  throw new Error(`${instruction.name}: no word with ${JSON.stringify(fixed)} was found`);
}
