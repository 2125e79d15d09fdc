// Where everything lies in the processors' part of the engine memory. WebAssembly code, JavaScript and (later) translated
// regions all address the state of a CPU by these offsets. One CPU is current at a time: its state lies in the window at
// a constant address, so that generated code needs no base register; switching CPUs copies 4 KiB out and in.
import { PAGE_SIZE } from '../../util/units.ts';

/** General register slots: X0..X30 are 0..30. */
export const SLOT = {
  /** Reads as zero: source register 31. Never written. */
  ZERO: 31 * 8,
  /** The stack pointer in use; the other one is in the SP_EL0 or SP_EL1 field. */
  SP: 32 * 8,
  /** Takes what is written to the zero register. */
  SINK: 33 * 8,
} as const;

/** V0..V31, 16 bytes each. */
export const VECTOR_BASE = 0x200;
/** System registers that the core holds, 8 bytes each; ../aarch64/system numbers them. */
export const SYSTEM_BASE = 0x400;
export const SYSTEM_SLOTS = 192;
const FIELD_BASE = SYSTEM_BASE + SYSTEM_SLOTS * 8;

/** Fields of a CPU's state: name and bytes, naturally aligned by order. */
const FIELDS = {
  /** Address of the next instruction while `ip` is the RESOLVE record. */
  pc: 8,
  /** pc = pcBias + (ip >> 2) while `ip` is in a code page. */
  pcBias: 8,
  /** Flags: N is the sign of flagN, Z is flagZ = 0, V is the sign of flagV; C is the word flagC (0 or 1). */
  flagN: 8,
  flagZ: 8,
  flagV: 8,
  /** Operands of the operation that set the flags, if lazyKind is not 0: between regions, they are computed when needed. */
  lazyA: 8,
  lazyB: 8,
  /** Exclusive monitor (valid if exclusiveBytes is not 0): virtual address and the value that was loaded. */
  exclusiveAddress: 8,
  exclusiveLo: 8,
  exclusiveHi: 8,
  /** Result of the last translation: output address; its page in engine memory if `translatedKind` is RAM or ROM. */
  translatedAddress: 8,
  /** Faulting address of the access in work. */
  accessVirtual: 8,
  accessAddress: 8,
  /** Value of a port call for system registers: two halves. */
  exchangeLo: 8,
  /** Instructions that retired in regions. */
  regionInstructions: 8,
  /** Data of a slow access: 128 bits. */
  dataLo: 8,
  dataHi: 8,
  /** Address of the raw record that comes next. */
  ip: 4,
  /** Instructions that may still retire in this run, times 16 (the size of a record). */
  remaining: 4,
  flagC: 4,
  /** LAZY kind of the flags; always 0 (they are computed) where the interpreter runs. */
  lazyKind: 4,
  /** Nonzero after a service: the instruction ended there (exception taken or run left). */
  status: 4,
  /** Bits of ATTENTION: what the loop must look at after the running instruction. */
  attention: 4,
  /** Why `run` came back; EXIT. */
  exit: 4,
  /** Exception level, 0 or 1. */
  el: 4,
  /** PSTATE.SP: 1 selects SP_EL1 at EL1. */
  spSelect: 4,
  /** PSTATE bits other than NZCV, EL and SP, in their SPSR positions (D, A, I, F, IL, SS, PAN, UAO). */
  pstate: 4,
  /** Data and code TLB of the current exception level, and those of both. */
  dataTlb: 4,
  codeTlb: 4,
  dataTlbEl0: 4,
  dataTlbEl1: 4,
  codeTlbEl0: 4,
  codeTlbEl1: 4,
  /** Bitmap of address ranges that blocks are cached from (LARGE_MAP). */
  largeMap: 4,
  /** The address map's segments and their number. */
  segments: 4,
  segmentCount: 4,
  /** 1 if SIMD and FP instructions trap at the current level. */
  fpTrap: 4,
  /** PSTATE.PAN if the model has it, else 0. */
  panImplemented: 4,
  /** 1 while no stage 1 translation happens (SCTLR.M = 0). */
  translationOff: 4,
  exclusiveBytes: 4,
  /** Host offset of the monitored bytes, or 0 if they are not RAM. */
  exclusiveHost: 4,
  eventRegister: 4,
  /** 1 in WFI, 2 in WFE. */
  waiting: 4,
  translatedHost: 4,
  translatedKind: 4,
  /** Its segment of the address map, if it is in one. */
  translatedSegment: 4,
  /** log2 of the bytes that the last translation maps in one piece. */
  translatedShift: 4,
  /** PERMIT bits. */
  translatedAttributes: 4,
  /** SH, AttrIndx and nG of the last descriptor, for PAR_EL1. */
  translatedMemory: 4,
  /** 1 if the last translation found Device memory. */
  translatedDevice: 4,
  /** Implemented physical address bits. */
  physicalBits: 4,
  /** Fault status code of a failed translation. */
  faultStatus: 4,
  /** Operand of a port call. */
  accessBytes: 4,
  accessWrite: 4,
  /** The access word (ACCESS) of the access in work. */
  accessWord: 4,
  tlbMisses: 4,
  /** Data TLB entries filled, and those of them in the linear range. */
  tlbFills: 4,
  rangeFills: 4,
  codeTlbMisses: 4,
  recordsInvalidated: 4,
  exceptions: 4,
  /** Why regions came back: an instruction for the interpreter, budget, no translated target. */
  regionSideExits: 4,
  regionBudgetExits: 4,
  regionColdExits: 4,
  /** `remaining` when the exception level last changed or the run began, and record bytes retired at EL0 up to there. */
  levelMark: 4,
  retiredAtEl0: 4,
} as const;

export type StateField = keyof typeof FIELDS;

function placeFields(): { offsets: Record<StateField, number>; end: number } {
  const offsets = {} as Record<StateField, number>;
  let position = FIELD_BASE;
  for (const [name, size] of Object.entries(FIELDS) as [StateField, number][]) {
    if (position % size !== 0) throw new Error(`state field ${name} is not aligned`);
    offsets[name] = position;
    position += size;
  }
  return { offsets, end: position };
}

const placed = placeFields();

/**
 * Offsets of the fields in a CPU's state. As parsed text: an object that was filled by computed names is a hash table to V8,
 * one that was parsed has its values as constants in whatever is compiled.
 */
export const STATE = JSON.parse(JSON.stringify(placed.offsets)) as Readonly<Record<StateField, number>>;
/** Bytes of a CPU's state that mean anything. */
export const STATE_BYTES = placed.end;
export const STATE_SIZE = PAGE_SIZE;
if (placed.end > STATE_SIZE) throw new Error('the CPU state outgrew its page');

/** CODE: translated regions must come back: one was dropped, or address translation changed. */
export const ATTENTION = { FIQ: 1, IRQ: 2, SERROR: 4, LEAVE: 8, WAIT: 16, CODE: 32, BREAKPOINT: 64 } as const;
export const EXIT = { LIMIT: 0, WAIT: 1, LEAVE: 2, BREAKPOINT: 3 } as const;

/** Decoded record: see ../interpreter/records.ts. */
export const RECORD_SIZE = 16;
/** In a record: how often branches arrived there since somebody was told, 16 bits. On the line that is read next anyway. */
export const ARRIVALS_OFFSET = 2;
export const RECORDS_PER_PAGE = PAGE_SIZE / 4;
/** Behind the records of a code page: a bit for each word that a translated region was made from. */
export const COVERAGE_OFFSET = (RECORDS_PER_PAGE + 1) * RECORD_SIZE;
/** Records of one code page, behind them the page-end record and the coverage. */
export const RECORD_PAGE_SIZE = COVERAGE_OFFSET + RECORDS_PER_PAGE / 8;

/**
 * Handler numbers from FIRST on stand for translated regions: a record that says so is a region's entry. As many as the
 * cache has room for at 3 KiB each; where they are smaller, the oldest make room. No more, as each place of the table takes
 * its time when a machine is made.
 */
export const REGION_HANDLER = { FIRST: 0x2000, COUNT: 0x2000 } as const;
/** Bytes for the tables that instruction words are decoded by. */
export const DECODE_TABLES_SIZE = 0x12_0000;

/**
 * Data TLB entry: read tag, write tag (virtual page, or page | reason when such accesses go the slow way, or -1), what to
 * add to the low half of the virtual address to get the host offset.
 */
export const DATA_TLB = { ENTRIES: 1024, ENTRY_SIZE: 32, ENTRY_SHIFT: 5, READ: 0, WRITE: 8, ADDEND: 16 } as const;
/**
 * Behind the entries of a data TLB: the linear range, virtual addresses that lie in host RAM one behind the other and may
 * all be read and written. Minus its first address, the complement of the bytes of addresses that accesses of up to MARGIN
 * bytes may start at (all ones: there is no range), and the host address of its first byte.
 */
export const LINEAR_RANGE = {
  OFFSET: DATA_TLB.ENTRIES * DATA_TLB.ENTRY_SIZE,
  SIZE: 32,
  MINUS_FIRST: 0,
  NOT_BYTES: 8,
  HOST: 16,
  MARGIN: 64,
} as const;
/** Byte of the store map for a host page: stores to the page, and to the next one, need nothing but memory. */
export const STORE_MAP = { PAGE: 1, NEXT_PAGE: 2, BOTH: 3 } as const;
/** Code TLB entry: virtual page (or -1), pcBias, record page. */
export const CODE_TLB = { ENTRIES: 256, ENTRY_SIZE: 32, ENTRY_SHIFT: 5, TAG: 0, BIAS: 8, RECORDS: 16 } as const;
/** Added to the write tag of a page whose stores go the slow way: it holds decoded code, or a watched monitor. */
export const TAG_SLOW = 1;

/** Entry of the page table: the record page (16-byte aligned) and, in the free low bits, what is known of the page. */
export const PAGE_ENTRY = {
  FLAGS: 15,
  /** Some TLB may hold a write tag for the page. */
  WRITE_TAGGED: 1,
  /** The page may differ from what it was when the engine was made: a store may have reached it, or host code wrote. */
  WRITTEN: 2,
  /** A monitor of a CPU that is not running watches the page. Larger values: the page holds decoded code. */
  WATCHED: 4,
} as const;

/**
 * Per CPU: a bit for each 2 MiB (by number modulo BITS) from which an entry of a mapping larger than a page was cached,
 * and behind it one for each GiB of mappings larger than 2 MiB.
 */
export const LARGE_MAP = { SHIFT: 21, BITS: 4096, HUGE_SHIFT: 30, HUGE_BITS: 64, SIZE: 4096 / 8 + 64 / 8 + 8 } as const;

/** Segment of an address map: first and last guest-physical byte, host offset of the first, 1 if writable. */
export const SEGMENT = { SIZE: 32, FIRST: 0, LAST: 8, HOST: 16, WRITABLE: 20, MAXIMUM: 1024, MAPS: 64 } as const;

export const TRANSLATED = { OUTSIDE: 0, ROM: 1, RAM: 2 } as const;

interface CodeLayout {
  readonly window: number;
  /** The record whose handler jumps to the state's pc. */
  readonly resolveRecord: number;
  readonly emptyCodeTlb: number;
  /** See interpreter/decode-tables.ts. */
  readonly decodeTables: number;
  /** STORE_MAP byte of each host page. */
  readonly storeMap: number;
  /** Record page of each host page (u32, 0 for none). */
  readonly pageTable: number;
}

/** Addresses of what the host side alone looks for in the engine memory, behind CODE_LAYOUT. */
export interface AreaLayout {
  readonly saved: number;
  readonly tlbs: number;
  readonly tlbSets: number;
  readonly largeMaps: number;
  readonly maps: number;
  readonly pool: number;
  readonly poolPages: number;
  readonly end: number;
}

/** A data TLB with its linear range. */
export const DATA_TLB_BYTES = LINEAR_RANGE.OFFSET + LINEAR_RANGE.SIZE;
const codeTlbBytes = CODE_TLB.ENTRIES * CODE_TLB.ENTRY_SIZE;
/** Data TLB of EL0, of EL1, code TLB of EL0, of EL1. */
export const TLBS_SIZE = 2 * (DATA_TLB_BYTES + codeTlbBytes);
export const TLB_OFFSET = {
  dataTlbEl0: 0,
  dataTlbEl1: DATA_TLB_BYTES,
  codeTlbEl0: 2 * DATA_TLB_BYTES,
  codeTlbEl1: 2 * DATA_TLB_BYTES + codeTlbBytes,
} as const;

export interface AreaOptions {
  /** Bytes of the engine memory that host pages are looked up for (RAM and ROM end there). */
  readonly memoryBytes: number;
  /** Code pages that can be held decoded at a time; 16.5 KiB each. */
  readonly codePages?: number;
}

const DEFAULT_CODE_PAGES = 2048;
/** Sets of TLBs, 80 KiB each: address spaces that stay cached. */
const TLB_SETS_PER_CPU = 4;
const SPARE_TLB_SETS = 12;

/** Pages that a 32-bit engine memory can have. */
const MOST_PAGES = 2 ** 32 / PAGE_SIZE;

/** Takes pieces one behind the other, from `start` on, each on a cache line's start. */
function placer(start: number): (bytes: number) => number {
  let next = start;
  return (bytes) => {
    const at = next;
    next = Math.ceil((at + bytes) / 64) * 64;
    return at;
  };
}

function placeForCode(): CodeLayout {
  const take = placer(0);
  return {
    window: take(STATE_SIZE),
    resolveRecord: take(RECORD_SIZE),
    emptyCodeTlb: take(codeTlbBytes),
    decodeTables: take(DECODE_TABLES_SIZE),
    // A page has a byte in front of the first one's for its neighbour.
    storeMap: take(MOST_PAGES + 64) + 64,
    // As long as the memory wants it.
    pageTable: take(0),
  };
}

/** Addresses in the engine memory that generated code has in it: the same in all of them, so that it serves all. */
export const CODE_LAYOUT = placeForCode();

/** The area lies at the start of the engine memory. */
export function placeArea(cpus: number, options: AreaOptions): AreaLayout {
  const take = placer(CODE_LAYOUT.pageTable);
  take(Math.ceil(options.memoryBytes / PAGE_SIZE) * 4);
  const tlbSets = SPARE_TLB_SETS + TLB_SETS_PER_CPU * cpus;
  const poolPages = options.codePages ?? DEFAULT_CODE_PAGES;
  return {
    saved: take(cpus * STATE_SIZE),
    tlbs: take(tlbSets * TLBS_SIZE),
    tlbSets,
    largeMaps: take(cpus * LARGE_MAP.SIZE),
    maps: take(SEGMENT.MAPS * SEGMENT.MAXIMUM * SEGMENT.SIZE),
    pool: take(poolPages * RECORD_PAGE_SIZE),
    poolPages,
    end: Math.ceil(take(0) / PAGE_SIZE) * PAGE_SIZE,
  };
}
