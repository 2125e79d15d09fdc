// What a CPU needs from the world outside its core, and what it offers to whoever stands above it.
// The bare board (engine/machine) and the hypervisor (engine/hypervisor) each implement CpuPort; a CPU never knows which
// of the two answers. Everything here is synchronous: a call happens in the middle of one guest instruction, with the
// CPU's state written back (pc = that instruction), and the answer says how the instruction ends.
import type { Gpa, Gva, HostOffset, Instructions, Pa } from '../util/units.ts';

/** How an instruction that left the core ends. Numbers, because they cross into WebAssembly. */
export const OUTCOME = {
  /** Done: go on with the next instruction (a load takes its value from `cpu.exchange`). */
  DONE: 0,
  /** The guest takes an UNDEFINED exception at this instruction. */
  UNDEFINED: 1,
  /** The guest takes a synchronous external abort for this access. */
  EXTERNAL_ABORT: 2,
  /** Leave `run` before the instruction completes; its effects did not happen and the pc was set by the callee. */
  LEAVE: 3,
} as const;
export type Outcome = (typeof OUTCOME)[keyof typeof OUTCOME];

/** One access that hit no RAM of the CPU's address map. The object is reused: copy what must outlive the call. */
export interface BusAccess {
  address: Gpa;
  /** Virtual address as the guest used it, for fault reports. */
  virtual: Gva;
  /** Bytes: 1, 2, 4, 8; 16 for a SIMD register or an exclusive pair (then `syndromeValid` is false). */
  size: 1 | 2 | 4 | 8 | 16;
  write: boolean;
  /**
   * True if ESR_EL2.ISS carries instruction syndrome (ISV = 1): single general-purpose register, no writeback,
   * not exclusive. Jailhouse treats an access without it as unhandled (ABI reference B.9).
   */
  syndromeValid: boolean;
  /** ESR_ELx as stage 2 would report it: EC 0x24, IL, ISS with ISV, SAS, SSE, SRT, SF, AR, WnR and DFSC. */
  syndrome: number;
  /** Store data, or where the callee puts load data: two 32-bit halves, zero-extended. */
  lo: number;
  hi: number;
}

export type StopCause = 'unimplemented' | 'undefined';

export interface CpuPort {
  /** A load or store outside RAM (device, hole, or memory that the cell does not own). */
  access(cpu: Cpu, access: BusAccess): Outcome;
  /** Instruction fetch from an address that is not executable RAM in the address map. */
  fetchFault(cpu: Cpu, address: Gpa): Outcome;
  /** HVC from EL1; pc already behind the instruction (its preferred return address). */
  hvc(cpu: Cpu, immediate: number): Outcome;
  /** SMC from EL1; pc is the SMC itself when trapped to EL2: `cpu.skip()` moves past it. */
  smc(cpu: Cpu, immediate: number): Outcome;
  /**
   * MRS/MSR of a register that lives outside the core: ICC_*, CNTP_*, CNTV_*, CNTPCT, CNTVCT.
   * `key` is op0<<14 | op1<<11 | CRn<<7 | CRm<<3 | op2. The value travels in `cpu.exchange`.
   */
  readSystemRegister(cpu: Cpu, key: number): Outcome;
  writeSystemRegister(cpu: Cpu, key: number): Outcome;
  /** Level of the performance monitors' interrupt (a private interrupt of the CPU), where the board has wired it. */
  performanceInterrupt?(cpu: Cpu, level: boolean): void;
  /** The guest executed an instruction that this engine does not implement (it then takes UNDEFINED). */
  unimplemented(cpu: Cpu, instruction: number): void;
}

/** A piece of a CPU's physical view. Segments are sorted by start and do not overlap. All sizes are page multiples. */
export interface MapSegment {
  start: Gpa;
  size: number;
  /** Where the bytes are in engine memory. RAM and ROM only: everything not in the map goes to CpuPort.access. */
  host: HostOffset;
  /** What the segment is on the board, for reports and page statistics. */
  physical: Pa;
  writable: boolean;
}

/** The guest-physical view shared by all CPUs of a cell: stage 2 reduced to ranges. */
export interface AddressMap {
  readonly segments: readonly MapSegment[];
  /** Replaces the segments and drops every TLB entry that came from them. */
  update(segments: readonly MapSegment[]): void;
}

/** The state a CPU starts from: architectural reset with the given entry. Fields left out are zero. */
export interface ResetState {
  pc: Gva;
  /** X0..X30 by number. */
  x?: Readonly<Record<number, bigint>>;
  /** EL1h with DAIF masked (0x3c5) unless stated. */
  pstate?: number;
}

export interface RunExit {
  /** Instructions retired by this call; never more than asked for. */
  executed: Instructions;
  /** `limit`: all were executed. `wait`: WFI/WFE with nothing pending. `leave`: a port said LEAVE or power went off. */
  reason: 'limit' | 'wait' | 'leave' | 'breakpoint';
}

/** One core as the rooms above see it. Register access is for exits, reports and tests, not for hot paths. */
export interface Cpu {
  readonly index: number;
  /** MPIDR_EL1 affinity fields (Aff3 in bits 39:32 as in the register). */
  readonly mpidr: bigint;
  port: CpuPort;
  /** Value register of the port calls, two unsigned 32-bit halves. */
  readonly exchange: { lo: number; hi: number };

  /** X0..X30 (31 reads zero). */
  x(n: number): bigint;
  setX(n: number, value: bigint): void;
  /** SP of the current exception level and SPSel. */
  sp: bigint;
  pc: Gva;
  /** In SPSR layout: NZCV, DAIF, EL, SP. */
  pstate: number;
  /** Core-held system registers by name (`ESR_EL1`, `VBAR_EL1`, …). Throws for unknown names. */
  systemRegister(name: string): bigint;
  setSystemRegister(name: string, value: bigint): void;

  addressMap: AddressMap;
  reset(state: ResetState): void;
  /** Moves the pc past the current instruction (an emulated SMC or access). */
  skip(): void;
  /** Level of the IRQ and FIQ inputs; taken at the next instruction boundary where unmasked, wakes WFI. */
  setIrq(level: boolean): void;
  setFiq(level: boolean): void;
  /** Sets the event register (SEV of another CPU, cleared monitor) and wakes WFE. */
  signalEvent(): void;
  /** From inside a port call: sleeps behind the current instruction as after a WFI (PSCI CPU_SUSPEND). */
  waitForInterrupt(): void;
  /** Where a WFI/WFE left the CPU. */
  readonly waiting: 'no' | 'wfi' | 'wfe';
  /** Asks a running CPU to leave `run` at the next instruction boundary (from inside a port call). */
  leave(): void;

  /** Runs at most `limit` instructions, exactly that many unless something else ends it. */
  run(limit: Instructions): RunExit;
  /** Instructions retired since power-on, exact also inside port calls. */
  readonly retired: Instructions;
}

/** Statistics of the decoded-code cache and the TLBs; all counts since construction. */
export interface CpuStatistics {
  pagesDecoded: number;
  instructionsDecoded: number;
  pagesEvicted: number;
  recordsInvalidated: number;
  tlbMisses: number;
  codeTlbMisses: number;
  exits: { access: number; system: number; call: number; exception: number };
  /** Tier 1 (regions); zero until the translator runs. */
  regionsTranslated: number;
  regionsEvicted: number;
  instructionsInRegions: number;
  translateMs: number;
  /**
   * Why regions came back: an instruction for the interpreter, too little budget for the next piece, code that is not
   * translated.
   */
  regionExits?: { interpreter: number; budget: number; untranslated: number };
}
