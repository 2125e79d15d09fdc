// Which model answers for which device type of a board description. A type without a model stays a hole in the bus.
import type { BoardDevice, BoardPciHost } from '../../board/index.ts';
import type { Device, InterruptLine } from '../api.ts';
import { CfiFlash } from './cfi-flash.ts';
import type { CfiFlashOptions } from './cfi-flash.ts';
import type { DeviceClock } from './clock.ts';
import { FwCfg } from './fw-cfg.ts';
import { GicV2m } from './gic-v2m.ts';
import { EmptyPciHost, EmptyPciWindow } from './pci-host.ts';
import { Pl031 } from './pl031.ts';
import { Pl061 } from './pl061.ts';
import { EmptyVirtioSlot } from './virtio-mmio.ts';

/** What a device is connected to. */
export interface DeviceConnections {
  clock: DeviceClock;
  interrupt: (spi: number) => InterruptLine;
  /** CPUs that the machine has. */
  cpus: number;
  /** Where the bytes of a flash bank are so that CPUs can execute them; without it they are the device's own. */
  rom?: (bank: BoardDevice) => Pick<CfiFlashOptions, 'storage' | 'onReadMode'>;
}

/** The line of a device that is not connected. */
export const UNWIRED: InterruptLine = { set: () => undefined };

const wire = ({ spi }: BoardDevice, { interrupt }: DeviceConnections): InterruptLine =>
  spi === undefined ? UNWIRED : interrupt(spi);

export const DEVICE_MODELS: Readonly<Record<string, (device: BoardDevice, connections: DeviceConnections) => Device>> =
  {
    pl031: (device, connections) =>
      new Pl031({ name: device.name, clock: connections.clock, interrupt: wire(device, connections) }),
    pl061: (device, connections) => new Pl061({ name: device.name, interrupt: wire(device, connections) }),
    'fw-cfg': (device, { cpus }) => new FwCfg({ name: device.name, cpus }),
    'gic-v2m': ({ name, spi }, { interrupt }) => new GicV2m({ name, firstSpi: spi ?? 0, interrupt }),
    'virtio-mmio': (device) => new EmptyVirtioSlot(device.name),
    'cfi-flash': (device, { rom }) => new CfiFlash({ name: device.name, size: device.size, ...rom?.(device) }),
  };

/** The windows of a physical PCI host: configuration space, and each address window. A virtual host has none. */
export function pciWindows(host: BoardPciHost, name: string): { base: number; size: number; device: Device }[] {
  if (host.virtual) return [];
  return [
    { base: host.ecam, size: host.ecamSize, device: new EmptyPciHost(`${name} ECAM`) },
    ...host.windows.map(({ kind, base, size }) => ({
      base,
      size,
      device: new EmptyPciWindow(`${name} ${kind} window`),
    })),
  ];
}
