// All CPUs of a machine: they share the engine memory, the decoded code and the generated WebAssembly, and run one at a
// time. The cluster owns the memory below guest RAM (layout.ts) and answers the calls from WebAssembly.
import { accessSystemRegister, systemInstruction, systemTrapIss } from './aarch64/system/access.ts';
import type { Feature } from './aarch64/table/instruction.ts';
import { SegmentTable } from './core/address-map.ts';
import type { CodePlace } from './core/breakpoints.ts';
import { Breakpoints } from './core/breakpoints.ts';
import { CodePages } from './core/code-pages.ts';
import type { AreaLayout, AreaOptions, StateField } from './core/layout.ts';
import { CODE_LAYOUT, CODE_TLB, placeArea, RECORD_SIZE, SEGMENT, STATE, STATE_SIZE } from './core/layout.ts';
import { ACCESS } from './core/services.ts';
import { DecodeTableFiller, placeDecodeTables } from './interpreter/decode-tables.ts';
import { Decoder } from './interpreter/decoder.ts';
import { SPECIAL, SPECIAL_COUNT } from './interpreter/handlers.ts';
import type { OutlinedImports } from './interpreter/code.ts';
import { floatServices, mainModule, missingFunction, outlinedUnit, putOutlined } from './interpreter/code.ts';
import { tableSize } from './interpreter/module.ts';
import type { BackgroundTranslator } from './region/background.ts';
import type { RegionTuning } from './region/cache.ts';
import { RegionCache, USUAL_TUNING } from './region/cache.ts';
import { Tlbs } from './core/tlb.ts';
import type { AddressMap, BusAccess, CpuPort, CpuStatistics, MapSegment } from './port.ts';
import { Processor } from './processor.ts';
import type { Gpa, HostOffset } from '../util/units.ts';
import { gva, PAGE_SIZE } from '../util/units.ts';

export interface CpuDeclaration {
  /** MPIDR affinity fields, Aff3 in bits 39:32. */
  readonly affinity: bigint | number;
  /** `cortex-a53`, `cortex-a57`, `cortex-a72` or `max`. */
  readonly model: string;
}

/** `remaining` counts record bytes in 31 bits: longer runs go in pieces. */
const LONGEST_PIECE = 1 << 26;
/** What is translated meanwhile is put in between two pieces. */
const PIECE_WHILE_TRANSLATING = 20_000;

export interface ClusterOptions {
  readonly memory: WebAssembly.Memory;
  readonly cpus: readonly CpuDeclaration[];
  /** What all CPUs ask until their `port` is replaced. */
  readonly port: CpuPort;
  /** Called when an event (SEV) reached a CPU: it may end a WFE. */
  readonly onEvent?: (cpu: number) => void;
  /** Called in front of every call of a port. */
  readonly onPortCall?: () => void;
  /** Code pages that may be decoded at a time. */
  readonly codePages?: number;
  /** Translate hot code; without it the interpreter runs everything. What the guest sees is the same. */
  readonly regions?: boolean | RegionTuning;
  /** Translates beside the engine's thread; without it, the engine's does. */
  readonly translator?: BackgroundTranslator;
  /** Host milliseconds, for the statistics alone; time in translation reads 0 without it. */
  readonly hostClock?: () => number;
  /** The GIC's CPU interface is in system registers (ICC_*). */
  readonly gicRegisters?: boolean;
  /** Board-dependent register values, by name: CNTFRQ_EL0, CBAR_EL1, … */
  readonly registers?: Readonly<Record<string, bigint>>;
}

/** Bytes at the start of the engine memory that the cluster needs (a page multiple). */
export function cpuAreaSize(cpus: number, options: AreaOptions): number {
  return placeArea(cpus, options).end;
}

interface InterpreterExports {
  run(): number;
  switchLevel(el: number, spSelect: number): void;
  translate(address: bigint, permission: number, user: number): number;
  addressTranslation(lo: number, hi: number, write: number, user: number): number;
  maintain(lo: number, hi: number, permission: number): number;
  readPstate(): number;
  switchState(away: number, next: number): void;
  writePstate(value: number): void;
  decodeLine(records: number, code: number, index: number): number;
}

export class CpuCluster {
  readonly cpus: readonly Processor[];
  readonly area: AreaLayout;
  readonly view: DataView;
  readonly registers: Readonly<Record<string, bigint>>;
  readonly onEvent: ClusterOptions['onEvent'];
  readonly onPortCall: ClusterOptions['onPortCall'];
  readonly gicRegisters: boolean;
  private readonly bytes: Uint8Array;
  private readonly words: Int32Array;
  private readonly exports: InterpreterExports;
  private readonly codePages: CodePages;
  private readonly tlbs: Tlbs;
  private readonly decodeTables: DecodeTableFiller;
  private readonly decoder: Decoder;
  private readonly breakpoints = new Breakpoints();
  /** What of the outlined functions stands in the table. */
  private readonly outlined = new Set<ReturnType<typeof outlinedUnit>>();
  private emitOutlined!: (handler: number) => void;
  private readonly regions: RegionCache | undefined;
  private readonly maps: SegmentTable[] = [];
  private readonly memory: WebAssembly.Memory;
  private current = 0;
  private instructionsDecoded = 0;
  private recordsDropped = 0;

  constructor(options: ClusterOptions) {
    const { memory, cpus } = options;
    this.memory = memory;
    this.view = new DataView(memory.buffer);
    this.bytes = new Uint8Array(memory.buffer);
    this.words = new Int32Array(memory.buffer);
    this.registers = options.registers ?? {};
    this.onEvent = options.onEvent;
    this.onPortCall = options.onPortCall;
    this.gicRegisters = options.gicRegisters ?? false;
    this.area = placeArea(cpus.length, {
      memoryBytes: memory.buffer.byteLength,
      ...(options.codePages === undefined ? {} : { codePages: options.codePages }),
    });
    if (this.area.end > memory.buffer.byteLength)
      throw new Error(`the CPU area ends at ${this.area.end}, the engine memory at ${memory.buffer.byteLength}`);
    this.bytes.fill(0xff, CODE_LAYOUT.emptyCodeTlb, CODE_LAYOUT.emptyCodeTlb + CODE_TLB.ENTRIES * CODE_TLB.ENTRY_SIZE);
    this.view.setUint16(CODE_LAYOUT.resolveRecord, SPECIAL.RESOLVE, true);
    this.tlbs = new Tlbs(memory, this.area, cpus.length, (cpu) => this.stateOf(cpu));
    this.codePages = new CodePages(memory, this.area, {
      dropRecords: (records) => this.tlbs.dropRecords(records),
      slowStores: (page) => this.tlbs.slowStores(page, this.current),
    });
    const tuning = options.regions === true ? USUAL_TUNING : options.regions || undefined;
    const handlers = new WebAssembly.Table({ element: 'anyfunc', initial: tableSize(tuning !== undefined) });
    this.exports = this.instantiate(handlers, tuning?.threshold ?? 0);
    const emptyMap = this.createAddressMap([]);
    this.cpus = cpus.map(
      ({ affinity, model }, i) => new Processor(this, i, BigInt(affinity), model, options.port, emptyMap),
    );
    const features = commonFeatures(this.cpus);
    this.decodeTables = new DecodeTableFiller(memory, placeDecodeTables(CODE_LAYOUT.decodeTables), features);
    this.decoder = new Decoder(memory, this.exports.decodeLine, this.breakpoints, !tuning);
    if (tuning) {
      const services = this.exports as unknown as WebAssembly.Exports;
      this.regions = new RegionCache({
        memory,
        table: handlers,
        services,
        codePages: this.codePages,
        emitOutlined: this.emitOutlined,
        decode: (record) => this.decode(record),
        features,
        tuning,
        background: options.translator,
        clock: options.hostClock ?? (() => 0),
      });
      this.codePages.onDrop = (page) => this.regions!.dropPage(page);
    }
  }

  private instantiate(handlers: WebAssembly.Table, hot: number): InterpreterExports {
    const { memory } = this;
    const cpu = (): Processor => this.cpus[this.current]!;
    const emit = (handler: number): void => {
      const unit = outlinedUnit(handler);
      if (this.outlined.has(unit)) return;
      this.outlined.add(unit);
      putOutlined(unit, imports);
    };
    this.emitOutlined = emit;
    const host = {
      decode: (record: number) => this.decode(record),
      fillPlan: (plan: number) => this.decodeTables.fillPlan(plan >>> 0),
      fillTemplate: (plan: number, word: number, key: number, template: number) =>
        this.decodeTables.fillTemplate(plan >>> 0, word, key, template >>> 0),
      emit: (handler: number) => {
        // It would be called for again and again.
        if (this.outlined.has(outlinedUnit(handler))) throw new Error(missingFunction(handler));
        emit(handler);
      },
      codePage: (host: number) => this.codePages.create(host >>> 0, this.words[(CODE_LAYOUT.window + STATE.ip) >> 2]!),
      access: () => this.access(cpu()),
      fetchFault: () =>
        cpu()
          .callPort()
          .fetchFault(cpu(), this.address('accessAddress') as Gpa),
      readSystem: (key: number) => this.accessSystem(cpu(), key, false),
      writeSystem: (key: number) => this.accessSystem(cpu(), key, true),
      systemInstruction: (key: number) => {
        this.takeExchange(cpu());
        return systemInstruction(this, cpu(), key);
      },
      systemSyndrome: () => systemTrapIss(this.instructionAt(cpu().field('ip'))),
      hvc: (immediate: number) => {
        this.exits.call++;
        return cpu().callPort().hvc(cpu(), immediate);
      },
      smc: (immediate: number) => {
        this.exits.call++;
        return cpu().callPort().smc(cpu(), immediate);
      },
      unimplemented: () => cpu().reportUnimplemented(),
      sendEvent: () => {
        for (const other of this.cpus) other.signalEvent();
      },
      watchedStore: (host: number, bytes: number) => this.storedTo(host >>> 0, bytes),
      hot: (record: number) => this.regions?.want(record >>> 0),
      regionStore: (host: number, bytes: number) => this.regions?.invalidate(host >>> 0, bytes),
      breakpoint: (record: number) => this.comeToBreakpoint(cpu(), record >>> 0),
    };
    const instance = new WebAssembly.Instance(mainModule(hot), {
      engine: { memory: this.memory, handlers },
      host,
    });
    let float: WebAssembly.Exports | undefined;
    const imports: OutlinedImports = {
      engine: { memory, handlers },
      services: instance.exports,
      // Most machines never need it.
      get float() {
        return (float ??= floatServices(memory));
      },
    };
    return instance.exports as unknown as InterpreterExports;
  }

  /** Base of a CPU's state: the window for the current one. */
  stateOf(cpu: number): number {
    return cpu === this.current ? CODE_LAYOUT.window : this.area.saved + cpu * STATE_SIZE;
  }

  /** Brings a CPU's state into the window. */
  private switchTo(cpu: number): void {
    if (cpu === this.current) return;
    const { saved } = this.area;
    this.watchMonitor(this.current, true);
    this.exports.switchState(saved + this.current * STATE_SIZE, saved + cpu * STATE_SIZE);
    this.current = cpu;
    this.tlbs.enter(cpu);
    this.watchMonitor(cpu, false);
  }

  /** Memory that the armed monitor of a CPU watches, or nothing. */
  private monitor(cpu: number): { host: number; bytes: number } | undefined {
    const base = this.stateOf(cpu);
    const bytes = this.view.getInt32(base + STATE.exclusiveBytes, true);
    const host = this.view.getUint32(base + STATE.exclusiveHost, true);
    return bytes === 0 || host === 0 ? undefined : { host, bytes };
  }

  /**
   * The global monitor: while a CPU with an armed monitor does not run, stores of the others to that page are looked at.
   * The running CPU's own stores are caught by comparing values.
   */
  private watchMonitor(cpu: number, watched: boolean): void {
    const monitor = this.monitor(cpu);
    if (!monitor) return;
    const others = this.cpus.some(
      ({ index }) =>
        index !== cpu && index !== this.current && (this.monitor(index)?.host ?? 0) >>> 12 === monitor.host >>> 12,
    );
    if (watched || !others) this.codePages.watch(monitor.host, watched);
  }

  /** A store to a watched page: monitors that it touches are cleared, which is an event for their CPUs. */
  private storedTo(start: number, bytes: number): void {
    for (const cpu of this.cpus) {
      if (cpu.index === this.current) continue;
      const monitor = this.monitor(cpu.index);
      if (!monitor || start >= monitor.host + monitor.bytes || start + bytes <= monitor.host) continue;
      cpu.setField('exclusiveBytes', 0);
      cpu.signalEvent();
    }
  }

  /** Instructions to run at most before the next `enter`. */
  get longestPiece(): number {
    return this.regions?.busy ? PIECE_WHILE_TRANSLATING : LONGEST_PIECE;
  }

  /** Makes a CPU current and gives the loop that runs it. */
  enter(cpu: number): () => number {
    this.switchTo(cpu);
    this.regions?.tick();
    return this.exports.run;
  }

  /** Calls a service for a CPU that may not be the current one. */
  withWindow<T>(cpu: number, use: (exports: InterpreterExports) => T): T {
    const before = this.current;
    this.switchTo(cpu);
    const result = use(this.exports);
    this.switchTo(before);
    return result;
  }

  clearState(cpu: number): void {
    const base = this.stateOf(cpu);
    this.bytes.fill(0, base, base + STATE_SIZE);
    this.tlbs.point(cpu);
    this.view.setInt32(base + STATE.ip, CODE_LAYOUT.resolveRecord, true);
  }

  flushTlbs(cpu: number): void {
    this.tlbs.flush(cpu);
    this.regions?.unwind();
  }

  /** The CPU uses other translation tables from now on, or the same ones with another ASID. */
  selectTlbs(cpu: number, key: readonly [number, number, number, number]): void {
    this.tlbs.select(cpu, key);
    this.regions?.unwind();
  }

  /** A new address map; maps live as long as the cluster. */
  createAddressMap(segments: readonly MapSegment[]): AddressMap & SegmentTable {
    if (this.maps.length === SEGMENT.MAPS) throw new Error(`a machine has ${SEGMENT.MAPS} address maps at most`);
    const address = this.area.maps + this.maps.length * SEGMENT.MAXIMUM * SEGMENT.SIZE;
    const map = new SegmentTable(this.memory, address, (changed) => {
      for (const cpu of this.cpus ?? []) if (cpu.addressMap === changed) cpu.mapChanged();
    });
    this.maps.push(map);
    map.update(segments);
    return map;
  }

  /** The map as the cluster's own object. Throws for a map of another machine. */
  ownMap(map: AddressMap): SegmentTable {
    const own = this.maps.find((candidate) => candidate === map);
    if (!own) throw new Error('the address map belongs to another machine');
    return own;
  }

  /** Tells that host code wrote [start, start + size) of the engine memory: decoded code there is forgotten. */
  invalidate(start: HostOffset, size: number): void {
    this.recordsDropped += this.codePages.invalidate(start, size);
    this.regions?.invalidate(start, size);
    this.storedTo(start, size);
  }

  /**
   * Whether the page at a host offset may have changed since the engine memory was made: by a store of a CPU, or by host
   * code that told `invalidate`. Pages for which this is false are still all zero.
   */
  pageWritten(host: HostOffset): boolean {
    return this.codePages.written(host);
  }

  /**
   * Has CPUs stop in front of the instruction at a place (RunExit.reason `breakpoint`), also of one that they would run next.
   * A CPU that stopped there goes on with the next `run`. Returns what takes the breakpoint away.
   */
  addBreakpoint(place: CodePlace): () => void {
    const word = this.breakpoints.add(place);
    this.forgetWord(word);
    return () => {
      this.breakpoints.remove(place);
      this.forgetWord(word);
    };
  }

  /** Forgets what is decoded and translated of a word, by its number in its page, in all pages. */
  private forgetWord(word: number): void {
    for (const page of this.codePages.pages) {
      const host = page * PAGE_SIZE + word * 4;
      this.codePages.invalidate(host, 4);
      this.regions?.invalidate(host, 4);
    }
  }

  /** The handler to go on with, or 0 if the CPU stops. */
  private comeToBreakpoint(cpu: Processor, record: number): number {
    const { pc } = cpu;
    if (this.breakpoints.hit(cpu.index, pc, this.hostOf(record)) && cpu.stopsAt(pc)) return 0;
    const handler = this.decoder.handlerBehindBreakpoint(record);
    if (handler >= SPECIAL_COUNT) this.emitOutlined(handler);
    return handler;
  }

  /** Host offset of the word that a record was decoded from. */
  private hostOf(record: number): number {
    const { records, code } = this.codePages.pageOf(record >>> 0);
    return code + ((record >>> 0) - records) / 4;
  }

  /** The word that a record was decoded from. */
  instructionAt(record: number): number {
    return this.view.getUint32(this.hostOf(record), true);
  }

  private takeExchange(cpu: Processor): void {
    const at = CODE_LAYOUT.window + STATE.exchangeLo;
    cpu.exchange.lo = this.view.getUint32(at, true);
    cpu.exchange.hi = this.view.getUint32(at + 4, true);
  }

  private accessSystem(cpu: Processor, key: number, write: boolean): number {
    const at = CODE_LAYOUT.window + STATE.exchangeLo;
    this.exits.system++;
    if (write) this.takeExchange(cpu);
    const outcome = accessSystemRegister(cpu, key, write);
    this.view.setUint32(at, cpu.exchange.lo, true);
    this.view.setUint32(at + 4, cpu.exchange.hi, true);
    return outcome;
  }

  /** Numbers of the host pages that instructions are executed from, as far as their decoded form is kept. */
  get executedPages(): readonly number[] {
    return this.codePages.pages;
  }

  get cpuCount(): number {
    return this.cpus.length;
  }

  /** TLBI by address: VA[55:12] in bits 43:0 of hi:lo. */
  flushTlbPage(cpu: number, lo: number, hi: number): void {
    this.tlbs.flushPage(cpu, lo, hi);
    this.regions?.unwind();
  }

  /** AT: the translation of the address in `exchange` goes to PAR_EL1. */
  translate(cpu: Processor, write: boolean, user: boolean): boolean {
    const { lo, hi } = cpu.exchange;
    return this.exports.addressTranslation(lo, hi, write ? 1 : 0, user ? 1 : 0) !== 0;
  }

  maintain({ exchange: { lo, hi } }: Processor, permission: number): boolean {
    return this.exports.maintain(lo, hi, permission) !== 0;
  }

  private decode(record: number): void {
    const { records, code } = this.codePages.pageOf(record >>> 0);
    this.instructionsDecoded += this.decoder.decode(records, code, (record - records) / RECORD_SIZE);
  }

  /** An unsigned 64-bit state field that fits a double. */
  private address(field: StateField): number {
    const at = CODE_LAYOUT.window + STATE[field];
    return this.view.getUint32(at, true) + this.view.getUint32(at + 4, true) * 2 ** 32;
  }

  private readonly busAccess = new WindowAccess(this);

  private readonly exits = { access: 0, system: 0, call: 0 };

  private access(cpu: Processor): number {
    this.exits.access++;
    const access = this.busAccess;
    access.load();
    const outcome = cpu.callPort().access(cpu, access);
    access.store();
    return outcome;
  }

  get statistics(): CpuStatistics {
    const total = (field: StateField): number => this.cpus.reduce((sum, cpu) => sum + (cpu.field(field) >>> 0), 0);
    return {
      pagesDecoded: this.codePages.pagesDecoded,
      instructionsDecoded: this.instructionsDecoded,
      pagesEvicted: this.codePages.pagesEvicted,
      recordsInvalidated: this.recordsDropped + total('recordsInvalidated'),
      tlbMisses: total('tlbMisses'),
      codeTlbMisses: total('codeTlbMisses'),
      exits: { ...this.exits, exception: total('exceptions') },
      regionsTranslated: this.regions?.translated ?? 0,
      regionsEvicted: this.regions?.evicted ?? 0,
      instructionsInRegions: this.cpus.reduce((sum, cpu) => sum + cpu.instructionsInRegions, 0),
      translateMs: this.regions?.translateMs ?? 0,
      ...(this.regions && {
        regionExits: {
          interpreter: total('regionSideExits'),
          budget: total('regionBudgetExits'),
          untranslated: total('regionColdExits'),
        },
      }),
    };
  }
}

/** Exception class 0x24, a data abort from a lower level, with IL. */
const DATA_ABORT_LOWER = (0x24 << 26) | (1 << 25);
const STAGE2_TRANSLATION_FAULT = 0x07;

/** The access in the window's fields as the port's object. */
class WindowAccess implements BusAccess {
  address = 0 as Gpa;
  size: BusAccess['size'] = 1;
  write = false;
  syndromeValid = false;
  syndrome = 0;
  lo = 0;
  hi = 0;
  private readonly cluster: CpuCluster;

  constructor(cluster: CpuCluster) {
    this.cluster = cluster;
  }

  private at(field: StateField): number {
    return CODE_LAYOUT.window + STATE[field];
  }

  /** Made when asked for: few devices want it. */
  get virtual() {
    return gva(this.cluster.view.getBigUint64(this.at('accessVirtual'), true));
  }
  set virtual(_value) {
    throw new Error('the virtual address of an access is the guest’s');
  }

  load(): void {
    const { view } = this.cluster;
    const address = this.at('accessAddress');
    this.address = (view.getUint32(address, true) + view.getUint32(address + 4, true) * 2 ** 32) as Gpa;
    this.size = view.getUint32(this.at('accessBytes'), true) as BusAccess['size'];
    this.write = view.getUint32(this.at('accessWrite'), true) === 1;
    const word = view.getUint32(this.at('accessWord'), true);
    this.syndromeValid = (word & ACCESS.SYNDROME) !== 0;
    this.syndrome = (DATA_ABORT_LOWER | this.iss(word)) >>> 0;
    this.lo = view.getUint32(this.at('dataLo'), true);
    this.hi = view.getUint32(this.at('dataLo') + 4, true);
  }

  /** ISS of a stage 2 data abort (D17.2.37): a level 3 translation fault, with the register where that is valid. */
  private iss(word: number): number {
    const { view } = this.cluster;
    const direction = this.write ? 1 << 6 : 0;
    if (!this.syndromeValid) return direction | STAGE2_TRANSLATION_FAULT;
    const register = this.cluster.instructionAt(view.getUint32(CODE_LAYOUT.window + STATE.ip, true)) & 31;
    return (
      (1 << 24) |
      ((word & ACCESS.SCALE) << 22) |
      (word & ACCESS.SIGNED ? 1 << 21 : 0) |
      (register << 16) |
      (word & ACCESS.WIDE ? 1 << 15 : 0) |
      (word & ACCESS.ORDERED ? 1 << 14 : 0) |
      direction |
      STAGE2_TRANSLATION_FAULT
    );
  }

  store(): void {
    const { view } = this.cluster;
    view.setUint32(this.at('dataLo'), this.lo, true);
    view.setUint32(this.at('dataLo') + 4, this.hi, true);
  }
}

/** What all CPUs have: code is decoded once for all of them. */
function commonFeatures(cpus: readonly Processor[]): Set<Feature> {
  const [first, ...others] = cpus.map(({ model }) => new Set(model.features));
  return others.reduce(
    (common, features) => new Set([...common].filter((feature) => features.has(feature))),
    first ?? new Set<Feature>(),
  );
}
