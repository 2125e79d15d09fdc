// Register blocks that document themselves: a device declares its registers by the data sheet's names, with every field,
// reset value and access kind, and hooks on what acts. From the declaration come the bus handlers, the register view, the
// notes about what a guest used although nothing is behind it, and saved state.

/** `w1c` and `w1s`: ones written clear or set bits, zeros leave them. */
export type RegisterAccess = 'rw' | 'ro' | 'wo' | 'w1c' | 'w1s';

export interface FieldDeclaration {
  /** One bit, or [highest, lowest]. */
  bits: number | readonly [number, number];
  /** The register's own unless stated. */
  access?: RegisterAccess;
  /** False: the field stores what is written but nothing acts on it; writing it is noted. */
  modelled?: false;
}

/**
 * How accesses narrower than the register behave. `zero`: as a word access with the missing bytes zero (peripheral bus).
 * `lanes`: only the addressed bytes change. `none`: read zero, ignored, noted.
 */
export type NarrowAccess = 'zero' | 'lanes' | 'none';

export interface RegisterDeclaration<Owner> {
  offset: number;
  /** Bits; 32 unless stated. A 64-bit register is two words, low word first. */
  width?: 8 | 16 | 32 | 64;
  /** Array: how many, and bytes from one to the next (the width, at least 4, unless stated). */
  count?: number;
  stride?: number;
  access?: RegisterAccess;
  narrow?: NarrowAccess;
  /** Value after reset, low word (a 64-bit register's high word starts as zero unless computed by `read`). */
  reset?: number;
  /** Bits outside every field are reserved: read as zero, write ignored. Without `fields` all bits are one field. */
  fields?: Readonly<Record<string, FieldDeclaration>>;
  /** The words live in the owner's own array (element by element, words of 64-bit registers adjacent). */
  storage?: (owner: Owner) => Uint32Array;
  /** Computes the value; `half` is 1 for the high word of a 64-bit register. */
  read?: (owner: Owner, index: number, half: number) => number;
  /** The value without side effects, where `read` has any. */
  peek?: (owner: Owner, index: number, half: number) => number;
  /** Takes the write instead of storing it. `value` holds writable bits only, `lanes` the bits that the access covered. */
  write?: (owner: Owner, value: number, index: number, half: number, lanes: number) => void;
  /** After a write was stored. */
  written?: (owner: Owner, value: number, previous: number, index: number, half: number) => void;
}

export type RegisterDeclarations<Owner, Name extends string> = Readonly<Record<Name, RegisterDeclaration<Owner>>>;

export const REGISTER_NOTE = {
  NO_REGISTER: 0,
  RESERVED_BITS: 1,
  NOT_MODELLED: 2,
  READ_ONLY: 3,
  WRITE_ONLY: 4,
  ACCESS_SIZE: 5,
} as const;
export type RegisterNoteKind = (typeof REGISTER_NOTE)[keyof typeof REGISTER_NOTE];

const NOTE_SENTENCES: Readonly<Record<RegisterNoteKind, string>> = {
  [REGISTER_NOTE.NO_REGISTER]: 'there is no register here: reads zero, ignores writes',
  [REGISTER_NOTE.RESERVED_BITS]: 'ones written to reserved bits are ignored',
  [REGISTER_NOTE.NOT_MODELLED]: 'the written field is stored but nothing acts on it',
  [REGISTER_NOTE.READ_ONLY]: 'write to a read-only register ignored',
  [REGISTER_NOTE.WRITE_ONLY]: 'read of a write-only register gives zero',
  [REGISTER_NOTE.ACCESS_SIZE]: 'the register does not take accesses of this size: reads zero, ignores writes',
};

/** Something a guest did that the block answers without doing anything for it. */
export interface RegisterNote {
  kind: RegisterNoteKind;
  device: string;
  /** Empty where there is no register. */
  register: string;
  offset: number;
  /** Last value written, or 0. */
  value: number;
  count: number;
  text: string;
}

export interface FieldView {
  name: string;
  high: number;
  low: number;
  value: number;
}

/** One register as a panel shows it. */
export interface RegisterView {
  /** With `<n>` for array elements. */
  name: string;
  offset: number;
  width: number;
  access: RegisterAccess;
  lo: number;
  hi: number;
  fields: FieldView[];
}

/** A device's registers as a panel or a report reads them, whatever they act on. */
export interface RegisterFile {
  readonly device: string;
  readonly notes: readonly RegisterNote[];
  onNote: ((note: RegisterNote) => void) | undefined;
  view(): RegisterView[];
}

interface Register<Owner> {
  name: string;
  declaration: RegisterDeclaration<Owner>;
  words: number;
  count: number;
  stride: number;
  access: RegisterAccess;
  narrow: NarrowAccess;
  /** Position of element 0 in the block's own words, or -1 with `storage`. */
  slot: number;
  fields: { name: string; high: number; low: number; access: RegisterAccess; modelled: boolean }[];
  /** Masks by half. */
  known: number[];
  readable: number[];
  plain: number[];
  clears: number[];
  sets: number[];
  idle: number[];
}

const spanMask = (high: number, low: number): number =>
  (high - low === 31 ? 0xffffffff : (2 ** (high - low + 1) - 1) << low) >>> 0;

/** The part of bits [high:low] that lies in one 32-bit half, as a mask. */
function halfMask(high: number, low: number, half: number): number {
  const top = Math.min(high - half * 32, 31);
  const bottom = Math.max(low - half * 32, 0);
  return top < bottom ? 0 : spanMask(top, bottom);
}

function compile<Owner>(name: string, declaration: RegisterDeclaration<Owner>, slot: number): Register<Owner> {
  const width = declaration.width ?? 32;
  const words = width === 64 ? 2 : 1;
  const access = declaration.access ?? 'rw';
  const declared = declaration.fields ?? { [name]: { bits: [width - 1, 0] as const } };
  const fields = Object.entries(declared).map(([field, { bits, access: own, modelled }]) => {
    const [high, low] = typeof bits === 'number' ? [bits, bits] : bits;
    if (high < low || high >= width)
      throw new Error(`${name}.${field}: bits [${high}:${low}] do not fit ${width} bits`);
    return { name: field, high, low, access: own ?? access, modelled: modelled ?? true };
  });
  const masks = (wanted: (field: (typeof fields)[number]) => boolean): number[] =>
    [0, 1].map((half) => fields.filter(wanted).reduce((mask, f) => (mask | halfMask(f.high, f.low, half)) >>> 0, 0));
  const total = fields.reduce((sum, f) => sum + f.high - f.low + 1, 0);
  const known = masks(() => true);
  const covered = known.reduce((sum, mask) => sum + mask.toString(2).replaceAll('0', '').length, 0);
  if (covered !== total) throw new Error(`${name}: fields overlap`);
  const stride = declaration.stride ?? Math.max(4, width / 8);
  if (declaration.offset % 4 !== 0 || stride % 4 !== 0) throw new Error(`${name}: registers sit on word boundaries`);
  return {
    name,
    declaration,
    words,
    count: declaration.count ?? 1,
    stride,
    access,
    narrow: declaration.narrow ?? 'zero',
    slot,
    fields,
    known,
    readable: masks((f) => f.access !== 'wo'),
    plain: masks((f) => f.access === 'rw' || f.access === 'wo'),
    clears: masks((f) => f.access === 'w1c'),
    sets: masks((f) => f.access === 'w1s'),
    idle: masks((f) => !f.modelled),
  };
}

/** A compiled declaration: one for all devices of a kind. */
export class RegisterMap<Owner, Name extends string> {
  readonly name: string;
  readonly size: number;
  readonly registers: readonly Register<Owner>[];
  readonly byName: Readonly<Record<Name, Register<Owner>>>;
  /** Words that a block of this kind stores itself. */
  readonly storedWords: number;
  /** By word offset: which register (index + 1; 0 is none), which element, which half. */
  readonly at: Uint16Array;
  readonly element: Uint16Array;
  readonly half: Uint8Array;

  constructor(name: string, size: number, declarations: RegisterDeclarations<Owner, Name>) {
    this.name = name;
    this.size = size;
    let stored = 0;
    const registers = (Object.entries(declarations) as [Name, RegisterDeclaration<Owner>][]).map(
      ([register, declaration]) => {
        const compiled = compile(register, declaration, declaration.storage ? -1 : stored);
        if (!declaration.storage) stored += compiled.count * compiled.words;
        return compiled;
      },
    );
    this.registers = registers;
    this.storedWords = stored;
    this.byName = Object.fromEntries(registers.map((r) => [r.name, r])) as Record<Name, Register<Owner>>;
    this.at = new Uint16Array(size / 4);
    this.element = new Uint16Array(size / 4);
    this.half = new Uint8Array(size / 4);
    registers.forEach((register, number) => {
      for (let index = 0; index < register.count; index++) {
        for (let half = 0; half < register.words; half++) {
          const word = (register.declaration.offset + index * register.stride) / 4 + half;
          if (word >= this.at.length) throw new Error(`${name}: ${register.name} lies outside the block`);
          const other = this.at[word]!;
          if (other !== 0) throw new Error(`${name}: ${register.name} overlaps ${registers[other - 1]!.name}`);
          this.at[word] = number + 1;
          this.element[word] = index;
          this.half[word] = half;
        }
      }
    });
  }
}

/**
 * Compiles a declaration. Written in two steps so that the owner is stated and the names are inferred:
 * `defineRegisters<Uart>()('PL011', 0x1000, { UARTDR: { offset: 0 }, … })`. Throws for overlapping registers or fields.
 */
export const defineRegisters =
  <Owner>() =>
  <Name extends string>(
    name: string,
    size: number,
    declarations: RegisterDeclarations<Owner, Name>,
  ): RegisterMap<Owner, Name> =>
    new RegisterMap(name, size, declarations);

/** The registers of one device: bus handlers over a map, with the stored values and the notes. */
export class RegisterBlock<Owner, Name extends string> implements RegisterFile {
  /** Called at the first note of each kind and place; `notes` goes on counting. */
  onNote: ((note: RegisterNote) => void) | undefined;
  readonly device: string;

  readonly #map: RegisterMap<Owner, Name>;
  readonly #owner: Owner;
  readonly #stored: Uint32Array;
  readonly #notes = new Map<number, RegisterNote>();

  constructor(map: RegisterMap<Owner, Name>, owner: Owner, device: string = map.name) {
    this.#map = map;
    this.#owner = owner;
    this.device = device;
    this.#stored = new Uint32Array(map.storedWords);
    this.reset();
  }

  /** Every note so far, in the order of first occurrence. */
  get notes(): readonly RegisterNote[] {
    return [...this.#notes.values()];
  }

  /** Stored registers take their reset values; arrays of the owner are the owner's business. */
  reset(): void {
    this.#stored.fill(0);
    for (const { slot, count, words, declaration } of this.#map.registers) {
      if (slot < 0 || declaration.reset === undefined) continue;
      for (let index = 0; index < count; index++) this.#stored[slot + index * words] = declaration.reset;
    }
  }

  /** A stored register's low word. */
  get(name: Name, index = 0): number {
    const { slot, words } = this.#map.byName[name];
    return this.#stored[slot + index * words]!;
  }

  /** Sets a stored register's low word without hooks. */
  set(name: Name, value: number, index = 0): void {
    const { slot, words } = this.#map.byName[name];
    this.#stored[slot + index * words] = value;
  }

  /** The bus's read: `size` bytes (1, 2, 4) at a naturally aligned offset. Unsigned. */
  read(offset: number, size: 1 | 2 | 4): number {
    const word = offset >>> 2;
    const number = this.#map.at[word] ?? 0;
    if (number === 0) return this.#note(REGISTER_NOTE.NO_REGISTER, '', offset, 0);
    const register = this.#map.registers[number - 1]!;
    if (register.access === 'wo') return this.#note(REGISTER_NOTE.WRITE_ONLY, register.name, offset, 0);
    if (size !== 4 && register.narrow === 'none')
      return this.#note(REGISTER_NOTE.ACCESS_SIZE, register.name, offset, 0);
    const value = this.#value(register, this.#map.element[word]!, this.#map.half[word]!);
    return size === 4 ? value : (value >>> ((offset & 3) * 8)) & (size === 1 ? 0xff : 0xffff);
  }

  /** The bus's write. */
  write(offset: number, size: 1 | 2 | 4, value: number): void {
    const word = offset >>> 2;
    const number = this.#map.at[word] ?? 0;
    if (number === 0) {
      this.#note(REGISTER_NOTE.NO_REGISTER, '', offset, value);
      return;
    }
    const register = this.#map.registers[number - 1]!;
    if (register.access === 'ro') {
      this.#note(REGISTER_NOTE.READ_ONLY, register.name, offset, value);
      return;
    }
    let lanes = 0xffffffff;
    let bits = value >>> 0;
    if (size !== 4) {
      if (register.narrow === 'none') {
        this.#note(REGISTER_NOTE.ACCESS_SIZE, register.name, offset, value);
        return;
      }
      const shift = (offset & 3) * 8;
      const narrow = size === 1 ? 0xff : 0xffff;
      bits = ((value & narrow) << shift) >>> 0;
      if (register.narrow === 'lanes') lanes = (narrow << shift) >>> 0;
    }
    const half = this.#map.half[word]!;
    if ((bits & ~register.known[half]!) !== 0) this.#note(REGISTER_NOTE.RESERVED_BITS, register.name, offset, value);
    if ((bits & register.idle[half]!) !== 0) this.#note(REGISTER_NOTE.NOT_MODELLED, register.name, offset, value);
    this.#store(register, this.#map.element[word]!, half, bits, lanes);
  }

  #store(register: Register<Owner>, index: number, half: number, bits: number, lanes: number): void {
    const { declaration } = register;
    const plain = register.plain[half]! & lanes;
    const clears = register.clears[half]! & lanes;
    const sets = register.sets[half]! & lanes;
    if (declaration.write) {
      declaration.write(this.#owner, (bits & (plain | clears | sets)) >>> 0, index, half, lanes);
      return;
    }
    const words = declaration.storage ? declaration.storage(this.#owner) : this.#stored;
    const place = (register.slot < 0 ? 0 : register.slot) + index * register.words + half;
    const previous = words[place]!;
    const next = ((((previous & ~plain) | (bits & plain)) & ~(bits & clears)) | (bits & sets)) >>> 0;
    words[place] = next;
    declaration.written?.(this.#owner, next, previous, index, half);
  }

  #value(register: Register<Owner>, index: number, half: number, peeking = false): number {
    const { declaration } = register;
    const readable = register.readable[half]!;
    if (peeking && declaration.peek) return (declaration.peek(this.#owner, index, half) & readable) >>> 0;
    if (declaration.read) return (declaration.read(this.#owner, index, half) & readable) >>> 0;
    const words = declaration.storage ? declaration.storage(this.#owner) : this.#stored;
    return (words[(register.slot < 0 ? 0 : register.slot) + index * register.words + half]! & readable) >>> 0;
  }

  /** Every register with its fields, read without side effects; write-only ones are left out. */
  view(): RegisterView[] {
    return this.#map.registers.flatMap((register) => {
      if (register.access === 'wo') return [];
      return Array.from({ length: register.count }, (_, index) => {
        const lo = this.#value(register, index, 0, true);
        const hi = register.words === 2 ? this.#value(register, index, 1, true) : 0;
        return {
          name: register.count > 1 ? `${register.name}<${index}>` : register.name,
          offset: register.declaration.offset + index * register.stride,
          width: register.declaration.width ?? 32,
          access: register.access,
          lo,
          hi,
          fields: register.fields
            .filter((field) => field.access !== 'wo')
            .map(({ name, high, low }) => ({ name, high, low, value: fieldValue(lo, hi, high, low) })),
        };
      });
    });
  }

  /** The stored words, for saved state. */
  save(): Uint32Array {
    return this.#stored.slice();
  }

  /** Throws if the words are not of this kind of block. */
  restore(words: Uint32Array): void {
    if (words.length !== this.#stored.length)
      throw new Error(
        `${this.device}: saved state has ${words.length} words, the register block has ${this.#stored.length}`,
      );
    this.#stored.set(words);
  }

  /** Counts a note and reports its first occurrence. Gives 0, which is what such a read answers. */
  #note(kind: RegisterNoteKind, register: string, offset: number, value: number): number {
    const key = offset * 8 + kind;
    const known = this.#notes.get(key);
    if (known) {
      known.count++;
      known.value = value;
      return 0;
    }
    const place = register === '' ? `offset 0x${offset.toString(16)}` : `${register} (offset 0x${offset.toString(16)})`;
    const note = {
      kind,
      device: this.device,
      register,
      offset,
      value,
      count: 1,
      text: `${this.device} ${place}: ${NOTE_SENTENCES[kind]}`,
    };
    this.#notes.set(key, note);
    this.onNote?.(note);
    return 0;
  }
}

/** Bits [high:low] of a register given as two words; at most 53 bits survive exactly. */
function fieldValue(lo: number, hi: number, high: number, low: number): number {
  const bits = (BigInt(hi) << 32n) | BigInt(lo);
  return Number((bits >> BigInt(low)) & ((1n << BigInt(high - low + 1)) - 1n));
}

type PrimeCellIdName<Prefix extends string> = `${Prefix}P${'eriphID' | 'CellID'}${0 | 1 | 2 | 3}`;

/** The eight identification registers that close an Arm PrimeCell's page (in every PrimeCell manual, "identification registers"). */
export function primeCellIds<Prefix extends string>(
  prefix: Prefix,
  peripheral: readonly [number, number, number, number],
): Record<PrimeCellIdName<Prefix>, RegisterDeclaration<unknown>> {
  const component = [0x0d, 0xf0, 0x05, 0xb1];
  const id = (name: string, offset: number, value: number): [string, RegisterDeclaration<unknown>] => [
    name,
    { offset, access: 'ro', width: 8, reset: value },
  ];
  return Object.fromEntries([
    ...peripheral.map((value, n) => id(`${prefix}PeriphID${n}`, 0xfe0 + 4 * n, value)),
    ...component.map((value, n) => id(`${prefix}PCellID${n}`, 0xff0 + 4 * n, value)),
  ]) as Record<PrimeCellIdName<Prefix>, RegisterDeclaration<unknown>>;
}
