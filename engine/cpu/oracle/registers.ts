// Every encoding of MRS, and every register that can be written, on QEMU and on the engine: what a core has, what it shows,
// and which bits a write keeps (Arm ARM DDI 0487, D17.1 and D17.2).
import { SYSTEM_REGISTER_BY_KEY } from '../aarch64/system/registers.ts';
import { Assembler, encode, SP, XZR } from '../testing/assembler.ts';
import { appendEnding, FILE_NAME, FILE_NAME_ADDRESS } from './ending.ts';
import { runOnEngine } from './engine.ts';
import { LAYOUT } from './layout.ts';
import { runOnQemu } from './qemu.ts';

/** Exception level and whether the control bits that open registers to EL0 are set. */
export const VIEWS = ['EL1', 'EL0, all closed', 'EL0, all open'] as const;
export type View = (typeof VIEWS)[number];

/** op0 is 2 or 3. */
const ENCODINGS = Array.from({ length: 2 << 14 }, (_, i) => (2 << 14) + i);

/** In results, where reading ended in an exception: this and the syndrome. */
const EXCEPTION = 1n << 63n;
const END = 0x7ffe;

const fieldsOf = (key: number) => ({
  o0: (key >>> 14) & 1,
  op1: (key >>> 11) & 7,
  CRn: (key >>> 7) & 15,
  CRm: (key >>> 3) & 15,
  op2: key & 7,
});

/** `S3_0_C1_C0_0`, or the name of a register that the engine declares. */
export function encodingName(key: number): string {
  const { o0, op1, CRn, CRm, op2 } = fieldsOf(key);
  return SYSTEM_REGISTER_BY_KEY.get(key)?.name ?? `S${2 + o0}_${op1}_C${CRn}_C${CRm}_${op2}`;
}

/** SCTLR_EL1.UMA, DZE, UCT, nTWI, nTWE, UCI. */
const OPEN = (1 << 9) | (1 << 14) | (1 << 15) | (1 << 16) | (1 << 18) | (1 << 26);
const SCTLR_RESERVED = 0x30d0_0800;

/** Values that a write test stores before it restores the old one. */
const PATTERNS = [0xffff_ffff_ffff_ffffn, 0n, 0x5555_5555_5555_5555n];

/**
 * Start: vectors and a handler that puts EXCEPTION | ESR into x0 and goes on behind the instruction; SVC at EL0 continues
 * at the address in x27. Results go where x28 points.
 */
function prologue(a: Assembler): void {
  a.b('start');
  while (a.address % 0x800 !== 0) a.word(0);
  const vectors = a.address;
  for (const offset of [0x200, 0x400]) {
    while (a.address < vectors + offset) a.word(0);
    a.b('handler');
  }
  while (a.address < vectors + 0x800) a.word(0);
  a.label('handler');
  a.mrs(0, 'ESR_EL1');
  a.mov(1, (0x15 << 26) | (1 << 25) | END);
  a.cmp(0, 1);
  a.bcond('eq', 'leave');
  a.mov(1, EXCEPTION);
  a.emit('ORR (shifted register)', { sf: 1, Rd: 0, Rn: 0, Rm: 1 });
  a.mrs(1, 'ELR_EL1');
  a.add(1, 1, 4);
  a.msr('ELR_EL1', 1);
  a.emit('ERET');
  a.label('leave');
  a.emit('BR', { Rn: 27 });
  a.label('start');
  a.emit('MSR SPSel', { CRm: 1 });
  a.mov(0, LAYOUT.stack);
  a.add(SP, 0, 0);
  a.mov(0, vectors);
  a.msr('VBAR_EL1', 0);
  a.mov(0, 3 << 20);
  a.msr('CPACR_EL1', 0);
  a.mov(28, LAYOUT.results);
}

const STORE = encode('STR Xt (post-index)', { Rt: 0, Rn: 28, imm9: 8 });

function imageOf(a: Assembler): Uint8Array {
  const words = a.finish();
  const bytes = new Uint8Array(Math.max(words.length * 4, FILE_NAME_ADDRESS + 64 - LAYOUT.code));
  const view = new DataView(bytes.buffer);
  words.forEach((word, i) => view.setUint32(4 * i, word, true));
  bytes.set(new TextEncoder().encode(FILE_NAME), FILE_NAME_ADDRESS - LAYOUT.code);
  return bytes;
}

/** Runs an image in both places; results are 64-bit values in order. */
function runBoth(image: Uint8Array, count: number, cpu: string): { ours: BigUint64Array; theirs: BigUint64Array } {
  const values = (bytes: Uint8Array): BigUint64Array => new BigUint64Array(Uint8Array.from(bytes).buffer);
  return { ours: values(runOnEngine(image, count * 8, cpu)), theirs: values(runOnQemu(image, cpu)) };
}

export interface RegisterDifference {
  readonly key: number;
  readonly name: string;
  /** The view, or `written N`. */
  readonly where: string;
  /** Values; EXCEPTION | ESR where the access was refused. */
  readonly ours: bigint;
  readonly theirs: bigint;
}

const READS = VIEWS.length * ENCODINGS.length;
let readImage: Uint8Array | undefined;

function buildReads(): Uint8Array {
  const a = new Assembler(LAYOUT.code);
  prologue(a);
  a.b('views');
  // Called with x26 = return address at EL1; ends by SVC at EL0.
  a.label('reads');
  const mrs = encode('MRS', { ...fieldsOf(ENCODINGS[0]!), Rt: 0 });
  for (const i of ENCODINGS.keys()) {
    // The fields lie in a row, o0 to op2 from bit 19 down.
    a.word(mrs + (i << 5));
    a.word(STORE);
  }
  a.emit('SVC', { imm16: END });
  a.label('views');
  VIEWS.forEach((view, i) => {
    const open = view !== 'EL0, all closed';
    a.mov(0, SCTLR_RESERVED | (open ? OPEN : 0));
    a.msr('SCTLR_EL1', 0);
    a.mov(0, open ? 0xf : 0);
    a.msr('PMUSERENR_EL0', 0);
    a.mov(0, open ? 0x303 : 0);
    a.msr('CNTKCTL_EL1', 0);
    a.emit('ISB', {});
    a.adr(27, `after ${i}`);
    a.adr(0, 'reads');
    a.msr('ELR_EL1', 0);
    a.mov(0, view === 'EL1' ? 0x3c5 : 0x3c0);
    a.msr('SPSR_EL1', 0);
    a.emit('ERET');
    a.label(`after ${i}`);
  });
  appendEnding(a, LAYOUT.results, READS * 8);
  return imageOf(a);
}

/** Reads every encoding in every view on both sides. */
export function compareReads(cpu: string): RegisterDifference[] {
  readImage ??= buildReads();
  const { ours, theirs } = runBoth(readImage, READS, cpu);
  return VIEWS.flatMap((where, view) =>
    ENCODINGS.map((key, i) => ({
      key,
      name: encodingName(key),
      where,
      ours: ours[view * ENCODINGS.length + i]!,
      theirs: theirs[view * ENCODINGS.length + i]!,
    })),
  ).filter((entry) => entry.ours !== entry.theirs);
}

/** Writes patterns to registers, each read back and the old value restored. `values` may replace the patterns. */
export function compareWrites(
  cpu: string,
  keys: readonly number[],
  values: ReadonlyMap<number, readonly bigint[]> = new Map(),
): RegisterDifference[] {
  const a = new Assembler(LAYOUT.code);
  prologue(a);
  const cases = keys.flatMap((key) => (values.get(key) ?? PATTERNS).map((value) => ({ key, value })));
  for (const { key, value } of cases) {
    a.emit('MRS', { ...fieldsOf(key), Rt: 20 });
    a.mov(21, value);
    a.mov(0, 0);
    a.emit('MSR (register)', { ...fieldsOf(key), Rt: 21 });
    a.emit('ISB', {});
    a.emit('CBNZ', { sf: 1, Rt: 0, imm19: 2 });
    a.emit('MRS', { ...fieldsOf(key), Rt: 0 });
    a.emit('MSR (register)', { ...fieldsOf(key), Rt: 20 });
    a.emit('ORR (shifted register)', { sf: 1, Rd: 22, Rn: XZR, Rm: 0 });
    a.emit('ISB', {});
    a.emit('ORR (shifted register)', { sf: 1, Rd: 0, Rn: XZR, Rm: 22 });
    a.word(STORE);
  }
  appendEnding(a, LAYOUT.results, cases.length * 8);
  const { ours, theirs } = runBoth(imageOf(a), cases.length, cpu);
  return cases
    .map(({ key, value }, i) => ({
      key,
      name: encodingName(key),
      where: `written 0x${value.toString(16)}`,
      ours: ours[i]!,
      theirs: theirs[i]!,
    }))
    .filter((entry) => entry.ours !== entry.theirs);
}
