// QEMU's firmware configuration device in its memory-mapped form, with a signature, its interface's revision, the number
// of CPUs and an empty file directory: enough for firmware to find it and find nothing in it.
// Source: QEMU documentation, specs/fw_cfg (data at 0, selector at 8, big endian; no DMA interface).
import type { Device } from '../api.ts';

/** Well-known selector keys. */
const KEY = { SIGNATURE: 0x0000, ID: 0x0001, NB_CPUS: 0x0005, MAX_CPUS: 0x000f, FILE_DIRECTORY: 0x0019 } as const;
/** FW_CFG_ID: the traditional interface is there, DMA is not. */
const TRADITIONAL = 1;

const OFFSET = { DATA: 0x0, SELECTOR: 0x8 } as const;
export const FW_CFG_SIZE = 0x18;

const words = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, n) => Math.floor(value / 256 ** n) & 0xff);

export class FwCfg implements Device {
  readonly name: string;
  readonly #items: ReadonlyMap<number, Uint8Array>;
  #item: Uint8Array = new Uint8Array(0);
  #position = 0;

  constructor(options: { name: string; cpus: number }) {
    this.name = options.name;
    const items: [number, number[]][] = [
      [KEY.SIGNATURE, [...'QEMU'].map((letter) => letter.charCodeAt(0))],
      [KEY.ID, words(TRADITIONAL, 4)],
      [KEY.NB_CPUS, words(options.cpus, 2)],
      [KEY.MAX_CPUS, words(options.cpus, 2)],
      [KEY.FILE_DIRECTORY, words(0, 4)],
    ];
    this.#items = new Map(items.map(([key, bytes]) => [key, Uint8Array.from(bytes)]));
    this.#select(KEY.SIGNATURE);
  }

  /** Reads of the data register give the next bytes of the item, the first in the lowest address; zeros behind its end. */
  read(offset: number, size: 1 | 2 | 4): number {
    if (offset >= OFFSET.SELECTOR) return 0;
    let value = 0;
    for (let byte = 0; byte < size; byte++) value += (this.#item[this.#position++] ?? 0) * 256 ** byte;
    return value;
  }

  /** The selector is a big-endian 16-bit register; writes to data are ignored (removed from the interface long ago). */
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    if (offset === OFFSET.SELECTOR && size === 2) this.#select(((value & 0xff) << 8) | ((value >>> 8) & 0xff));
  }

  save(): { item: number; position: number } {
    const item = [...this.#items].find(([, bytes]) => bytes === this.#item)?.[0] ?? -1;
    return { item, position: this.#position };
  }

  restore(state: { item: number; position: number }): void {
    this.#select(state.item);
    this.#position = state.position;
  }

  #select(key: number): void {
    this.#item = this.#items.get(key) ?? new Uint8Array(0);
    this.#position = 0;
  }
}
