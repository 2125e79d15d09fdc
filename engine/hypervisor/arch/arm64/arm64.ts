// The 64-bit Arm side of the hypervisor: CPU lifecycle, what a cell's reset means, which units there are.
// Source: ABI reference, A.12 (virtual base), B.7 (units), C.1 (lifecycle), C.2.
import { CELL_FLAG, IOMMU_TYPE, type ArmPlatform } from '../../../config/index.ts';
import type { Gpa, Gva } from '../../../util/units.ts';
import type { Cell } from '../../cell/cell.ts';
import type { PerCpu } from '../../cell/percpu.ts';
import type { Hypervisor } from '../../hypervisor.ts';
import { Irqchip } from '../../irqchip/irqchip.ts';
import { PciUnit } from '../../pci/unit.ts';
import type { Unit } from '../../unit.ts';
import type { Arch } from '../arch.ts';
import { iommuUnit } from './iommu.ts';
import { Arm64Port } from './port.ts';

/** Where the hypervisor's code is in its own address space: base and the entry's alignment. */
const CODE_LOCATION = '0x0000ffffc0200800';
/** Virtual machine ids have 8 bits, and a cell's id is its VMID. */
const MAX_VMID = 255;
/** Physical address width by CPU model (their reference manuals, ID_AA64MMFR0_EL1.PARange); others: the widest. */
const ADDRESS_BITS: Readonly<Record<string, number>> = {
  'cortex-a35': 40,
  'cortex-a53': 40,
  'cortex-a57': 44,
  'cortex-a72': 44,
};
const WIDEST = 48;

export class Arm64 implements Arch {
  readonly codeLocation = CODE_LOCATION;
  readonly addressBits: number;
  readonly units: readonly Unit[];
  readonly #hv: Hypervisor;
  readonly #irqchip: Irqchip;
  readonly #port: Arm64Port;

  constructor(hv: Hypervisor, platform: ArmPlatform) {
    this.#hv = hv;
    this.addressBits = ADDRESS_BITS[hv.machine.board.cpus[0]?.model ?? ''] ?? WIDEST;
    this.#irqchip = new Irqchip(hv, platform);
    this.#port = new Arm64Port(hv, this.#irqchip);
    this.units = [
      this.#irqchip,
      iommuUnit(hv, { name: 'ARM SMMU v3', type: IOMMU_TYPE.SMMUV3, kind: 'SMMUv3' }),
      iommuUnit(hv, { name: 'ARM SMMU', type: IOMMU_TYPE.ARM_MMU500, kind: 'MMU-500' }),
      iommuUnit(hv, { name: 'PVU IOMMU', type: IOMMU_TYPE.TI_PVU, kind: 'PVU' }),
      new PciUnit(hv, this.#irqchip),
    ];
  }

  cellCreate(cell: Cell): number {
    const { report } = this.#hv;
    if (cell.id > MAX_VMID) {
      return report.refuse('E2BIG', {
        call: 'CELL_CREATE',
        rule: 'vmid',
        sentence: `Cell ${cell.name} would get id ${cell.id}; ids are virtual machine ids of 8 bits on Arm. Destroy another cell first.`,
        target: { cell: cell.name, field: 'id' },
      });
    }
    if (cell.config.flags & CELL_FLAG.AARCH32) {
      return report.refuse('EINVAL', {
        call: 'CELL_CREATE',
        rule: 'aarch32',
        sentence:
          `Cell ${cell.name} asks for AArch32 CPUs (JAILHOUSE_CELL_AARCH32), which this engine does not execute yet. ` +
          'Clear the flag and build the inmate for AArch64.',
        target: { cell: cell.name, field: 'flags' },
      });
    }
    return 0;
  }

  resetCell(cell: Cell): void {
    this.#irqchip.resetCell(cell);
  }

  event(cpu: PerCpu): void {
    cpu.counters.count('vmexits_total');
    cpu.counters.count('vmexits_management');
  }

  park(cpu: PerCpu): void {
    cpu.off = true;
    this.#hv.machine.setPower(cpu.id, 'off');
  }

  start(cpu: PerCpu, entry: Gva, contextId: bigint): void {
    const { machine, compatibility } = this.#hv;
    this.#irqchip.resetCpu(cpu);
    machine.resetTimers(cpu.id);
    cpu.cpu.port = this.#port;
    cpu.cpu.addressMap = cpu.cell.addressMap;
    const x = compatibility.contextIdInX1Only ? { 1: contextId } : { 0: contextId, 1: contextId };
    cpu.cpu.reset({ pc: entry, x });
    machine.setOwner(cpu.id, cpu.cell.name);
    cpu.off = false;
    machine.setPower(cpu.id, 'on');
  }

  storeFault(cpu: PerCpu, address: Gpa): void {
    this.#port.storeFault(cpu, address);
  }

  shutdown(): void {
    for (const cpu of this.#hv.systemCpus) cpu.cpu.port = this.#hv.machine.bareBoard;
  }
}
