// The oracle's bare-metal image: a harness that puts the CPU into a block's initial state, runs the block at EL1 or EL0,
// logs the exceptions that it takes, and stores the final state. The same bytes run on QEMU's virt board and on the engine.
import { Assembler, SP, XZR } from '../testing/assembler.ts';
import { appendEnding, FILE_NAME, FILE_NAME_ADDRESS } from './ending.ts';
import type { Block } from './generator.ts';
import { LAYOUT } from './layout.ts';

/** Virtual address of the data window; see PAGES. */
export const WINDOW = 0x8000_0000;
export const PAGE = 4096;
const BLOCK_SIZE = 0x20_0000;

type Access = 'none' | 'rw' | 'ro' | 'rw0' | 'ro0' | 'old';
/** Pages of the window: what maps them and to which backing page, so that neighbours are not neighbours in memory. */
export const PAGES: readonly { access: Access; backing: number }[] = [
  { access: 'none', backing: 0 },
  { access: 'rw0', backing: 3 },
  { access: 'rw0', backing: 1 },
  { access: 'ro0', backing: 5 },
  { access: 'rw', backing: 2 },
  { access: 'ro', backing: 4 },
  { access: 'old', backing: 0 },
  { access: 'rw0', backing: 0 },
  { access: 'none', backing: 0 },
];
export const BACKING_PAGES = 6;

/** Offsets in a state record; initial states and results share the first part. */
export const RECORD = {
  x: 0,
  sp: 248,
  pstate: 256,
  fpsr: 264,
  fpcr: 272,
  /** Initial: address of the block. Result: checksum of the backing pages. */
  entry: 280,
  /** Result: number of logged exceptions. */
  logged: 288,
  v: 304,
  log: 816,
  logEntries: 10,
  /** Initial, with random address spaces: TCR_EL1, TTBR1_EL1, MAIR_EL1, SCTLR_EL1. */
  space: 816,
  size: 816 + 10 * 32 + 16,
} as const;

/** Immediate of the SVC that ends a block. */
export const END_OF_BLOCK = 0x7fff;

const DESCRIPTOR = { TABLE: 3, PAGE: 3, BLOCK: 1, AF: 1 << 10, ISH: 3 << 8, UXN: 1n << 54n, PXN: 1n << 53n } as const;
/** AP[2:1] in bits 7:6. */
const AP = { EL1_RW: 0, BOTH_RW: 1 << 6, EL1_RO: 2 << 6, BOTH_RO: 3 << 6 } as const;

function translationTables(): { address: number; entries: Map<number, bigint> }[] {
  const normal = BigInt(DESCRIPTOR.AF | DESCRIPTOR.ISH);
  const never = DESCRIPTOR.UXN | DESCRIPTOR.PXN;
  const [root, ramTable, windowTable, windowPages] = [0, 1, 2, 3].map((i) => LAYOUT.tables + i * PAGE) as [
    number,
    number,
    number,
    number,
  ];
  // T0SZ = 25: the root is at level 1, an entry covers 1 GiB.
  const rootEntries = new Map<number, bigint>([
    [1, BigInt(ramTable | DESCRIPTOR.TABLE)],
    [2, BigInt(windowTable | DESCRIPTOR.TABLE)],
  ]);
  const ramEntries = new Map<number, bigint>();
  for (let address: number = LAYOUT.ram; address < LAYOUT.end; address += BLOCK_SIZE) {
    const code = address === LAYOUT.code;
    const permissions = code ? BigInt(AP.BOTH_RO) : BigInt(AP.EL1_RW) | never;
    ramEntries.set((address - LAYOUT.ram) / BLOCK_SIZE, BigInt(address | DESCRIPTOR.BLOCK) | normal | permissions);
  }
  const access: Record<Access, bigint | undefined> = {
    none: undefined,
    rw: BigInt(AP.EL1_RW) | normal,
    ro: BigInt(AP.EL1_RO) | normal,
    rw0: BigInt(AP.BOTH_RW) | normal,
    ro0: BigInt(AP.BOTH_RO) | normal,
    old: BigInt(AP.EL1_RW | DESCRIPTOR.ISH),
  };
  const pageEntries = new Map<number, bigint>();
  PAGES.forEach((page, i) => {
    const permissions = access[page.access];
    if (permissions !== undefined)
      pageEntries.set(i, BigInt((LAYOUT.backing + page.backing * PAGE) | DESCRIPTOR.PAGE) | permissions | never);
  });
  return [
    { address: root, entries: rootEntries },
    { address: ramTable, entries: ramEntries },
    { address: windowTable, entries: new Map([[0, BigInt(windowPages | DESCRIPTOR.TABLE)]]) },
    { address: windowPages, entries: pageEntries },
  ];
}

const SCTLR = 0x30d0_0800n | 1n | 4n | (1n << 12n) | (1n << 9n) | (1n << 14n) | (1n << 15n) | (1n << 26n);
/** T0SZ 25, 4 KiB granules, cacheable walks, upper half off, 40-bit output. */
const TCR = 25n | (1n << 8n) | (1n << 10n) | (3n << 12n) | (1n << 23n) | (2n << 32n);
/** EPD1 and IPS. */
const UPPER_OFF = 1n << 23n;
const OUTPUT_SIZE = 7n << 32n;
const MAIR = 0xffn;

const DEVICE_TREE_SPACE = 0x10_0000;

/** What PC-relative faults leave: the handler ends the block for these exception classes. */
const FETCH_CLASSES = [0x20, 0x21, 0x22, 0x0e];

function harness(blocks: number, spaces: boolean, output: Output): Assembler {
  const a = new Assembler(LAYOUT.code);
  a.b('start');

  // The vectors lie at the next 2 KiB. All synchronous exceptions from EL1t and EL0 go to one handler.
  while (a.address % 0x800 !== 0) a.word(0xd503_201f);
  const vectors = a.address;
  const slot = (offset: number, label: string): void => {
    while (a.address < vectors + offset) a.word(0xd503_201f);
    a.b(label);
  };
  slot(0x000, 'handler');
  slot(0x200, 'stuck');
  slot(0x400, 'handler');
  slot(0x780, 'stuck');

  a.label('stuck');
  a.b('stuck');

  // Log the exception, then go on behind the instruction; or end the block.
  a.label('handler');
  a.sub(SP, SP, 64);
  a.stp(0, 1, SP, 0);
  a.stp(2, 3, SP, 16);
  a.stp(4, 5, SP, 32);
  // The handler compares; the flags of the block are safe in SPSR.
  a.mrs(0, 'ESR_EL1');
  a.mov(1, (0x15 << 26) | (1 << 25) | END_OF_BLOCK);
  a.cmp(0, 1);
  a.bcond('eq', 'end');
  a.mrs(1, 'ELR_EL1');
  a.mrs(2, 'FAR_EL1');
  a.mrs(3, 'SPSR_EL1');
  a.mrs(4, 'TPIDR_EL1');
  a.ldr(5, 4, RECORD.logged);
  a.emit('ADD (shifted register)', { sf: 1, Rd: 4, Rn: 4, Rm: 5, imm6: 5 });
  a.add(4, 4, RECORD.log);
  a.stp(0, 1, 4, 0);
  a.stp(2, 3, 4, 16);
  a.mrs(4, 'TPIDR_EL1');
  a.add(5, 5, 1);
  a.str(5, 4, RECORD.logged);
  // A block that keeps faulting is ended.
  a.emit('SUBS (immediate)', { sf: 1, Rd: XZR, Rn: 5, imm12: RECORD.logEntries });
  a.bcond('hs', 'end');
  a.emit('UBFM', { sf: 1, N: 1, immr: 26, imms: 31, Rn: 0, Rd: 0 });
  for (const exceptionClass of FETCH_CLASSES) {
    a.emit('SUBS (immediate)', { sf: 1, Rd: XZR, Rn: 0, imm12: exceptionClass });
    a.bcond('eq', 'end');
  }
  // SVC returns behind itself already.
  a.emit('SUBS (immediate)', { sf: 1, Rd: XZR, Rn: 0, imm12: 0x15 });
  a.bcond('eq', 'resume');
  a.add(1, 1, 4);
  a.msr('ELR_EL1', 1);
  a.label('resume');
  a.ldp(0, 1, SP, 0);
  a.ldp(2, 3, SP, 16);
  a.ldp(4, 5, SP, 32);
  a.add(SP, SP, 64);
  a.emit('ERET');

  // Store the final state: x0..x5 are on the stack.
  a.label('end');
  a.mrs(4, 'TPIDR_EL1');
  a.ldp(0, 1, SP, 0);
  a.stp(0, 1, 4, 0);
  a.ldp(0, 1, SP, 16);
  a.stp(0, 1, 4, 16);
  a.ldp(0, 1, SP, 32);
  a.stp(0, 1, 4, 32);
  a.add(SP, SP, 64);
  for (let n = 6; n < 30; n += 2) a.stp(n, n + 1, 4, 8 * n);
  a.str(30, 4, 240);
  a.mrs(0, 'SP_EL0');
  a.str(0, 4, RECORD.sp);
  a.mrs(0, 'SPSR_EL1');
  a.str(0, 4, RECORD.pstate);
  a.mrs(0, 'FPSR');
  a.str(0, 4, RECORD.fpsr);
  a.mrs(0, 'FPCR');
  a.str(0, 4, RECORD.fpcr);
  a.msr('FPCR', XZR);
  for (let n = 0; n < 32; n++) a.strq(n, 4, RECORD.v + 16 * n);
  // Checksum of the backing pages.
  a.mov(0, LAYOUT.backing);
  a.mov(1, LAYOUT.backing + BACKING_PAGES * PAGE);
  a.mov(2, 0);
  a.label('sum');
  a.emit('LDR Xt (post-index)', { Rt: 3, Rn: 0, imm9: 8 });
  a.emit('EOR (shifted register)', { sf: 1, Rd: 2, Rn: 3, Rm: 2, shift: 3, imm6: 57 });
  a.emit('ADD (shifted register)', { sf: 1, Rd: 2, Rn: 2, Rm: 2, imm6: 3 });
  a.cmp(0, 1);
  a.bcond('lo', 'sum');
  a.str(2, 4, RECORD.entry);
  a.b('next');

  a.label('start');
  if (spaces) {
    // QEMU leaves its device tree at the start of RAM, where loads may stray.
    a.mov(0, LAYOUT.ram);
    a.mov(1, LAYOUT.ram + DEVICE_TREE_SPACE);
    a.label('clear');
    a.emit('STP Xt (post-index)', { Rt: XZR, Rt2: XZR, Rn: 0, imm7: 2 });
    a.cmp(0, 1);
    a.bcond('lo', 'clear');
  }
  a.emit('MSR SPSel', { CRm: 1 });
  a.mov(0, LAYOUT.stack + 0x1000);
  a.add(SP, 0, 0);
  a.mov(0, vectors);
  a.msr('VBAR_EL1', 0);
  a.mov(0, 3 << 20);
  a.msr('CPACR_EL1', 0);
  a.mov(0, MAIR);
  a.msr('MAIR_EL1', 0);
  a.mov(0, TCR);
  a.msr('TCR_EL1', 0);
  a.mov(0, LAYOUT.tables);
  a.msr('TTBR0_EL1', 0);
  a.emit('ISB');
  a.emit('SYS', { op1: 0, CRn: 8, CRm: 7, op2: 0, Rt: XZR });
  a.emit('DSB', { CRm: 15 });
  a.mov(0, SCTLR);
  a.msr('SCTLR_EL1', 0);
  a.emit('ISB');
  // x28 counts blocks, x29 and x30 walk states and results: kept in memory while a block runs.
  a.mov(28, blocks);
  a.mov(29, LAYOUT.states);
  a.mov(30, LAYOUT.results);
  a.b('block');

  a.label('next');
  a.mov(0, LAYOUT.stack);
  a.ldr(28, 0, 0);
  a.ldp(29, 30, 0, 8);
  a.sub(28, 28, 1);
  a.add(29, 29, RECORD.size);
  a.add(30, 30, RECORD.size);
  a.label('block');
  a.mov(0, LAYOUT.stack);
  a.str(28, 0, 0);
  a.stp(29, 30, 0, 8);
  a.cbnz(28, 'go');
  if (output === 'records') appendEnding(a, LAYOUT.results, blocks * RECORD.size);
  else appendEnding(a, MEMORY.from, MEMORY.bytes);
  a.b('stuck');

  a.label('go');
  a.msr('TPIDR_EL1', 30);
  // The window's pages start from a pattern.
  a.mov(0, LAYOUT.pattern);
  a.mov(1, LAYOUT.backing);
  a.mov(2, LAYOUT.backing + BACKING_PAGES * PAGE);
  a.label('copy');
  a.emit('LDP Xt (post-index)', { Rt: 3, Rt2: 4, Rn: 0, imm7: 2 });
  a.emit('STP Xt (post-index)', { Rt: 3, Rt2: 4, Rn: 1, imm7: 2 });
  a.cmp(1, 2);
  a.bcond('lo', 'copy');
  for (let n = 0; n < 32; n++) a.ldrq(n, 29, RECORD.v + 16 * n);
  a.ldr(0, 29, RECORD.sp);
  a.msr('SP_EL0', 0);
  a.ldr(0, 29, RECORD.pstate);
  a.msr('SPSR_EL1', 0);
  a.ldr(0, 29, RECORD.entry);
  a.msr('ELR_EL1', 0);
  a.ldr(0, 29, RECORD.fpsr);
  a.msr('FPSR', 0);
  a.ldr(0, 29, RECORD.fpcr);
  a.msr('FPCR', 0);
  if (spaces) {
    ['TCR_EL1', 'TTBR1_EL1', 'MAIR_EL1', 'SCTLR_EL1'].forEach((name, i) => {
      a.ldr(0, 29, RECORD.space + 8 * i);
      a.msr(name, 0);
    });
    a.emit('ISB');
    a.emit('SYS', { op1: 0, CRn: 8, CRm: 7, op2: 0, Rt: XZR });
    a.emit('DSB', { CRm: 15 });
    a.emit('ISB');
  }
  for (const name of ['FAR_EL1', 'PAR_EL1', 'TPIDR_EL0', 'TPIDRRO_EL0', 'ESR_EL1', 'CONTEXTIDR_EL1']) a.msr(name, XZR);
  a.emit('CLREX', { CRm: 15 });
  for (let n = 0; n < 28; n += 2) a.ldp(n, n + 1, 29, 8 * n);
  a.ldr(28, 29, 224);
  a.ldr(30, 29, 240);
  a.ldr(29, 29, 232);
  a.emit('ERET');
  return a;
}

/** Bytes from LAYOUT.code on. */
export interface Image {
  readonly bytes: Uint8Array;
  /** Address of each block's first instruction. */
  readonly entries: readonly number[];
}

/** What an image hands over at its end: the result records of its blocks, or MEMORY. */
export type Output = 'records' | 'memory';
/** All memory that the harness maps from its code on. */
export const MEMORY = { from: LAYOUT.code, bytes: LAYOUT.end - LAYOUT.code } as const;

export function buildImage(blocks: readonly Block[], pattern: Uint8Array, output: Output = 'records'): Image {
  const assembler = harness(
    blocks.length,
    blocks.some(({ space }) => space !== undefined),
    output,
  );
  const entries = blocks.map(({ words }) => {
    const entry = assembler.address;
    for (const word of words) assembler.word(word);
    assembler.emit('SVC', { imm16: END_OF_BLOCK });
    return entry;
  });
  const code = assembler.finish();
  if (code.length * 4 > LAYOUT.codeSize) throw new Error(`${blocks.length} blocks do not fit the image`);
  const spaces = new Set(blocks.flatMap(({ space }) => space ?? []));
  const lastTable = Math.max(0, ...[...spaces].flatMap(({ descriptors }) => [...descriptors.keys()]));
  const end = Math.max(LAYOUT.states + blocks.length * RECORD.size, lastTable + 8);
  const bytes = new Uint8Array(end - LAYOUT.code);
  const view = new DataView(bytes.buffer);
  code.forEach((word, i) => view.setUint32(4 * i, word, true));
  for (const { address, entries: descriptors } of translationTables())
    for (const [index, descriptor] of descriptors)
      view.setBigUint64(address + index * 8 - LAYOUT.code, descriptor, true);
  bytes.set(pattern.subarray(0, BACKING_PAGES * PAGE), LAYOUT.pattern - LAYOUT.code);
  bytes.set(new TextEncoder().encode(FILE_NAME), FILE_NAME_ADDRESS - LAYOUT.code);
  for (const { descriptors } of spaces)
    for (const [address, descriptor] of descriptors) view.setBigUint64(address - LAYOUT.code, descriptor, true);
  blocks.forEach(({ state, pointers, space }, i) => {
    const at = LAYOUT.states - LAYOUT.code + i * RECORD.size;
    state.x.forEach((value, n) => view.setBigUint64(at + RECORD.x + 8 * n, value, true));
    for (const [register, word] of pointers)
      view.setBigUint64(at + RECORD.x + 8 * register, BigInt(entries[i]! + 4 * word), true);
    if (space)
      [
        (TCR & ~UPPER_OFF & ~OUTPUT_SIZE) | space.tcr,
        space.ttbr1,
        (space.mair & ~0xffn) | MAIR,
        SCTLR | space.sctlr,
      ].forEach((value, n) => view.setBigUint64(at + RECORD.space + 8 * n, value, true));
    view.setBigUint64(at + RECORD.sp, state.sp, true);
    view.setBigUint64(at + RECORD.pstate, BigInt(state.pstate >>> 0), true);
    view.setBigUint64(at + RECORD.fpsr, BigInt(state.fpsr >>> 0), true);
    view.setBigUint64(at + RECORD.fpcr, BigInt(state.fpcr >>> 0), true);
    view.setBigUint64(at + RECORD.entry, BigInt(entries[i]!), true);
    state.v.forEach((value, n) => {
      view.setBigUint64(at + RECORD.v + 16 * n, BigInt.asUintN(64, value), true);
      view.setBigUint64(at + RECORD.v + 16 * n + 8, value >> 64n, true);
    });
  });
  return { bytes, entries };
}
