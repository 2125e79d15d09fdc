// Making operation streams: a deterministic source of choices, and a recorder that runs the model along.
import type { ModelBoard } from './model-board.ts';
import type { Operation } from './oracle.ts';

/** A small deterministic generator (xorshift32): tests name their seed. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) | 1;
  }

  below(limit: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % limit;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }
}

/** Operations and the model's answers to them, in order. */
export class Recorder {
  readonly operations: Operation[] = [];
  readonly answers: bigint[] = [];
  readonly board: ModelBoard;

  constructor(board: ModelBoard) {
    this.board = board;
  }

  run(operation: Operation): bigint {
    const answer = this.board.run(operation);
    this.operations.push(operation);
    this.answers.push(answer);
    return answer;
  }

  read(cpu: number, address: number, size: 1 | 4 = 4): bigint {
    return this.run({ kind: 'read', cpu, address, size });
  }

  write(cpu: number, address: number, value: number, size: 1 | 4 = 4): bigint {
    return this.run({ kind: 'write', cpu, address, size, value: BigInt(value >>> 0) });
  }

  mrs(cpu: number, key: number, guest = false): bigint {
    return this.run({ kind: 'mrs', cpu, key, guest });
  }

  msr(cpu: number, key: number, value: number | bigint, guest = false): bigint {
    return this.run({ kind: 'msr', cpu, key, value: BigInt(value), guest });
  }
}
