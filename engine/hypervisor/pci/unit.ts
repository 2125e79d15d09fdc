// The unit `PCI`: the trapped ECAM window, physical functions changing hands, virtual ivshmem functions.
// Source: ABI reference, D.1-D.3, B.10 (messages), B.12 (order).
import { bdfText, mmconfigWindow, PCI_TYPE, type CellConfig, type PciDevice } from '../../config/index.ts';
import { gpa } from '../../util/units.ts';
import type { Cell } from '../cell/cell.ts';
import { ERRNO } from '../errno.ts';
import type { Hypervisor } from '../hypervisor.ts';
import type { Irqchip } from '../irqchip/irqchip.ts';
import { IvshmemDevice } from '../ivshmem/device.ts';
import { Link, MAX_PEERS } from '../ivshmem/link.ts';
import type { MmioAccess, MmioHandler, MmioWindow } from '../mmio/table.ts';
import { IVSHMEM_LINK_PAGES, pciPages } from '../paging/footprint.ts';
import type { Unit } from '../unit.ts';
import type { Pa } from '../../util/units.ts';
import { allOnes } from './function.ts';
import { PhysicalConfig, PhysicalFunction } from './physical.ts';

const MAX_MSIX_VECTORS = 16;
const WINDOWS_OF_IVSHMEM = 2;

export class PciUnit implements Unit {
  readonly name = 'PCI';
  readonly #hv: Hypervisor;
  readonly #irqchip: Irqchip;
  /** Lost interrupts are reported once for each device and cell. */
  readonly #reportedLost = new Set<string>();
  /** By bdf, with the page that holds it. */
  readonly #links = new Map<number, { link: Link; page: Pa }>();

  constructor(hv: Hypervisor, irqchip: Irqchip) {
    this.#hv = hv;
    this.#irqchip = irqchip;
  }

  init(): number {
    const ecam = mmconfigWindow(this.#hv.system);
    if (ecam && !this.#hv.system.pciIsVirtual && !this.#hv.remapWindows(Number(ecam.size))) return -ERRNO.ENOMEM;
    return this.cellInit(this.#hv.rootCell);
  }

  mmioWindows(config: CellConfig): number {
    const devices = config.pciDevices.reduce(
      (sum, { type, msixAddress }) =>
        sum + (type === PCI_TYPE.IVSHMEM ? WINDOWS_OF_IVSHMEM : msixAddress !== 0n ? 1 : 0),
      0,
    );
    return (mmconfigWindow(this.#hv.system) ? 1 : 0) + devices;
  }

  cellInit(cell: Cell): number {
    const count = pciPages(cell.config.pciDevices.length);
    if (count > 0) {
      const at = this.#hv.pool.alloc(count);
      if (at === undefined) return -ERRNO.ENOMEM;
      cell.pages.push({ at, count });
    }
    this.#registerEcam(cell);
    for (const [index, device] of cell.config.pciDevices.entries()) {
      const result =
        device.type === PCI_TYPE.IVSHMEM ? this.#addIvshmem(cell, device, index) : this.#addPhysical(cell, device);
      if (result !== 0) {
        this.cellExit(cell);
        return result;
      }
    }
    return 0;
  }

  cellExit(cell: Cell): void {
    for (const pci of cell.pci) {
      if (pci instanceof IvshmemDevice) {
        pci.disconnect();
        this.#dropEmptyLink(pci.config.bdf);
      } else {
        this.#hv.print(`Removing PCI device ${bdfText(pci.config.bdf)} from cell "${cell.name}"\n`);
        pci.reset();
        this.#returnToRoot(pci.config);
      }
    }
    cell.pci = [];
  }

  commit(): void {
    // Message routing on Arm follows the guest's writes; there is nothing to bring in line.
  }

  shutdown(): void {
    for (const pci of this.#hv.rootCell.pci) if (pci instanceof IvshmemDevice) pci.disconnect();
    this.#links.clear();
  }

  // ----------------------------------------------------------------------------------------------------------------- ECAM

  #registerEcam(cell: Cell): void {
    const ecam = mmconfigWindow(this.#hv.system);
    if (!ecam) return;
    this.#hv.registerMmio(cell, {
      start: gpa(Number(ecam.base)),
      size: Number(ecam.size),
      name: 'PCI configuration space',
      handler: this.#ecamHandler(cell),
    });
  }

  #ecamHandler(cell: Cell): MmioHandler {
    return (access) => {
      const bdf = Math.floor(access.offset / 4096);
      const register = access.offset & 0xfff;
      const { size } = access;
      if (size === 8 || register % size !== 0) return this.#refuseConfig(access, bdf, register, 'width');
      const pci = cell.pci.find(({ config }) => config.bdf === bdf);
      if (!access.write) {
        access.lo = pci ? pci.read(register, size) : allOnes(size);
        return 'handled';
      }
      if (pci?.write(register, size, access.lo)) return 'handled';
      return this.#refuseConfig(access, bdf, register, pci ? 'register' : 'not-owned');
    };
  }

  /** The reference says "write" whatever it was (K.10). */
  #refuseConfig(access: MmioAccess, bdf: number, register: number, rule: 'width' | 'register' | 'not-owned'): 'error' {
    const device = bdfText(bdf);
    this.#hv.print(
      `FATAL: Invalid PCI MMCONFIG write, device ${device}, reg: 0x${register.toString(16)}, size: ${access.size}\n`,
    );
    const why = {
      width: `with ${access.size} bytes, and configuration space takes aligned accesses of 1, 2 and 4 bytes only.`,
      register: `which this device does not let cells change. Permit it through a PCI capability with JAILHOUSE_PCICAPS_WRITE if it is one.`,
      'not-owned': `and the cell does not own PCI device ${device}. Add it to the cell's pci_devices.`,
    }[rule];
    this.#hv.explain.because({
      rule: `pci-config-${rule}`,
      text: `register 0x${register.toString(16)} of PCI device ${device}, ${why}`,
      field: 'pciDevices',
    });
    return 'error';
  }

  // ------------------------------------------------------------------------------------------------------ physical devices

  #addPhysical(cell: Cell, device: PciDevice): number {
    if (!cell.isRoot) this.#takeFromRoot(device);
    const { bus } = this.#hv.machine;
    const ecam = this.#hv.system.pciIsVirtual ? null : mmconfigWindow(this.#hv.system);
    const base = ecam ? Number(ecam.base) + device.bdf * 4096 : undefined;
    const caps = cell.config.pciCaps.slice(device.capsStart, device.capsStart + device.numCaps);
    const space = new PhysicalConfig(bus, base, this.#hv.owner);
    const pci = new PhysicalFunction(device, caps, space, bus, this.#hv.owner);
    this.#hv.print(`Adding PCI device ${bdfText(device.bdf)} to cell "${cell.name}"\n`);
    if (!cell.isRoot) pci.reset();
    cell.pci.push(pci);
    if (device.msixAddress !== 0n) {
      this.#hv.registerMmio(cell, {
        start: gpa(Number(device.msixAddress)),
        size: device.msixRegionSize,
        name: `MSI-X table of PCI device ${bdfText(device.bdf)}`,
        handler: pci.msixHandler(() => this.#refuseMsix(device)),
      });
    }
    return 0;
  }

  #refuseMsix(device: PciDevice): void {
    this.#hv.print(`FATAL: Invalid PCI MSI-X table/PBA access, device ${bdfText(device.bdf)}\n`);
    this.#hv.explain.because({
      rule: 'msix-table',
      text: `in the MSI-X table of PCI device ${bdfText(device.bdf)}, beyond its vectors or not as an aligned word. Correct num_msix_vectors or the driver.`,
      field: 'pciDevices',
    });
  }

  #takeFromRoot(device: PciDevice): void {
    const { rootCell } = this.#hv;
    const held = rootCell.pci.find(({ config }) => config.bdf === device.bdf && config.type !== PCI_TYPE.IVSHMEM);
    if (!held) return;
    this.#hv.print(`Removing PCI device ${bdfText(device.bdf)} from cell "${rootCell.name}"\n`);
    held.reset();
    rootCell.pci = rootCell.pci.filter((pci) => pci !== held);
    const table = held.config.msixAddress === 0n ? undefined : rootCell.mmio.find(Number(held.config.msixAddress), 4);
    if (table) rootCell.mmio.unregister(table);
  }

  #returnToRoot(device: PciDevice): void {
    const { rootCell } = this.#hv;
    const listed = rootCell.config.pciDevices.find(
      ({ domain, bdf, type }) => domain === device.domain && bdf === device.bdf && type !== PCI_TYPE.IVSHMEM,
    );
    if (listed && this.#addPhysical(rootCell, listed) !== 0)
      this.#hv.print('WARNING: Failed to re-assign PCI device to root cell\n');
  }

  // -------------------------------------------------------------------------------------------------------------- ivshmem

  #addIvshmem(cell: Cell, device: PciDevice, index: number): number {
    this.#hv.print(`Adding virtual PCI device ${bdfText(device.bdf)} to cell "${cell.name}"\n`);
    const refuse = (errno: 'EINVAL' | 'EBUSY' | 'ENOMEM', rule: string, sentence: string, field: string) =>
      this.#hv.report.refuse(errno, {
        call: cell.isRoot ? 'ENABLE' : 'CELL_CREATE',
        rule,
        sentence: `ivshmem device ${bdfText(device.bdf)} of ${cell.name} ${sentence}`,
        target: { cell: cell.name, field: `pciDevices[${index}].${field}` },
      });
    const { shmemRegionsStart, shmemPeers, shmemDevId, numMsixVectors, bdf } = device;
    const needed = shmemRegionsStart + 2 + shmemPeers;
    const regions = cell.config.memoryRegions.length;
    if (needed > regions) {
      const sentence = `needs memory regions ${shmemRegionsStart} to ${needed - 1} for its sections, and the cell has ${regions}. Correct shmem_regions_start.`;
      return refuse('EINVAL', 'ivshmem-regions', sentence, 'shmemRegionsStart');
    }
    if (numMsixVectors > MAX_MSIX_VECTORS)
      return refuse(
        'EINVAL',
        'ivshmem-vectors',
        `asks for ${numMsixVectors} MSI-X vectors; at most ${MAX_MSIX_VECTORS} are possible.`,
        'numMsixVectors',
      );
    if (shmemDevId >= MAX_PEERS)
      return refuse(
        'EINVAL',
        'ivshmem-id',
        `has peer id ${shmemDevId}; ids go from 0 to ${MAX_PEERS - 1}.`,
        'shmemDevId',
      );
    const link = this.#linkFor(cell, device);
    if (!link)
      return refuse('ENOMEM', 'page-pool', 'finds no free page for its link. Make hypervisor_memory larger.', 'bdf');
    if (link.has(shmemDevId)) {
      const sentence = `has peer id ${shmemDevId}, which is connected already (peers: ${link.cells.join(', ')}). Give it a free shmem_dev_id.`;
      return refuse('EBUSY', 'ivshmem-busy', sentence, 'shmemDevId');
    }
    if (!link.isEmpty) {
      const peers = link.cells.map((name) => ` "${name}"\n`).join('');
      this.#hv.print(`Shared memory connection established, peer cells:\n${peers}`);
    }
    this.#warnOfMismatch(cell, device);
    const ivshmem = new IvshmemDevice(device, cell.config, link, this.#hostOf(cell, bdf));
    link.connect(shmemDevId, ivshmem);
    cell.pci.push(ivshmem);
    return 0;
  }

  #hostOf(cell: Cell, bdf: number) {
    return {
      cell: cell.name,
      register: (window: MmioWindow) => this.#hv.registerMmio(cell, window),
      unregister: (window: MmioWindow) => cell.mmio.unregister(window),
      owns: (intid: number) => cell.interrupts.owns(intid),
      trigger: (intid: number) => this.#irqchip.triggerSpi(intid),
      foreignIntx: (intid: number) => {
        if (this.#hv.compatibility.intxIntoForeignSpi) return true;
        const what = `${cell.name} ${bdf} ${intid}`;
        if (this.#reportedLost.has(what)) return false;
        this.#reportedLost.add(what);
        this.#hv.report.warning(
          'ivshmem.foreign-interrupt',
          `An interrupt of ivshmem device ${bdfText(bdf)} for ${cell.name} is lost: it would be interrupt ${intid} ` +
            `(SPI ${intid - 32}), which the cell does not own. Add it to the cell's irqchip bitmap or correct vpci_irq_base.`,
          { cell: cell.name, field: 'vpciIrqBase' },
        );
        return false;
      },
      bar1WithoutMsix: this.#hv.compatibility.bar1WithoutMsix ?? false,
    };
  }

  #linkFor(cell: Cell, device: PciDevice): Link | undefined {
    const known = this.#links.get(device.bdf);
    if (known) return known.link;
    const page = this.#hv.pool.alloc(IVSHMEM_LINK_PAGES);
    if (page === undefined) return undefined;
    const stateTable = Number(cell.config.memoryRegions[device.shmemRegionsStart]!.physStart);
    const link = new Link(device.bdf, this.#hv.machine.memory, stateTable, device.shmemPeers);
    this.#links.set(device.bdf, { link, page });
    return link;
  }

  #dropEmptyLink(bdf: number): void {
    const known = this.#links.get(bdf);
    if (!known?.link.isEmpty) return;
    this.#hv.pool.free(known.page, IVSHMEM_LINK_PAGES);
    this.#links.delete(bdf);
  }

  /** Peers are linked by bdf alone; what must agree beyond that is not compared (K.9), so we say when it does not. */
  #warnOfMismatch(cell: Cell, device: PciDevice): void {
    for (const other of this.#hv.cells) {
      if (other === cell) continue;
      const peer = other.config.pciDevices.find(({ type, bdf }) => type === PCI_TYPE.IVSHMEM && bdf === device.bdf);
      if (!peer) continue;
      const sizes = (config: CellConfig, start: number) =>
        [0, 1, 2].map((i) => config.memoryRegions[start + i]?.size ?? 0n);
      const mine = sizes(cell.config, device.shmemRegionsStart);
      const theirs = sizes(other.config, peer.shmemRegionsStart);
      const differs =
        device.shmemPeers !== peer.shmemPeers
          ? 'number of peers'
          : mine.some((size, i) => size !== theirs[i])
            ? 'section sizes'
            : undefined;
      if (!differs) continue;
      this.#hv.report.warning(
        'ivshmem.mismatch',
        `ivshmem device ${bdfText(device.bdf)} of ${cell.name} and of ${other.name} disagree in their ${differs}. Make both sides equal.`,
        { cell: cell.name, field: 'pciDevices' },
      );
    }
  }
}
