// A NOR flash bank with the Intel command set: two 16-bit devices side by side on a 32-bit bus, as on QEMU's virt machine.
// Source: JEDEC JESD68 (Common Flash Interface), Intel StrataFlash (J3) data sheet, "Command definitions".
// Like QEMU's model, and unlike silicon, programming replaces bits in both directions and takes no time.
import type { Device } from '../api.ts';

/** Where the bank's bytes are: host memory unless the machine keeps them where a CPU can execute from. */
export interface FlashStorage {
  read(offset: number, size: 1 | 2 | 4): number;
  write(offset: number, size: 1 | 2 | 4, value: number): void;
  fill(offset: number, length: number, value: number): void;
}

/** A plain array; untouched pages of it cost nothing. */
export class ArrayStorage implements FlashStorage {
  readonly #bytes: Uint8Array;

  constructor(size: number) {
    this.#bytes = new Uint8Array(size);
  }

  read(offset: number, size: 1 | 2 | 4): number {
    let value = 0;
    for (let byte = 0; byte < size; byte++) value += this.#bytes[offset + byte]! * 256 ** byte;
    return value;
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    for (let byte = 0; byte < size; byte++) this.#bytes[offset + byte] = value >>> (8 * byte);
  }

  fill(offset: number, length: number, value: number): void {
    this.#bytes.fill(value, offset, offset + length);
  }
}

const COMMAND = {
  READ_ARRAY: 0xff,
  READ_ID: 0x90,
  READ_QUERY: 0x98,
  READ_STATUS: 0x70,
  CLEAR_STATUS: 0x50,
  PROGRAM: 0x40,
  PROGRAM_ALTERNATE: 0x10,
  BUFFERED_PROGRAM: 0xe8,
  ERASE_BLOCK: 0x20,
  CONFIRM: 0xd0,
  LOCK_SETUP: 0x60,
} as const;

/** Status register: ready, no errors. */
const READY = 0x80;
/** Identification: manufacturer Intel, device 28F640J3's family code as QEMU gives it. */
const IDENTIFICATION = [0x89, 0x18];
/** Erase block of one 16-bit device; the bank's is twice that. */
const DEVICE_BLOCK = 0x20000;
const DEVICES = 2;
/** Largest buffered program in words of one device: 2^11 bytes. */
const BUFFER_BYTES = 0x800;

const ascii = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));

/** The query structure from word 0x10 on (JESD68, 4.3), one byte a word. */
function queryTable(bankSize: number): number[] {
  const deviceSize = bankSize / DEVICES;
  const blocks = deviceSize / DEVICE_BLOCK - 1;
  return [
    ...ascii('QRY'),
    ...[0x01, 0x00, 0x31, 0x00, 0, 0, 0, 0], // Intel command set, extended table at 0x31
    ...[0x45, 0x55, 0x00, 0x00], // supply voltages
    ...[0x07, 0x07, 0x0a, 0x00, 0x04, 0x04, 0x04, 0x00], // typical and maximum time-outs
    ...[Math.log2(deviceSize), 0x02, 0x00], // size, x8/x16 interface
    ...[Math.log2(BUFFER_BYTES), 0x00], // bytes of a buffered program
    ...[0x01, blocks & 0xff, blocks >>> 8, (DEVICE_BLOCK / 256) & 0xff, DEVICE_BLOCK / 65536], // one erase region
    ...ascii('PRI10'),
    ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01],
  ];
}

const QUERY_BASE = 0x10;

type Mode = 'array' | 'id' | 'query' | 'status';
type Expecting = 'command' | 'data' | 'erase-confirm' | 'lock-confirm' | 'count' | 'buffer' | 'buffer-confirm';

export interface CfiFlashOptions {
  name: string;
  /** Bytes of the bank, a power of two. */
  size: number;
  storage?: FlashStorage;
  /** Told whether reads give the array, so that a machine can let CPUs read and execute it directly meanwhile. */
  onReadMode?: (array: boolean) => void;
}

export class CfiFlash implements Device {
  readonly name: string;
  readonly storage: FlashStorage;
  readonly #size: number;
  readonly #query: readonly number[];
  readonly #onReadMode: CfiFlashOptions['onReadMode'];
  #mode: Mode = 'array';
  #expecting: Expecting = 'command';
  /** Block to erase, or words still to come and words gathered for a buffered program. */
  #block = 0;
  #wordsLeft = 0;
  #gathered: { offset: number; size: 1 | 2 | 4; value: number }[] = [];

  /** Command bytes to what they do; anything unknown leaves the mode alone. */
  readonly #commands: ReadonlyMap<number, (offset: number) => void> = new Map([
    [COMMAND.READ_ARRAY, () => this.#enter('array')],
    [COMMAND.READ_ID, () => this.#enter('id')],
    [COMMAND.READ_QUERY, () => this.#enter('query')],
    [COMMAND.READ_STATUS, () => this.#enter('status')],
    [COMMAND.CLEAR_STATUS, () => this.#enter('array')],
    [COMMAND.PROGRAM, () => this.#enter('status', 'data')],
    [COMMAND.PROGRAM_ALTERNATE, () => this.#enter('status', 'data')],
    [COMMAND.BUFFERED_PROGRAM, () => this.#enter('status', 'count')],
    [COMMAND.LOCK_SETUP, () => this.#enter('status', 'lock-confirm')],
    [
      COMMAND.ERASE_BLOCK,
      (offset) => {
        this.#block = offset - (offset % (DEVICE_BLOCK * DEVICES));
        this.#enter('status', 'erase-confirm');
      },
    ],
  ] as [number, (offset: number) => void][]);

  readonly #next: Readonly<Record<Expecting, (offset: number, size: 1 | 2 | 4, value: number) => void>> = {
    // As on QEMU, which here differs from silicon, the query mode is left by no other command than this.
    command: (offset, _size, value) => {
      if (this.#mode === 'query' && (value & 0xff) !== COMMAND.READ_ARRAY) return;
      this.#commands.get(value & 0xff)?.(offset);
    },
    data: (offset, size, value) => {
      this.storage.write(offset, size, value);
      this.#enter('status');
    },
    'erase-confirm': (_offset, _size, value) => {
      const confirmed = (value & 0xff) === COMMAND.CONFIRM;
      if (confirmed) this.storage.fill(this.#block, DEVICE_BLOCK * DEVICES, 0xff);
      this.#enter(confirmed ? 'status' : 'array');
    },
    // Blocks are never locked: lock, unlock and lock-down all succeed.
    'lock-confirm': (_offset, _size, value) => this.#enter((value & 0xff) === COMMAND.READ_ARRAY ? 'array' : 'status'),
    count: (_offset, _size, value) => {
      this.#wordsLeft = (value & 0xffff) + 1;
      this.#gathered = [];
      this.#enter('status', this.#wordsLeft * 2 <= BUFFER_BYTES ? 'buffer' : 'command');
    },
    buffer: (offset, size, value) => {
      this.#gathered.push({ offset, size, value });
      if (--this.#wordsLeft === 0) this.#expecting = 'buffer-confirm';
    },
    'buffer-confirm': (_offset, _size, value) => {
      const confirmed = (value & 0xff) === COMMAND.CONFIRM;
      if (confirmed) for (const word of this.#gathered) this.storage.write(word.offset, word.size, word.value);
      this.#gathered = [];
      this.#enter(confirmed ? 'status' : 'array');
    },
  };

  constructor(options: CfiFlashOptions) {
    if (!Number.isInteger(Math.log2(options.size)) || options.size < DEVICE_BLOCK * DEVICES)
      throw new RangeError(
        `${options.name}: a flash bank is a power of two of at least 256 KiB, not ${options.size} bytes`,
      );
    this.name = options.name;
    this.#size = options.size;
    this.storage = options.storage ?? new ArrayStorage(options.size);
    this.#query = queryTable(options.size);
    this.#onReadMode = options.onReadMode;
  }

  read(offset: number, size: 1 | 2 | 4): number {
    if (this.#mode === 'array') return this.storage.read(offset, size);
    const byte = this.#answer(offset >>> 2);
    // Both devices answer in their half of the bus.
    const word = (byte | (byte << 16)) >>> 0;
    const lanes = word >>> ((offset & 3) * 8);
    return size === 4 ? word : lanes & (size === 2 ? 0xffff : 0xff);
  }

  write(offset: number, size: 1 | 2 | 4, value: number): void {
    if (offset + size > this.#size) return;
    this.#next[this.#expecting](offset, size, value);
  }

  save(): { mode: Mode; expecting: Expecting; block: number; wordsLeft: number; gathered: CfiFlash['gathered'] } {
    return {
      mode: this.#mode,
      expecting: this.#expecting,
      block: this.#block,
      wordsLeft: this.#wordsLeft,
      gathered: this.gathered,
    };
  }

  restore(state: ReturnType<CfiFlash['save']>): void {
    this.#block = state.block;
    this.#wordsLeft = state.wordsLeft;
    this.#gathered = [...state.gathered];
    this.#enter(state.mode, state.expecting);
  }

  /** Words of a buffered program that wait for their confirmation. */
  get gathered(): readonly { offset: number; size: 1 | 2 | 4; value: number }[] {
    return this.#gathered;
  }

  #answer(word: number): number {
    if (this.#mode === 'id') return IDENTIFICATION[word & 0xff] ?? 0;
    if (this.#mode === 'query') return this.#query[(word & 0xff) - QUERY_BASE] ?? 0;
    return READY;
  }

  #enter(mode: Mode, expecting: Expecting = 'command'): void {
    const before = this.#mode;
    this.#mode = mode;
    this.#expecting = expecting;
    if ((before === 'array') !== (mode === 'array')) this.#onReadMode?.(mode === 'array');
  }
}
