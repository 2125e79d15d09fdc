// A Generic Interrupt Controller, version 3 or 2: distributor, redistributors, physical and virtual CPU interfaces, wired
// together. Source: Arm IHI 0069 (GICv3), IHI 0048 (GICv2); single security state, two groups, no LPIs, as QEMU's virt
// machine presents it. Nothing here knows time: everything happens in the access or wire change that causes it.
import { RegisterBlock } from '../../registers.ts';
import type { RegisterFile, RegisterNote } from '../../registers.ts';
import type { Cpu } from '../../../cpu/port.ts';
import type { Device, InjectResult, InterruptController, InterruptLine } from '../../api.ts';
import { packAffinity } from './affinity.ts';
import type { CpuInterfaceSnapshot } from './cpu-interface.ts';
import { DISTRIBUTOR_V2, DISTRIBUTOR_V3 } from './distributor.ts';
import type { DistributorOwner } from './distributor.ts';
import { InterruptState } from './interrupts.ts';
import type { InterruptStateSnapshot } from './interrupts.ts';
import { MAPPED_INTERFACE } from './memory-mapped.ts';
import type { MappedOwner } from './memory-mapped.ts';
import { PhysicalInterface } from './physical-interface.ts';
import { REDISTRIBUTOR, REDISTRIBUTOR_SIZE } from './redistributor.ts';
import type { RedistributorOwner } from './redistributor.ts';
import { Routing } from './routing.ts';
import type { RoutingSnapshot } from './routing.ts';
import { SoftwareInterrupts } from './sgi.ts';
import { readGicRegister, writeGicRegister } from './system-registers.ts';
import type { SystemRegisterTarget } from './system-registers.ts';
import { VirtualInterface } from './virtual-interface.ts';
import type { VirtualInterfaceSnapshot } from './virtual-interface.ts';

/** What drives a CPU's inputs: physical interface, virtual interface, and the maintenance interrupt's level. */
export interface GicLines {
  irq: boolean;
  fiq: boolean;
  virq: boolean;
  vfiq: boolean;
  maintenance: boolean;
}

export interface GicOptions {
  version: 2 | 3;
  /** MPIDR affinity of each CPU by index: Aff3 in bits 39:32, Aff2 to Aff0 in 23:0. */
  affinities: readonly number[];
  /** Shared interrupts, a multiple of 32. */
  spis: number;
  /** INTID of the maintenance interrupt (a PPI). */
  maintenance: number;
  /** CPU index whose access a banked GICv2 register serves now (BusOwner.cpu); not asked for GICv3. */
  accessor?: () => number;
  /** Called when any line of a CPU moved, and after `route`. The object is reused. */
  lines?: (cpu: number, lines: Readonly<GicLines>) => void;
}

export interface GicSnapshot {
  interrupts: InterruptStateSnapshot;
  routing: RoutingSnapshot;
  asleep: boolean[];
  routedTo: ('guest' | 'hypervisor')[];
  physical: CpuInterfaceSnapshot[];
  virtual: VirtualInterfaceSnapshot[];
}

const window = (name: string, block: Pick<Device, 'read' | 'write'>): Device => ({
  name,
  read: (offset, size) => block.read(offset, size),
  write: (offset, size, value) => block.write(offset, size, value),
});

export class Gic implements InterruptController, DistributorOwner {
  readonly version: 2 | 3;
  readonly state: InterruptState;
  readonly routing: Routing;
  readonly sgis: SoftwareInterrupts;
  /** By CPU. */
  readonly physical: readonly PhysicalInterface[];
  readonly virtual: readonly VirtualInterface[];
  /** Bus windows. `redistributors` spans one frame pair a CPU; `cpuInterface` and `virtualInterface` are GICv2's GICC and GICV. */
  readonly distributor: Device;
  readonly redistributors: Device;
  readonly cpuInterface: Device;
  readonly virtualInterface: Device;

  readonly #cpus: number;
  readonly #accessor: () => number;
  readonly #onLines: GicOptions['lines'];
  readonly #maintenance: number;
  readonly #lines: GicLines[];
  readonly #targets: SystemRegisterTarget[];
  readonly #routedTo: ('guest' | 'hypervisor')[];
  readonly #distributorBlock: RegisterBlock<DistributorOwner, string>;
  readonly #redistributorBlocks: readonly RegisterBlock<RedistributorOwner, string>[];
  readonly #redistributorOwners: readonly RedistributorOwner[];
  readonly #cpuInterfaceBlock: RegisterBlock<MappedOwner, string>;
  readonly #virtualInterfaceBlock: RegisterBlock<MappedOwner, string>;

  constructor(options: GicOptions) {
    const { version, affinities, spis } = options;
    if (version === 2 && affinities.length > 8) throw new RangeError(`GICv2 serves 8 CPUs, not ${affinities.length}`);
    this.version = version;
    this.#cpus = affinities.length;
    this.#accessor = options.accessor ?? (() => 0);
    this.#onLines = options.lines;
    this.#maintenance = options.maintenance;
    this.state = new InterruptState(this.#cpus, spis);
    const cpus = Array.from({ length: this.#cpus }, (_, cpu) => cpu);
    this.#lines = cpus.map(() => ({ irq: false, fiq: false, virq: false, vfiq: false, maintenance: false }));
    this.#routedTo = cpus.map(() => 'guest' as const);
    this.physical = cpus.map((cpu) => new PhysicalInterface(cpu, this));
    this.virtual = cpus.map((cpu) => new VirtualInterface(cpu, this));
    this.sgis = new SoftwareInterrupts({
      version,
      state: this.state,
      affinities,
      refresh: (word, bits) => this.refresh(word, bits),
    });
    this.routing = new Routing({
      version,
      state: this.state,
      affinities,
      takesPart: (cpu, group) => this.physical[cpu]!.enabled[group],
      choose: (cpu) => this.#choose(cpu),
    });
    this.#targets = cpus.map((cpu) => this.#physicalTarget(cpu));
    this.#distributorBlock = new RegisterBlock<DistributorOwner, string>(
      version === 3 ? DISTRIBUTOR_V3 : DISTRIBUTOR_V2,
      this,
      'GICD',
    );
    this.#redistributorOwners = cpus.map((cpu) => ({
      state: this.state,
      version,
      cpu,
      affinity: packAffinity(affinities[cpu]!),
      last: cpu === this.#cpus - 1,
      asleep: true,
      bank: () => cpu,
      refresh: (word, bits) => this.refresh(word, bits),
      regrouped: (word) => this.regrouped(word),
    }));
    this.#redistributorBlocks = this.#redistributorOwners.map(
      (owner) => new RegisterBlock<RedistributorOwner, string>(REDISTRIBUTOR, owner, `GICR ${owner.cpu}`),
    );
    this.#cpuInterfaceBlock = new RegisterBlock<MappedOwner, string>(
      MAPPED_INTERFACE,
      { current: () => this.physical[this.#accessor()]!, groupsShareActive: false },
      'GICC',
    );
    this.#virtualInterfaceBlock = new RegisterBlock<MappedOwner, string>(
      MAPPED_INTERFACE,
      { current: () => this.virtual[this.#accessor()]!, groupsShareActive: true },
      'GICV',
    );
    this.distributor = window('GICD', this.#distributorBlock);
    this.redistributors = {
      name: 'GICR',
      read: (offset, size) =>
        this.readRedistributor(Math.floor(offset / REDISTRIBUTOR_SIZE), offset % REDISTRIBUTOR_SIZE, size),
      write: (offset, size, value) =>
        this.writeRedistributor(Math.floor(offset / REDISTRIBUTOR_SIZE), offset % REDISTRIBUTOR_SIZE, size, value),
    };
    this.cpuInterface = window('GICC', this.#cpuInterfaceBlock);
    this.virtualInterface = window('GICV', this.#virtualInterfaceBlock);
    // GICv2's SGIs are always enabled.
    if (version === 2) this.state.enabled.fill(0xffff, 0, this.#cpus);
  }

  /** All registers, for panels and notes: GICD, one GICR a CPU, GICC and GICV. */
  get registers(): readonly RegisterFile[] {
    return [this.#distributorBlock, ...this.#redistributorBlocks, this.#cpuInterfaceBlock, this.#virtualInterfaceBlock];
  }

  /** Where guests used what the registers do not offer. */
  get notes(): readonly RegisterNote[] {
    return this.registers.flatMap((file) => file.notes);
  }

  set onNote(sink: ((note: RegisterNote) => void) | undefined) {
    for (const file of this.registers) file.onNote = sink;
  }

  // Wires

  spi(n: number): InterruptLine {
    if (!Number.isInteger(n) || n < 0 || n >= this.state.spis)
      throw new RangeError(`the GIC has SPIs 0 to ${this.state.spis - 1}; there is no SPI ${n}`);
    const word = this.#cpus + (n >>> 5);
    return { set: (level) => this.#setLevel(word, n & 31, level) };
  }

  ppi(cpu: number, intid: number): InterruptLine {
    if (intid < 16 || intid > 31) throw new RangeError(`INTID ${intid} is no private peripheral interrupt (16 to 31)`);
    return { set: (level) => this.#setLevel(cpu, intid, level) };
  }

  #setLevel(word: number, bit: number, level: boolean): void {
    if (this.state.setLevel(word, bit, level)) this.refresh(word, 1 << bit);
  }

  // Register windows

  readDistributor(offset: number, size: 1 | 2 | 4): number {
    return this.#distributorBlock.read(offset, size);
  }

  writeDistributor(offset: number, size: 1 | 2 | 4, value: number): void {
    this.#distributorBlock.write(offset, size, value);
  }

  readRedistributor(cpu: number, offset: number, size: 1 | 2 | 4): number {
    return this.#redistributorBlocks[cpu]?.read(offset, size) ?? 0;
  }

  writeRedistributor(cpu: number, offset: number, size: 1 | 2 | 4, value: number): void {
    this.#redistributorBlocks[cpu]?.write(offset, size, value);
  }

  readSystemRegister(cpu: Cpu, key: number): boolean {
    return this.version === 3 && readGicRegister(this.#targets[cpu.index]!, key, cpu.exchange);
  }

  writeSystemRegister(cpu: Cpu, key: number): boolean {
    return this.version === 3 && writeGicRegister(this.#targets[cpu.index]!, key, cpu.exchange);
  }

  // Host code

  /**
   * To the hypervisor: the virtual interface takes over what the guest had programmed into the physical one, and the
   * physical one lets everything through with EOImode 1. To the guest: the programming moves back.
   */
  route(cpu: number, to: 'guest' | 'hypervisor'): void {
    if (this.#routedTo[cpu] !== to) {
      const physical = this.physical[cpu]!;
      const virtual = this.virtual[cpu]!;
      this.#routedTo[cpu] = to;
      if (to === 'hypervisor') {
        virtual.copyProgramming(physical);
        physical.splitEoi = true;
        physical.enabled = [true, true];
        physical.setPriorityMask(0xff);
      } else {
        physical.copyProgramming(virtual);
        for (const group of [0, 1] as const) physical.active[group].fill(0);
      }
      virtual.setOn(to === 'hypervisor');
      this.#targets[cpu] =
        to === 'hypervisor' ? { cpuInterface: virtual, sendSgi: undefined } : this.#physicalTarget(cpu);
    }
    this.#drive(cpu);
    this.#onLines?.(cpu, this.#lines[cpu]!);
  }

  physicalPending(cpu: number): boolean {
    const { irq, fiq } = this.#lines[cpu]!;
    return this.#routedTo[cpu] === 'hypervisor' && (irq || fiq);
  }

  acknowledge(cpu: number): number {
    return this.physical[cpu]!.acknowledgeEither() & 0x3ff;
  }

  dropPriority(cpu: number, _intid: number): void {
    this.physical[cpu]!.dropPriority();
  }

  deactivate(cpu: number, intid: number): void {
    this.deactivatePhysical(cpu, intid);
  }

  sendSgi(from: number, to: readonly number[], id: number): void {
    for (const cpu of to) this.sgis.pend(from, cpu, id);
  }

  /** The interrupt keeps the priority that the distributor has for it. Group 1 in GICv3, the one group of GICv2 guests there. */
  inject(cpu: number, intid: number, hardware: boolean): InjectResult {
    const word = this.state.word(cpu, intid);
    const priority = word < 0 ? 0 : this.state.priority[word * 32 + (intid & 31)]!;
    return this.virtual[cpu]!.inject(intid, hardware ? intid : -1, priority, this.version === 3 ? 1 : 0);
  }

  virtualPending(cpu: number): boolean {
    return this.virtual[cpu]!.pending;
  }

  setUnderflowInterrupt(cpu: number, on: boolean): void {
    this.virtual[cpu]!.setUnderflowInterrupt(on);
  }

  resetVirtual(cpu: number): void {
    this.virtual[cpu]!.reset();
  }

  /** The lines of a CPU as they are. */
  linesOf(cpu: number): Readonly<GicLines> {
    return this.#lines[cpu]!;
  }

  routedTo(cpu: number): 'guest' | 'hypervisor' {
    return this.#routedTo[cpu]!;
  }

  save(): GicSnapshot {
    return {
      interrupts: this.state.save(),
      routing: this.routing.save(),
      asleep: this.#redistributorOwners.map((owner) => owner.asleep),
      routedTo: [...this.#routedTo],
      physical: this.physical.map((one) => one.save()),
      virtual: this.virtual.map((one) => one.save()),
    };
  }

  restore(snapshot: GicSnapshot): void {
    snapshot.asleep.forEach((asleep, cpu) => (this.#redistributorOwners[cpu]!.asleep = asleep));
    snapshot.routedTo.forEach((to, cpu) => this.route(cpu, to));
    this.routing.restore(snapshot.routing);
    this.state.restore(snapshot.interrupts);
    snapshot.physical.forEach((one, cpu) => this.physical[cpu]!.restore(one));
    snapshot.virtual.forEach((one, cpu) => this.virtual[cpu]!.restore(one));
  }

  // What the register declarations and the interfaces act on

  /** The CPU whose access is being served. */
  get accessor(): number {
    return this.#accessor();
  }

  /** GICD's array register `index`: private interrupts are in GICR (GICv3) or banked by the accessing CPU (GICv2). */
  bank(index: number): number {
    if (index === 0) return this.version === 3 ? -1 : this.#accessor();
    return index <= this.state.sharedWords ? this.#cpus + index - 1 : -1;
  }

  refresh(word: number, bits: number): void {
    if (word < this.#cpus) {
      this.#choose(word);
      return;
    }
    const shared = word - this.#cpus;
    for (let cpu = 0; cpu < this.#cpus; cpu++)
      if ((this.state.targets[cpu * this.state.sharedWords + shared]! & bits) !== 0) this.#choose(cpu);
  }

  regrouped(word: number): void {
    this.refresh(word, 0xffffffff);
    if (word >= this.#cpus) this.routing.reconsider();
  }

  setGroupsEnabled(groups: number): void {
    this.state.groupsEnabled = groups;
    for (let cpu = 0; cpu < this.#cpus; cpu++) this.#choose(cpu);
  }

  interfaceChanged(cpu: number): void {
    this.#drive(cpu);
    this.routing.reconsider();
  }

  virtualOutputsMoved(cpu: number): void {
    this.#drive(cpu);
  }

  deactivatePhysical(cpu: number, intid: number): void {
    const word = this.state.word(cpu, intid);
    const mask = 1 << (intid & 31);
    if (word < 0 || (this.state.active[word]! & mask) === 0) return;
    this.state.active[word] = this.state.active[word]! & ~mask;
    this.refresh(word, mask);
  }

  setMaintenance(cpu: number, level: boolean): void {
    const lines = this.#lines[cpu]!;
    if (lines.maintenance === level) return;
    lines.maintenance = level;
    this.#setLevel(cpu, this.#maintenance, level);
    this.#onLines?.(cpu, lines);
  }

  // Inside

  #physicalTarget(cpu: number): SystemRegisterTarget {
    return {
      cpuInterface: this.physical[cpu]!,
      sendSgi: (kind, value) => this.sgis.bySystemRegister(cpu, kind, value),
    };
  }

  #choose(cpu: number): void {
    const { state } = this;
    const before = state.bestIntid[cpu];
    const priority = state.bestPriority[cpu];
    state.select(cpu);
    if (state.bestIntid[cpu] === before && state.bestPriority[cpu] === priority && before === -1) return;
    if (this.physical[cpu]!.candidateChanged()) this.#drive(cpu);
  }

  #drive(cpu: number): void {
    const lines = this.#lines[cpu]!;
    const physical = this.physical[cpu]!.outputs;
    const virtual = this.virtual[cpu]!.outputs;
    if (
      lines.irq === physical.irq &&
      lines.fiq === physical.fiq &&
      lines.virq === virtual.irq &&
      lines.vfiq === virtual.fiq
    )
      return;
    lines.irq = physical.irq;
    lines.fiq = physical.fiq;
    lines.virq = virtual.irq;
    lines.vfiq = virtual.fiq;
    this.#onLines?.(cpu, lines);
  }
}
