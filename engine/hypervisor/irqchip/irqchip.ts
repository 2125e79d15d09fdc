// The unit `irqchip`: who owns which interrupt, moderated distributor and redistributors, SPI retargeting, reset of a cell's
// and a CPU's interrupts, and the way of a physical interrupt into a guest. Source: ABI reference, C.1, C.4.
import type { ArmPlatform } from '../../config/index.ts';
import { gpa, pa, type Pa } from '../../util/units.ts';
import type { Cell } from '../cell/cell.ts';
import type { PerCpu } from '../cell/percpu.ts';
import { ERRNO } from '../errno.ts';
import type { Hypervisor } from '../hypervisor.ts';
import type { Unit } from '../unit.ts';
import { affinityFromHalves, affinityHalves, affinityOf, cpuByAffinity, decodeSgi1r, sgiTargets } from './affinity.ts';
import { distributorHandler, type PhysicalGic } from './distributor.ts';
import { enqueue, inject, injectPending } from './injection.ts';
import { FIRST_SPI, InterruptOwnership, privateMask, SGI_EVENT, SGI_INJECT } from './ownership.ts';
import { redistributorHandler } from './redistributor.ts';
import {
  architectureVersion,
  DISTRIBUTOR_SIZE,
  GICD_ICACTIVER,
  GICD_ICENABLER,
  GICD_IROUTER,
  GICD_ISPENDR,
  GICD_ITARGETSR,
  GICD_PIDR2,
  GICR_ICACTIVER0,
  GICR_ICENABLER0,
  GICR_ISENABLER0,
  REDISTRIBUTOR_SIZE,
} from './registers.ts';

const SPURIOUS = 1020;
/** GICC, GICH and GICV windows of a GICv2. */
const CPU_INTERFACE_SIZE = 0x2000;
/** CPU interfaces that a GICv2 distributor can address. */
const GICV2_CPUS = 8;

export class Irqchip implements Unit {
  readonly name = 'irqchip';
  readonly #hv: Hypervisor;
  readonly #platform: ArmPlatform;
  readonly #version: 2 | 3;

  constructor(hv: Hypervisor, platform: ArmPlatform) {
    this.#hv = hv;
    this.#platform = platform;
    this.#version = platform.gicVersion === 2 ? 2 : 3;
  }

  get #gic() {
    return this.#hv.machine.gic;
  }

  get #distributorBase(): Pa {
    return pa(Number(this.#platform.gicdBase));
  }

  init(): number {
    const { machine, report } = this.#hv;
    const fail = (sentence: string, rule: string) =>
      report.refuse('ENODEV', {
        call: 'ENABLE',
        rule,
        sentence,
        target: { cell: this.#hv.rootCell.name, field: 'platform.gicdBase' },
      });
    const probe = { lo: 0, hi: 0 };
    const pidr2 = pa(this.#distributorBase + GICD_PIDR2[this.#version]);
    const answers = machine.bus.read(pidr2, 4, probe, this.#hv.owner);
    if (!answers || architectureVersion(probe.lo) !== this.#version) {
      const board = machine.board.gic;
      return fail(
        `The configuration names a GICv${this.#version} at 0x${this.#platform.gicdBase.toString(16)}, where the board has ` +
          `${answers ? 'another device or version' : 'nothing'}` +
          `${board ? `; its GICv${board.version} is at 0x${board.distributor.toString(16)}` : ''}. ` +
          'Correct gic_version and gicd_base.',
        'gic-version',
      );
    }
    const windows = this.#version === 3 ? this.#redistributorsFit() : this.#gicv2Windows();
    if (windows < 0) return windows;
    if (!this.#hv.remapWindows(DISTRIBUTOR_SIZE[this.#version], windows)) return -ERRNO.ENOMEM;
    for (const cpu of this.#hv.systemCpus) this.#gic.route(cpu.id, 'hypervisor');
    machine.onPhysicalInterrupt = (cpu) => this.#takePhysical(this.#hv.cpu(cpu)!);
    return this.cellInit(this.#hv.rootCell);
  }

  mmioWindows(): number {
    return 1 + (this.#version === 3 ? this.#hv.systemCpus.length : 0);
  }

  cellInit(cell: Cell): number {
    const { gicdBase, maintenanceIrq } = this.#platform;
    const interrupts = InterruptOwnership.of(cell.config, gicdBase, maintenanceIrq);
    if ('badEntry' in interrupts) {
      return this.#hv.report.refuse('EINVAL', {
        call: cell.isRoot ? 'ENABLE' : 'CELL_CREATE',
        rule: 'pin-base',
        sentence:
          `Irqchip entry ${interrupts.badEntry} of ${cell.name} has pin_base ${cell.config.irqchips[interrupts.badEntry]!.pinBase}; ` +
          'it is the GIC id of the first bit: a multiple of 32, at most 896. Typical are 32 and 160.',
        target: { cell: cell.name, field: `irqchips[${interrupts.badEntry}].pinBase` },
      });
    }
    cell.interrupts = interrupts;
    if (!cell.isRoot) {
      this.#warnOfSharing(cell);
      this.#hv.rootCell.interrupts.remove(interrupts);
    }
    this.#registerWindows(cell);
    if (this.#version === 2 && !this.#mapCpuInterface(cell)) return -ERRNO.ENOMEM;
    return 0;
  }

  cellExit(cell: Cell): void {
    this.#hv.rootCell.interrupts.restore(cell.interrupts);
  }

  commit(cell: Cell): void {
    this.#retarget(this.#hv.rootCell);
    if (!cell.isRoot) this.#retarget(cell);
  }

  shutdown(): void {
    this.#hv.machine.onPhysicalInterrupt = undefined;
    for (const cpu of this.#hv.systemCpus) this.#gic.route(cpu.id, 'guest');
  }

  /** Masks and deactivates the cell's shared interrupts (C.1, cell reset). */
  resetCell(cell: Cell): void {
    for (const { first, bits } of cell.interrupts.spiWords()) {
      this.#gic.writeDistributor(GICD_ICENABLER + first / 8, 4, bits);
      this.#gic.writeDistributor(GICD_ICACTIVER + first / 8, 4, bits);
    }
  }

  /** Private interrupts of a CPU as at its reset: SGIs and the maintenance interrupt on, others off; nothing pending. */
  resetCpu(cpu: PerCpu): void {
    cpu.pending = [];
    this.#gic.resetVirtual(cpu.id);
    const on = (0xffff | (1 << this.#platform.maintenanceIrq)) >>> 0;
    const off = ~on >>> 0;
    const write = (offset: number, value: number) =>
      this.#version === 3
        ? this.#gic.writeRedistributor(cpu.id, offset, 4, value)
        : this.#physical.write(offset & 0xffff, 4, value, cpu);
    write(GICR_ICENABLER0, off);
    write(GICR_ICACTIVER0, off);
    write(GICR_ISENABLER0, on);
  }

  /** A write of ICC_SGI1R_EL1 by a guest. */
  sendSgi1r(sender: PerCpu, lo: number, hi: number): void {
    const request = decodeSgi1r(lo, hi);
    const cpus = sender.cell.cpus.map((id) => this.#hv.cpu(id)!);
    this.#sendSgi(sender, request.intid, sgiTargets(request, sender, cpus));
  }

  /** Makes a shared interrupt pending, as an edge on its wire would (ivshmem INTx and MSI-X on Arm, D.3). */
  triggerSpi(intid: number): void {
    this.#gic.writeDistributor(GICD_ISPENDR + (intid >>> 5) * 4, 4, (1 << (intid & 31)) >>> 0);
  }

  readonly #physical: PhysicalGic = {
    read: (offset, size, cpu) => {
      const value = { lo: 0, hi: 0 };
      this.#hv.machine.bus.read(pa(this.#distributorBase + offset), size, value, { name: cpu.cell.name, cpu: cpu.id });
      return value.lo;
    },
    write: (offset, size, value, cpu) => {
      const by = { name: cpu.cell.name, cpu: cpu.id };
      this.#hv.machine.bus.write(pa(this.#distributorBase + offset), size, value, 0, by);
    },
  };

  // ------------------------------------------------------------------------------------------------------------- windows

  /** Bytes of redistributor windows, or a negated error number if a CPU has none. */
  #redistributorsFit(): number {
    const base = Number(this.#platform.gicrBase);
    for (const [index, cpu] of this.#hv.systemCpus.entries()) {
      if (this.#hv.machine.bus.deviceAt(pa(base + index * REDISTRIBUTOR_SIZE))) continue;
      this.#hv.print(`GIC: No redist found for CPU${cpu.id}\n`);
      return this.#hv.report.refuse('ENODEV', {
        call: 'ENABLE',
        rule: 'redistributor',
        sentence:
          `CPU ${cpu.id} has no redistributor at 0x${(base + index * REDISTRIBUTOR_SIZE).toString(16)}. ` +
          'Correct gicr_base in the system configuration.',
        target: { cell: this.#hv.rootCell.name, cpu: cpu.id, field: 'platform.gicrBase' },
      });
    }
    return this.#hv.systemCpus.length * REDISTRIBUTOR_SIZE;
  }

  #gicv2Windows(): number {
    const beyond = this.#hv.systemCpus.find((cpu) => cpu.id >= GICV2_CPUS);
    if (!beyond) return 2 * CPU_INTERFACE_SIZE;
    return this.#hv.report.refuse('EINVAL', {
      call: 'ENABLE',
      rule: 'gicv2-cpus',
      sentence: `CPU ${beyond.id} is in the root cell's CPU set, and a GICv2 serves CPUs 0 to 7 only. Remove it from the set.`,
      target: { cell: this.#hv.rootCell.name, cpu: beyond.id, field: 'rootCell.cpuSet' },
    });
  }

  #registerWindows(cell: Cell): void {
    const cpus = () => cell.cpus.map((id) => this.#hv.cpu(id)!);
    this.#hv.registerMmio(cell, {
      start: gpa(this.#distributorBase),
      size: DISTRIBUTOR_SIZE[this.#version],
      name: 'GIC distributor',
      handler: distributorHandler({
        version: this.#version,
        gic: this.#physical,
        interrupts: cell.interrupts,
        cpus,
        print: (text) => this.#hv.print(text),
        misrouted: (access, intid) => this.#hv.explain.misroutedInterrupt(access, intid),
        sendSgi: (sender, value) => this.#sendSgi(sender, value & 0xf, sgirTargets(value, sender, cpus())),
      }),
    });
    if (this.#version !== 3) return;
    const { systemCpus } = this.#hv;
    for (const [index, owner] of systemCpus.entries()) {
      this.#hv.registerMmio(cell, {
        start: gpa(Number(this.#platform.gicrBase) + index * REDISTRIBUTOR_SIZE),
        size: REDISTRIBUTOR_SIZE,
        name: `GIC redistributor of CPU ${owner.id}`,
        handler: redistributorHandler({
          owner,
          isLast: index === systemCpus.length - 1,
          privateMask: privateMask(this.#platform.maintenanceIrq),
          read: (offset, size) => this.#gic.readRedistributor(owner.id, offset, size),
          write: (offset, size, value) => this.#gic.writeRedistributor(owner.id, offset, size, value),
        }),
      });
    }
  }

  /** GICv2: cells find the virtual CPU interface where the physical one is. */
  #mapCpuInterface(cell: Cell): boolean {
    const { giccBase, gicvBase } = this.#platform;
    const access = { read: true, write: true, device: true };
    return cell.stage2.map(gpa(Number(giccBase)), pa(Number(gicvBase)), CPU_INTERFACE_SIZE, access, true);
  }

  // ----------------------------------------------------------------------------------------------------------- ownership

  #warnOfSharing(cell: Cell): void {
    for (const other of this.#hv.cells) {
      if (other.isRoot || other === cell) continue;
      const shared = [...cell.interrupts.spis()].filter((intid) => other.interrupts.owns(intid));
      if (shared.length === 0) continue;
      this.#hv.report.warning(
        'interrupt.shared',
        `${cell.name} and ${other.name} both list interrupt ${shared.join(', ')} (SPI ${shared.map((id) => id - FIRST_SPI).join(', ')}). ` +
          'The reference allows it and both cells can mask it for each other: remove it from one of them.',
        { cell: cell.name, field: 'irqchips' },
      );
    }
  }

  /** Shared interrupts that go to a CPU outside their owner are pointed to the owner's first CPU. */
  #retarget(cell: Cell): void {
    const cpus = cell.cpus.map((id) => this.#hv.cpu(id)!);
    const first = cpus[0];
    if (!first) return;
    const implemented = FIRST_SPI + (this.#hv.machine.board.gic?.spis ?? 0);
    for (const intid of cell.interrupts.spis()) {
      if (intid >= implemented) continue;
      if (this.#version === 3) this.#retargetRoute(intid, cpus, first);
      else this.#retargetByte(intid, cpus, first);
    }
  }

  #retargetRoute(intid: number, cpus: readonly PerCpu[], first: PerCpu): void {
    const at = GICD_IROUTER + intid * 8;
    const now = affinityFromHalves(this.#gic.readDistributor(at, 4), this.#gic.readDistributor(at + 4, 4));
    if (cpuByAffinity(cpus, now)) return;
    const { lo, hi } = affinityHalves(affinityOf(first));
    this.#gic.writeDistributor(at, 4, lo);
    this.#gic.writeDistributor(at + 4, 4, hi);
  }

  #retargetByte(intid: number, cpus: readonly PerCpu[], first: PerCpu): void {
    const own = cpus.reduce((bits, cpu) => bits | (1 << cpu.id), 0);
    const now = this.#gic.readDistributor(GICD_ITARGETSR + intid, 1);
    if (now & ~own) this.#gic.writeDistributor(GICD_ITARGETSR + intid, 1, 1 << first.id);
  }

  // ------------------------------------------------------------------------------------------------------------ delivery

  #sendSgi(sender: PerCpu, intid: number, targets: readonly PerCpu[]): void {
    for (const target of targets) {
      if (target === sender) {
        inject(this.#gic, target, intid, false);
      } else if (!target.off && !target.failed) {
        enqueue(target, intid, false);
        this.#gic.sendSgi(sender.id, [target.id], SGI_INJECT);
      }
    }
  }

  /** One VM exit for everything that is pending at this moment. */
  #takePhysical(cpu: PerCpu): void {
    cpu.counters.count('vmexits_total');
    for (;;) {
      const intid = this.#gic.acknowledge(cpu.id);
      if (intid >= SPURIOUS) return;
      if (intid < 16) this.#takeSgi(cpu, intid);
      else if (intid === this.#platform.maintenanceIrq) this.#takeMaintenance(cpu, intid);
      else this.#forward(cpu, intid);
    }
  }

  #takeSgi(cpu: PerCpu, intid: number): void {
    this.#gic.dropPriority(cpu.id, intid);
    this.#gic.deactivate(cpu.id, intid);
    if (intid === SGI_INJECT) {
      cpu.counters.count('vmexits_virt_sgi');
      injectPending(this.#gic, cpu);
    } else if (intid === SGI_EVENT) {
      cpu.counters.count('vmexits_management');
    } else {
      this.#hv.print(`WARN: unknown SGI received ${intid}\n`);
    }
  }

  #takeMaintenance(cpu: PerCpu, intid: number): void {
    cpu.counters.count('vmexits_maintenance');
    this.#gic.dropPriority(cpu.id, intid);
    injectPending(this.#gic, cpu);
    this.#gic.deactivate(cpu.id, intid);
  }

  /** The guest deactivates it through the list register's hardware link. */
  #forward(cpu: PerCpu, intid: number): void {
    cpu.counters.count('vmexits_virt_irq');
    this.#gic.dropPriority(cpu.id, intid);
    inject(this.#gic, cpu, intid, true);
  }
}

/** GICD_SGIR: SGIINTID 3:0, CPUTargetList 23:16, TargetListFilter 25:24 (0 list, 1 all others in the cell, 2 self). */
function sgirTargets(value: number, sender: PerCpu, cpus: readonly PerCpu[]): PerCpu[] {
  const filter = (value >>> 24) & 3;
  const list = (value >>> 16) & 0xff;
  if (filter === 1) return cpus.filter((cpu) => cpu !== sender);
  return filter === 2 ? [sender] : cpus.filter((cpu) => list & (1 << cpu.id));
}
