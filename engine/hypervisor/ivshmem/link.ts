// An ivshmem link: the peers that share one device number, and the state table between them.
// Source: ABI reference, D.3 (creation, state, doorbell).
import type { PhysicalMemory } from '../../machine/api.ts';
import { pa } from '../../util/units.ts';

/** Peers that the specification allows. */
export const MAX_PEERS = 12;

export interface Peer {
  /** Name of its cell. */
  readonly cell: string;
  /** Delivers a vector, if the peer is set up to receive it. */
  interrupt(vector: number): void;
}

export class Link {
  readonly bdf: number;
  readonly #memory: PhysicalMemory;
  /** Physical address of the state table. */
  readonly #stateTable: number;
  readonly #peers = new Map<number, Peer>();

  /** Zeroes the state table of `entries` words. */
  constructor(bdf: number, memory: PhysicalMemory, stateTable: number, entries: number) {
    this.bdf = bdf;
    this.#memory = memory;
    this.#stateTable = stateTable;
    for (let id = 0; id < entries; id++) this.setState(id, 0);
  }

  get isEmpty(): boolean {
    return this.#peers.size === 0;
  }

  /** Cells by peer id. */
  get cells(): string[] {
    return [...this.#peers].sort(([a], [b]) => a - b).map(([, { cell }]) => cell);
  }

  has(id: number): boolean {
    return this.#peers.has(id);
  }

  connect(id: number, peer: Peer): void {
    this.#peers.set(id, peer);
  }

  disconnect(id: number): void {
    this.#peers.delete(id);
  }

  interrupt(id: number, vector: number): void {
    this.#peers.get(id)?.interrupt(vector);
  }

  state(id: number): number {
    const at = pa(this.#stateTable + 4 * id);
    return this.#memory.isRam(at, 4) ? this.#memory.read32(at) : 0;
  }

  setState(id: number, value: number): void {
    const at = pa(this.#stateTable + 4 * id);
    if (this.#memory.isRam(at, 4)) this.#memory.write32(at, value);
  }
}
